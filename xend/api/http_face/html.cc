#include "xend/api/http_face/html.h"

#include <fmt/format.h>

#include "rpc/text.h"

namespace xend {

namespace {

constexpr std::string_view kStyle = R"(
:root { color-scheme: light dark; --ink: #1d2733; --soft: #5d6b7a; --line: #dde3ea; --paper: #fff; --back: #f3f5f8;
  --accent: #1f5fae; --good: #1f8a4c; --wait: #b07a00; --bad: #c0392b; --bar: #e6ebf1; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e9ef; --soft: #93a1b0; --line: #2e3945; --paper: #1a222b;
  --back: #12181f; --accent: #7db4f5; --good: #52c784; --wait: #e0b252; --bad: #f07a6c; --bar: #2a343f; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--ink); font: 15px/1.5 system-ui, "DejaVu Sans", sans-serif; }
a { color: var(--accent); text-decoration: none; } a:hover { text-decoration: underline; }
header { background: var(--paper); border-bottom: 1px solid var(--line); }
header nav, main, footer { max-width: 68rem; margin: 0 auto; padding: 0.9rem 1.25rem; }
header nav { display: flex; gap: 0.5rem; align-items: baseline; } header nav span { color: var(--soft); }
header nav a:first-child { font-weight: 700; letter-spacing: 0.02em; }
h1 { font-size: 1.55rem; margin: 0.6rem 0 0.1rem; overflow-wrap: anywhere; }
h2 { font-size: 1.05rem; margin: 1.8rem 0 0.6rem; } h2 small { color: var(--soft); font-weight: 400; }
p.sub { margin: 0 0 1.1rem; color: var(--soft); overflow-wrap: anywhere; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); gap: 0.8rem; }
.card, .sheet { background: var(--paper); border: 1px solid var(--line); border-radius: 8px; }
.card { padding: 0.8rem 1rem; } .card b { display: block; font-size: 1.25rem; font-weight: 600; }
.card span { color: var(--soft); font-size: 0.86rem; }
.bar { height: 6px; background: var(--bar); border-radius: 3px; margin: 0.45rem 0 0.3rem; overflow: hidden; }
.bar i { display: block; height: 100%; background: var(--accent); }
.sheet { overflow-x: auto; } table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: 0.5rem 1rem; border-bottom: 1px solid var(--line); vertical-align: top; }
tbody tr:last-child td, tbody tr:last-child th { border-bottom: 0; }
thead th { color: var(--soft); font-size: 0.8rem; font-weight: 600; text-transform: uppercase; letter-spacing: 0.04em; }
tbody th { font-weight: 500; color: var(--soft); width: 14rem; }
td.name { overflow-wrap: anywhere; min-width: 9rem; }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
@media (max-width: 40rem) { th, td { padding: 0.45rem 0.6rem; } tbody th { width: 9rem; } td > code { display: none; } }
td.value { overflow-wrap: anywhere; white-space: pre-wrap; }
.state { white-space: nowrap; } .state::before { content: ""; display: inline-block; width: 0.6em; height: 0.6em;
  border-radius: 50%; margin-right: 0.5em; background: var(--soft); }
.state.running::before { background: var(--good); } .state.paused::before { background: var(--wait); }
.state.crashed::before { background: var(--bad); } code { font: 0.86rem ui-monospace, "DejaVu Sans Mono", monospace; }
.none { padding: 1rem; color: var(--soft); margin: 0; } footer { color: var(--soft); font-size: 0.86rem; }
)";

constexpr std::string_view kHex = "0123456789ABCDEF";

}  // namespace

std::string html_text(std::string_view text) {
  std::string out;
  for (const char c : rpc::xml_text(text)) {
    if (c == '"')
      out += "&quot;";
    else if (c == '\'')
      out += "&#39;";
    else
      out += c;
  }
  return out;
}

std::string url_element(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_' ||
        c == '.') {
      out += c;
    } else {
      out += '%';
      out += kHex[byte / 16];
      out += kHex[byte % 16];
    }
  }
  return out;
}

std::string html_page(std::string_view title, const std::vector<Crumb>& crumbs, std::string_view body) {
  std::string path;
  for (const auto& [link, name] : crumbs) {
    if (!path.empty()) path += "<span>/</span>";
    path += fmt::format("<a href=\"{}\">{}</a>", link, html_text(name));
  }
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n<style>{}</style>\n"
      "</head>\n<body>\n<header><nav>{}</nav></header>\n<main>\n{}</main>\n<footer>xend "
      "{}</footer>\n</body>\n</html>\n",
      html_text(title), kStyle, path, body, XM_VERSION);
}

std::vector<std::pair<std::string, std::string>> html_headers() {
  return {
      {"Content-security-policy",
       "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
      {"X-content-type-options", "nosniff"},
      {"Referrer-policy", "no-referrer"}};
}

}  // namespace xend
