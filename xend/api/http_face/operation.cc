#include "xend/api/http_face/operation.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "sxp/parser.h"
#include "xend/error.h"

namespace xend {

namespace {

// As Python's int(): white space around it, a sign.
std::int64_t number(const std::string& text) {
  constexpr const char* kSpace = " \t\n\v\f\r";
  const auto first = text.find_first_not_of(kSpace);
  const std::string word = first == text.npos ? "" : text.substr(first, text.find_last_not_of(kSpace) + 1 - first);
  const char* const end = word.data() + word.size();
  const bool plus = word.size() > 1 && word[0] == '+' && word[1] != '-';
  std::int64_t n = 0;
  const auto [stop, error] = std::from_chars(word.data() + (plus ? 1 : 0), end, n);
  if (error != std::errc() || stop != end)
    throw Error(fmt::format("invalid literal for int() with base 10: '{:.100}'", text));
  return n;
}

// `1`, `True`, `yes`: clients have sent all of them.
bool truth(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  if (text.empty() || text == "no" || text == "false" || text == "off" || text == "none") return false;
  if (text == "yes" || text == "true" || text == "on") return true;
  return number(text) != 0;
}

sxp::Value element(const std::string& text) {
  std::vector<sxp::Value> values;
  try {
    values = sxp::parse_all(text);
  } catch (const sxp::ParseError& e) {
    throw Error(fmt::format("Coercion to sxpr failed: {}", e.what()));
  }
  if (values.size() != 1) throw Error("Too many sxprs");
  return values.front();
}

}  // namespace

rpc::Value argument(const FormParameter& parameter, const Form& form) {
  auto text = form.one(parameter.name);
  if (!text && !parameter.fallback) throw Error(fmt::format("Missing parameter: {}", parameter.name));
  if (!text && *parameter.fallback == '\0') return {};
  const std::string value = text ? *text : parameter.fallback;
  switch (parameter.kind) {
    case FormParameter::Kind::kText:
      return value;
    case FormParameter::Kind::kInt:
      return number(value);
    case FormParameter::Kind::kTruth:
      return truth(value);
    case FormParameter::Kind::kSxp:
      return rpc::from_sxp(element(value));
  }
  return {};
}

rpc::Array method_arguments(const HttpOperation& operation, const std::string& domain, const Form& form) {
  rpc::Array arguments{domain};
  for (const FormParameter& parameter : operation.parameters) {
    if (parameter.name) arguments.push_back(argument(parameter, form));
  }
  return arguments;
}

const HttpOperation* find_operation(const std::string& name) {
  for (const HttpOperation& operation : domain_operations()) {
    if (operation.name == name) return &operation;
  }
  return nullptr;
}

}  // namespace xend
