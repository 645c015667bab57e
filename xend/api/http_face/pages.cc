#include "xend/api/http_face/pages.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

#include "sxp/printer.h"
#include "xend/api/http_face/html.h"

namespace xend {

namespace {

const Crumb kHome{"/xend/", "xend"};

std::string text_of(const sxp::Value& element, const char* key) {
  return sxp::child_text(element, key).value_or("");
}

// 0 for what is no number, or one that nothing here can reach.
double number_of(const sxp::Value& element, const char* key) {
  const std::string text = text_of(element, key);
  double n = 0;
  std::from_chars(text.data(), text.data() + text.size(), n);
  return n >= 0 && n < 1e12 ? n : 0;
}

std::string size_text(double mib) {
  return mib < 10 * 1024 ? fmt::format("{:.0f} MiB", mib) : fmt::format("{:.1f} GiB", mib / 1024);
}

// 3723.4 seconds are 1 h 02 min.
std::string time_text(double seconds) {
  const auto s = static_cast<long long>(seconds);
  if (s < 60) return fmt::format("{:.1f} s", seconds);
  if (s < 3600) return fmt::format("{} min {:02} s", s / 60, s % 60);
  return fmt::format("{} h {:02} min", s / 3600, s / 60 % 60);
}

// The dot's colour and the word for a state (spec domain-lifecycle section 3).
std::string state_html(const sxp::Value& domain) {
  constexpr std::array<const char*, 7> kWords = {"halted",    "paused",  "running", "suspended",
                                                 "shut down", "crashed", "unknown"};
  const auto status = static_cast<std::size_t>(std::min(number_of(domain, "status"), 6.0));
  const char* const word = kWords.at(status);
  const std::string letters = text_of(domain, "state");
  return fmt::format("<span class=\"state {}\">{}</span>{}", status == 4 ? "halted" : word, word,
                     letters.empty() ? "" : fmt::format(" <code>{}</code>", html_text(letters)));
}

std::string domain_link(const std::string& name) {
  return "/xend/domain/" + url_element(name);
}

std::string row(std::string_view name, std::string_view value) {
  return fmt::format("<tr><th scope=\"row\">{}</th><td class=\"value\">{}</td></tr>\n", html_text(name),
                     value.empty() ? "–" : html_text(value));
}

std::string card(std::string_view value, std::string_view label) {
  return fmt::format("<div class=\"card\"><b>{}</b><span>{}</span></div>\n", html_text(value), html_text(label));
}

std::string memory_card(const sxp::Value& node) {
  const double total = number_of(node, "total_memory");
  const double free = number_of(node, "free_memory");
  const double used = total > 0 ? std::clamp((total - free) / total * 100, 0.0, 100.0) : 0;
  return fmt::format(
      "<div class=\"card\"><b>{} free</b><div class=\"bar\"><i style=\"width:{:.0f}%\"></i></div><span>of {} of "
      "memory</span></div>\n",
      size_text(free), used, size_text(total));
}

std::string domain_row(const sxp::Value& domain) {
  const std::string name = text_of(domain, "name");
  std::string vcpus = text_of(domain, "online_vcpus");
  if (vcpus.empty()) vcpus = text_of(domain, "vcpus");
  return fmt::format(
      "<tr><td class=\"name\"><a href=\"{}\">{}</a></td><td class=\"n\">{}</td><td>{}</td><td class=\"n\">{}</td><td "
      "class=\"n\">{}</td><td class=\"n\">{}</td></tr>\n",
      domain_link(name), html_text(name), html_text(text_of(domain, "domid")), state_html(domain),
      size_text(number_of(domain, "memory")), html_text(vcpus), time_text(number_of(domain, "cpu_time")));
}

std::string domains_table(const sxp::List& domains) {
  std::string rows;
  for (const auto& domain : domains) rows += domain_row(domain);
  return fmt::format(
      "<h2>Domains <small>{}</small></h2>\n<div class=\"sheet\"><table>\n<thead><tr><th>Name</th><th "
      "class=\"n\">ID</th><th>State</th><th class=\"n\">Memory</th><th class=\"n\">VCPUs</th><th class=\"n\">CPU "
      "time</th></tr></thead>\n<tbody>\n{}</tbody>\n</table></div>\n",
      domains.size(), rows);
}

// The lines of a table for the children of `element`: what is a list in turn is shown as SXP.
std::string rows_of(const sxp::Value& element, const std::vector<std::string_view>& left_out) {
  std::string rows;
  for (const auto& child : sxp::children(element)) {
    const std::string_view key = sxp::head(child);
    if (key.empty() || std::find(left_out.begin(), left_out.end(), key) != left_out.end()) continue;
    std::string value;
    for (const auto& item : sxp::children(child)) value += (value.empty() ? "" : " ") + item.text();
    if (key.find("passw") != key.npos) value = value.empty() ? "none" : "set, not shown";
    rows += row(key, value);
  }
  return rows;
}

std::string sheet(const std::string& rows) {
  if (rows.empty()) return "<div class=\"sheet\"><p class=\"none\">None.</p></div>\n";
  return "<div class=\"sheet\"><table><tbody>\n" + rows + "</tbody></table></div>\n";
}

std::string started_text(const sxp::Value& domain) {
  const auto when = static_cast<std::time_t>(number_of(domain, "start_time"));
  if (when == 0) return "not running";
  std::tm parts{};
  ::gmtime_r(&when, &parts);
  return fmt::format("{}-{:02}-{:02} {:02}:{:02}", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
                     parts.tm_min);
}

std::string domain_cards(const sxp::Value& domain) {
  std::string online = text_of(domain, "online_vcpus");
  const std::string vcpus = text_of(domain, "vcpus");
  if (!online.empty() && online != vcpus) online += " of ";
  if (online == vcpus) online.clear();
  return "<div class=\"cards\">\n" +
         card(size_text(number_of(domain, "memory")), "of memory, at most " + size_text(number_of(domain, "maxmem"))) +
         card(online + vcpus, "VCPUs") + card(time_text(number_of(domain, "cpu_time")), "CPU time") +
         card(started_text(domain), "started (UTC)") + "</div>\n";
}

std::string devices_html(const sxp::Value& domain) {
  std::string html;
  for (const auto* device : sxp::children_named(domain, "device")) {
    for (const auto& element : sxp::children(*device))
      html += fmt::format("<h2>Device <small>{}</small></h2>\n", html_text(sxp::head(element))) +
              sheet(rows_of(element, {}));
  }
  return html;
}

}  // namespace

std::string host_page(const sxp::Value& node, const sxp::Value& domains) {
  const std::string host = text_of(node, "host");
  const std::string xen =
      fmt::format("{}.{}{}", text_of(node, "xen_major"), text_of(node, "xen_minor"), text_of(node, "xen_extra"));
  const sxp::List listed = domains.is_list() ? domains.as_list() : sxp::List{};
  const std::string body =
      fmt::format("<h1>{}</h1>\n<p class=\"sub\">Xen {} on {} {} {}</p>\n<div class=\"cards\">\n", html_text(host),
                  html_text(xen), html_text(text_of(node, "system")), html_text(text_of(node, "release")),
                  html_text(text_of(node, "machine"))) +
      memory_card(node) + card(text_of(node, "nr_cpus"), "CPUs, " + text_of(node, "cpu_mhz") + " MHz") +
      card(text_of(node, "xen_scheduler"), "scheduler") + "</div>\n" + domains_table(listed) +
      "<h2>More</h2>\n<p><a href=\"/xend/node\">About this host</a> · <a href=\"/xend/node/log\">Log of xend</a> · <a "
      "href=\"/xend/node/dmesg\">Messages of Xen</a></p>\n";
  return html_page(host + " – xend", {kHome}, body);
}

std::string node_page(const sxp::Value& node) {
  const std::string host = text_of(node, "host");
  return html_page(host + " – xend", {kHome, {"/xend/node", "node"}},
                   fmt::format("<h1>{}</h1>\n<p class=\"sub\">What xend knows of this host</p>\n", html_text(host)) +
                       sheet(rows_of(node, {})));
}

std::string domain_page(const sxp::Value& domain) {
  const std::string name = text_of(domain, "name");
  const std::string id = text_of(domain, "domid");
  std::string image;
  if (const auto* element = sxp::child_value(domain, "image"); element && element->is_list())
    image = fmt::format("<h2>Image <small>{}</small></h2>\n", html_text(sxp::head(*element))) +
            sheet(rows_of(*element, {"notes"}));
  const std::string body =
      fmt::format("<h1>{}</h1>\n<p class=\"sub\">{}{} · {}</p>\n", html_text(name), state_html(domain),
                  id.empty() ? "" : " · domain " + html_text(id), html_text(text_of(domain, "uuid"))) +
      domain_cards(domain) + "<h2>Configuration</h2>\n" +
      sheet(rows_of(domain, {"domid", "name", "uuid", "image", "device", "status", "state", "memory", "maxmem", "vcpus",
                             "online_vcpus", "cpu_time", "start_time", "store_mfn", "console_mfn"})) +
      image + devices_html(domain);
  return html_page(name + " – xend", {kHome, {domain_link(name), name}}, body);
}

std::string message_page(const std::string& heading, const std::string& text) {
  return html_page(heading + " – xend", {kHome},
                   fmt::format("<h1>{}</h1>\n<div class=\"sheet\"><table><tbody><tr><td "
                               "class=\"value\">{}</td></tr></tbody></table></div>\n",
                               html_text(heading), html_text(text)));
}

}  // namespace xend
