#include "xend/api/http_face/form.h"

#include <fmt/format.h>
#include <strings.h>

#include <algorithm>

#include "xend/error.h"

namespace xend {

namespace {

using Values = std::vector<std::pair<std::string, std::string>>;

// No operation has more than ten.
constexpr std::size_t kMaxValues = 100;

void add(Values& values, std::string name, std::string value) {
  if (values.size() == kMaxValues)
    throw rpc::HttpError(400, fmt::format("The request has more than {} arguments.", kMaxValues));
  values.emplace_back(std::move(name), std::move(value));
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string_view trimmed(std::string_view text) {
  const auto start = text.find_first_not_of(" \t\r\n");
  if (start == text.npos) return {};
  return text.substr(start, text.find_last_not_of(" \t\r\n") + 1 - start);
}

bool same_word(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

// Cuts `text` at the first `separator`; `text` keeps what follows it.
std::string_view cut(std::string_view& text, std::string_view separator) {
  const auto end = text.find_first_of(separator);
  const std::string_view piece = text.substr(0, end);
  text.remove_prefix(end == text.npos ? text.size() : end + 1);
  return piece;
}

// `a=1&b=2;c=3`. In queries, names without a value do not count.
void read_pairs(std::string_view text, bool blank_counts, Values& values) {
  while (!text.empty()) {
    std::string_view value = cut(text, "&;");
    const std::string_view name = cut(value, "=");
    if (!name.empty() && (blank_counts || !value.empty()))
      add(values, percent_decoded(name, true), percent_decoded(value, true));
  }
}

// `form-data; name="config"; filename="x"`: the value of one parameter, quotes undone; "" when there is none.
std::string parameter(std::string_view header, std::string_view name) {
  std::vector<std::string> pieces(1);
  bool quoted = false;
  for (std::size_t i = 0; i < header.size(); ++i) {
    const char c = header[i];
    if (c == '"')
      quoted = !quoted;
    else if (quoted && c == '\\' && i + 1 < header.size())
      pieces.back() += header[++i];
    else if (c == ';' && !quoted)
      pieces.emplace_back();
    else
      pieces.back() += c;
  }
  for (std::size_t i = 1; i < pieces.size(); ++i) {
    std::string_view value = pieces[i];
    if (same_word(trimmed(cut(value, "=")), name)) return std::string(trimmed(value));
  }
  return "";
}

[[noreturn]] void refuse(const char* why) {
  throw rpc::HttpError(400, fmt::format("The multipart body is none: {}.", why));
}

// One line of `text` without its end; `text` keeps what follows.
std::string_view take_line(std::string_view& text) {
  std::string_view line = cut(text, "\n");
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// The headers of a part: its name. `part` keeps the content.
std::string part_name(std::string_view& part) {
  std::string name;
  while (true) {
    if (part.empty()) refuse("a part has no empty line after its headers");
    const std::string_view line = take_line(part);
    if (line.empty()) return name;
    std::string_view value = line;
    if (same_word(trimmed(cut(value, ":")), "Content-Disposition")) name = parameter(value, "name");
  }
}

// Whether a line of `text` begins at `at`.
bool begins_line(std::string_view text, std::size_t at) {
  return at == 0 || text[at - 1] == '\n';
}

// Where the next line that begins with `delimiter` is; npos when there is none.
std::size_t find_delimiter(std::string_view text, std::string_view delimiter, std::size_t from) {
  auto at = text.find(delimiter, from);
  while (at != text.npos && !begins_line(text, at)) at = text.find(delimiter, at + 1);
  return at;
}

void read_multipart(std::string_view body, const std::string& boundary, Values& values) {
  if (boundary.empty() || boundary.size() > 200) refuse("the Content-Type names no boundary");
  const std::string delimiter = "--" + boundary;
  auto start = find_delimiter(body, delimiter, 0);
  if (start == body.npos) refuse("the boundary does not occur in it");
  while (!body.substr(start + delimiter.size()).starts_with("--")) {
    const auto end = find_delimiter(body, delimiter, start + delimiter.size());
    if (end == body.npos) refuse("the closing boundary is missing");
    std::string_view part = body.substr(start, end - start);
    take_line(part);  // the delimiter
    const std::string name = part_name(part);
    if (part.ends_with('\n')) part.remove_suffix(1);
    if (part.ends_with('\r')) part.remove_suffix(1);
    if (!name.empty()) add(values, name, std::string(part));
    start = end;
  }
}

Values body_values(const rpc::RequestHead& head, std::string_view body) {
  Values values;
  if (head.method != "POST") return values;
  const std::string_view header = head.header("Content-Type");
  std::string_view rest = header;
  const std::string_view type = trimmed(cut(rest, ";"));
  if (same_word(type, "application/x-www-form-urlencoded")) read_pairs(trimmed(body), true, values);
  if (same_word(type, "multipart/form-data")) read_multipart(body, parameter(header, "boundary"), values);
  return values;
}

}  // namespace

std::string percent_decoded(std::string_view text, bool plus) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool pair = text[i] == '%' && i + 2 < text.size();
    const int high = pair ? hex_digit(text[i + 1]) : -1;
    const int low = pair ? hex_digit(text[i + 2]) : -1;
    if (high >= 0 && low >= 0) {
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += plus && text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

std::vector<std::string> path_elements(std::string_view target) {
  std::string_view path = target.substr(0, target.find('?'));
  if (path.starts_with('/')) path.remove_prefix(1);
  std::vector<std::string> elements;
  for (;;) {
    const auto slash = path.find('/');
    elements.push_back(percent_decoded(path.substr(0, slash), false));
    if (slash == path.npos) return elements;
    path.remove_prefix(slash + 1);
  }
}

Form::Form(const rpc::RequestHead& head, std::string_view body) : values_(body_values(head, body)) {
  Values query;
  const auto mark = head.target.find('?');
  if (mark != head.target.npos) read_pairs(std::string_view(head.target).substr(mark + 1), false, query);
  const std::size_t from_body = values_.size();
  for (auto& item : query) {
    const auto end = values_.begin() + static_cast<std::ptrdiff_t>(from_body);
    if (std::none_of(values_.begin(), end, [&](const auto& v) { return v.first == item.first; }))
      values_.push_back(std::move(item));
  }
}

std::vector<std::string> Form::all(std::string_view name) const {
  std::vector<std::string> found;
  for (const auto& [key, value] : values_) {
    if (key == name) found.push_back(value);
  }
  return found;
}

std::optional<std::string> Form::one(std::string_view name) const {
  auto found = all(name);
  if (found.empty()) return std::nullopt;
  if (found.size() > 1) throw Error(fmt::format("Too many values for {}", name));
  return std::move(found.front());
}

}  // namespace xend
