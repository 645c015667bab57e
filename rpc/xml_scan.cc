#include "rpc/xml_scan.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cstdint>

namespace rpc {

namespace {

constexpr std::string_view kSpace = " \t\r\n";

class Scan {
 public:
  Scan(std::string_view xml, const XmlLimits& limits) : xml_(xml), limits_(limits) {}

  std::string run() {
    if (xml_.size() > limits_.bytes) {
      throw DecodeError(fmt::format("The XML is {} bytes long; at most {} are accepted.", xml_.size(), limits_.bytes));
    }
    if (const auto nul = xml_.find('\0'); nul != xml_.npos) {
      at_ = nul;
      refuse("a NUL byte");
    }
    out_.reserve(xml_.size());
    while (at_ < xml_.size()) {
      if (xml_[at_] == '<')
        markup();
      else
        text();
    }
    if (depth_ > 0) refuse("the end of the text inside an element");
    return std::move(out_);
  }

 private:
  [[noreturn]] void refuse(std::string_view what) const {
    throw DecodeError(fmt::format("The XML cannot be accepted: {} at byte {}.", what, at_));
  }

  void take(std::size_t length) {
    out_ += xml_.substr(at_, length);
    at_ += length;
  }

  bool looking_at(std::string_view prefix) const { return xml_.substr(at_).starts_with(prefix); }

  // Copies what starts here up to and including `end`.
  void take_through(std::string_view start, std::string_view end, std::string_view what) {
    const auto found = xml_.find(end, at_ + start.size());
    if (found == xml_.npos) refuse(fmt::format("{} that does not end", what));
    take(found + end.size() - at_);
  }

  void markup() {
    if (looking_at("<?")) return take_through("<?", "?>", "a processing instruction");
    if (looking_at("<!--")) return take_through("<!--", "-->", "a comment");
    if (looking_at("<![CDATA[")) return take_through("<![CDATA[", "]]>", "a CDATA section");
    if (looking_at("<!")) refuse("a document type declaration");
    if (looking_at("</")) return closing_tag();
    opening_tag();
  }

  void closing_tag() {
    if (depth_ == 0) refuse("a closing tag without an opening one");
    depth_--;
    take_through("</", ">", "a tag");
  }

  void opening_tag() {
    const auto end = end_of_tag();
    const bool empty = xml_[end - 1] == '/';
    const std::string_view tag = xml_.substr(at_, end + 1 - at_);
    if (++elements_ > limits_.elements) refuse(fmt::format("more than {} elements", limits_.elements));
    if (depth_ + 1 > limits_.depth) refuse(fmt::format("more than {} elements inside each other", limits_.depth));
    if (!empty) depth_++;
    take(tag.size());
    if (tag == "<string>" || tag == "<value>" || tag == "<name>") guard_white_space(tag.substr(1));
  }

  // The position of the `>` that ends the tag here; one in an attribute's value does not.
  std::size_t end_of_tag() const {
    char quote = 0;
    for (std::size_t i = at_ + 1; i < xml_.size(); i++) {
      const char c = xml_[i];
      if (quote)
        quote = c == quote ? '\0' : quote;
      else if (c == '"' || c == '\'')
        quote = c;
      else if (c == '>' && i > at_ + 1)
        return i;
      else if (c == '<' || c == '>')
        refuse("a tag without a name or end");
    }
    refuse("a tag that does not end");
  }

  void guard_white_space(std::string_view name_and_bracket) {
    const auto end = xml_.find_first_not_of(kSpace, at_);
    if (end == xml_.npos || end == at_) return;
    const std::string_view rest = xml_.substr(end);
    if (!rest.starts_with("</") || !rest.substr(2).starts_with(name_and_bracket)) return;
    out_ += fmt::format("&#{};", static_cast<int>(xml_[at_]));
    at_++;
    take(end - at_);
  }

  void text() {
    const auto next = xml_.find_first_of("<&", at_);
    const auto end = next == xml_.npos ? xml_.size() : next;
    take(end - at_);
    if (at_ < xml_.size() && xml_[at_] == '&') reference();
  }

  void reference() {
    constexpr std::array<std::string_view, 5> kEntities = {"amp", "lt", "gt", "quot", "apos"};
    const auto end = xml_.find(';', at_);
    if (end == xml_.npos || end - at_ > 12) refuse("an & that starts no reference");
    const std::string_view name = xml_.substr(at_ + 1, end - at_ - 1);
    bool known = name.starts_with('#') && is_character(name.substr(1));
    for (const std::string_view entity : kEntities) known = known || name == entity;
    if (!known) refuse(fmt::format("the unknown reference &{};", name));
    take(end + 1 - at_);
  }

  static bool is_character(std::string_view digits) {
    const bool hex = digits.starts_with('x');
    if (hex) digits.remove_prefix(1);
    std::uint32_t c = 0;
    const auto [end, error] = std::from_chars(digits.begin(), digits.end(), c, hex ? 16 : 10);
    return error == std::errc() && end == digits.end() && c > 0 && c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF);
  }

  std::string_view xml_;
  const XmlLimits& limits_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  std::size_t elements_ = 0;
  std::string out_;
};

}  // namespace

std::string checked_xml(std::string_view xml, const XmlLimits& limits) {
  return Scan(xml, limits).run();
}

}  // namespace rpc
