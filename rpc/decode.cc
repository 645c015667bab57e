#include <fmt/format.h>
#include <tinyxml2.h>

#include <charconv>
#include <limits>

#include "rpc/codec.h"
#include "rpc/text.h"
#include "rpc/xml_scan.h"

namespace rpc {

namespace {

using tinyxml2::XMLElement;

std::string_view name_of(const XMLElement& e) {
  return e.Name();
}

[[noreturn]] void refuse(const XMLElement& e, std::string_view what) {
  throw DecodeError(fmt::format("The XML is no XML-RPC: line {}, <{}>: {}.", e.GetLineNum(), name_of(e), what));
}

// All text directly in `e`; comments may have cut it into pieces.
std::string text_of(const XMLElement& e) {
  std::string text;
  for (const auto* node = e.FirstChild(); node; node = node->NextSibling()) {
    if (node->ToText())
      text += node->Value();
    else if (node->ToElement())
      refuse(e, "an element where text is expected");
  }
  return repaired_text(text);
}

// The text without white space around it.
std::string word_of(const XMLElement& e) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::string text = text_of(e);
  const auto start = text.find_first_not_of(kSpace);
  return start == text.npos ? "" : text.substr(start, text.find_last_not_of(kSpace) + 1 - start);
}

template <typename Number>
Number number_of(const XMLElement& e, std::string_view what) {
  const std::string word = word_of(e);
  const char* start = word.data();
  const char* const stop = start + word.size();
  if (word.size() > 1 && word[0] == '+' && word[1] != '-') start++;
  Number n{};
  const auto [end, error] = std::from_chars(start, stop, n);
  if (error != std::errc() || end != stop) refuse(e, fmt::format("`{:.40}` is not {}", word, what));
  return n;
}

// The only child element of `e`, which must be called `name`.
const XMLElement& only_child(const XMLElement& e, const char* name) {
  const auto* child = e.FirstChildElement();
  if (!child || name_of(*child) != name || child->NextSiblingElement()) {
    refuse(e, fmt::format("one <{}> and nothing else must be in it", name));
  }
  return *child;
}

Value value_of(const XMLElement& value);

Value array_of(const XMLElement& e) {
  Array items;
  for (const auto* v = only_child(e, "data").FirstChildElement(); v; v = v->NextSiblingElement()) {
    items.push_back(value_of(*v));
  }
  return items;
}

Value struct_of(const XMLElement& e) {
  Struct members;
  for (const auto* m = e.FirstChildElement(); m; m = m->NextSiblingElement()) {
    const auto* name = m->FirstChildElement();
    const auto* value = name ? name->NextSiblingElement() : nullptr;
    if (name_of(*m) != "member" || !value || name_of(*name) != "name" || value->NextSiblingElement()) {
      refuse(e, "each member must be <member> with <name> and <value>");
    }
    members.emplace_back(text_of(*name), value_of(*value));
  }
  return members;
}

Value boolean_of(const XMLElement& e) {
  const std::string word = word_of(e);
  if (word != "0" && word != "1") refuse(e, fmt::format("`{:.40}` is neither 0 nor 1", word));
  return word == "1";
}

Value value_of(const XMLElement& value) {
  if (name_of(value) != "value") refuse(value, "<value> is expected here");
  const auto* typed = value.FirstChildElement();
  if (!typed) return text_of(value);
  if (typed->NextSiblingElement()) refuse(value, "more than one value in it");
  const std::string_view type = name_of(*typed);
  if (type == "string") return text_of(*typed);
  if (type == "int" || type == "i4" || type == "i8") return number_of<std::int64_t>(*typed, "a 64-bit integer");
  if (type == "boolean") return boolean_of(*typed);
  if (type == "double") return number_of<double>(*typed, "a number");
  if (type == "nil") return {};
  if (type == "array") return array_of(*typed);
  if (type == "struct") return struct_of(*typed);
  refuse(*typed, "xend knows no values of this type");
}

// Parses `xml` (checked) into `document`; returns the root element, which must be called `name`.
const XMLElement& parse(tinyxml2::XMLDocument& document, const std::string& xml, std::string_view name) {
  document.Parse(xml.data(), xml.size());
  if (document.Error() && document.ErrorID() != tinyxml2::XML_ERROR_EMPTY_DOCUMENT) {
    throw DecodeError(fmt::format("This is not XML: {} in line {}.", document.ErrorName(), document.ErrorLineNum()));
  }
  const auto* root = document.RootElement();
  if (!root) throw DecodeError(fmt::format("The XML is empty; <{}> is expected.", name));
  if (name_of(*root) != name) refuse(*root, fmt::format("<{}> is expected", name));
  return *root;
}

[[noreturn]] void throw_fault(const XMLElement& e) {
  const Value fault = value_of(only_child(e, "value"));
  const Value* code = fault.member("faultCode");
  const Value* text = fault.member("faultString");
  if (!code || !code->is_int() || !text || !text->is_string()) refuse(e, "faultCode or faultString is missing");
  constexpr std::int64_t kMax = std::numeric_limits<int>::max();
  if (code->as_int() > kMax || code->as_int() < -kMax) refuse(e, "faultCode is too large");
  throw Fault(static_cast<int>(code->as_int()), text->as_string());
}

}  // namespace

MethodCall decode_call(std::string_view xml, const XmlLimits& limits) {
  tinyxml2::XMLDocument document;
  const XMLElement& root = parse(document, checked_xml(xml, limits), "methodCall");
  const auto* name = root.FirstChildElement();
  if (!name || name_of(*name) != "methodName") refuse(root, "<methodName> must be first in it");
  MethodCall call{text_of(*name), {}};
  const auto* params = name->NextSiblingElement();
  if (!params) return call;
  if (name_of(*params) != "params" || params->NextSiblingElement()) refuse(root, "only <params> may follow the name");
  for (const auto* p = params->FirstChildElement(); p; p = p->NextSiblingElement()) {
    if (name_of(*p) != "param") refuse(*p, "<param> is expected");
    call.params.push_back(value_of(only_child(*p, "value")));
  }
  return call;
}

Value decode_response(std::string_view xml, const XmlLimits& limits) {
  tinyxml2::XMLDocument document;
  const XMLElement& root = parse(document, checked_xml(xml, limits), "methodResponse");
  if (const auto* fault = root.FirstChildElement("fault")) throw_fault(*fault);
  Value result = value_of(only_child(only_child(only_child(root, "params"), "param"), "value"));
  return result.is_string() ? Value(python_unescaped(result.as_string())) : result;
}

}  // namespace rpc
