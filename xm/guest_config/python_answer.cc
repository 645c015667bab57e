#include "xm/guest_config/python_answer.h"

#include <charconv>
#include <cmath>
#include <stdexcept>

#include <fmt/format.h>

#include "sxp/parser.h"
#include "xm/guest_config/errors.h"

namespace xm::guest_config {
namespace {

// Lists in the file are nested 100 deep at most, each being one list here.
constexpr sxp::Limits kLimits{.depth = 110};

[[noreturn]] void malformed(std::string_view part) {
  throw std::runtime_error(fmt::format("run_guest_file.py gave a malformed answer: {}", part));
}

// The item after the head, which must be the only one, as text.
const std::string& only_text(const sxp::List& form) {
  if (form.size() != 2 || !form[1].is_string()) malformed("one text is expected");
  return form[1].as_string();
}

template <class T>
T number(const std::string& text) {
  T n{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc() || end != text.data() + text.size()) malformed("a number is expected");
  return n;
}

Value parse_value(const sxp::Value& form);

List parse_items(const sxp::List& form) {
  List items;
  items.reserve(form.size() - 1);
  for (std::size_t i = 1; i < form.size(); ++i) items.push_back(parse_value(form[i]));
  return items;
}

Value parse_value(const sxp::Value& form) {
  const std::string_view kind = sxp::head(form);
  if (kind.size() != 1) malformed("a value is expected");
  const sxp::List& items = form.as_list();
  switch (kind[0]) {
    case 's':
      return only_text(items);
    case 'i':
      return number<std::int64_t>(only_text(items));
    case 'f':
      return number<double>(only_text(items));
    case 'l':
      return parse_items(items);
    case 't':
      return Tuple{parse_items(items)};
    case 'u':
      return Unicode{only_text(items)};
    case 'b':
      return only_text(items) == "1";
    case 'o':
      return Other{only_text(items)};
    case 'n':
      if (items.size() == 1) return {};
      [[fallthrough]];
    default:
      malformed("an unknown kind of value");
  }
}

Namespace parse_variables(const sxp::List& form) {
  Namespace names;
  for (std::size_t i = 1; i < form.size(); ++i) {
    if (!form[i].is_list() || form[i].as_list().size() != 2 || !form[i].as_list()[0].is_string()) {
      malformed("name and value are expected");
    }
    names[form[i].as_list()[0].as_string()] = parse_value(form[i].as_list()[1]);
  }
  return names;
}

}  // namespace

Namespace parse_python_answer(std::string_view answer) {
  sxp::Value form;
  try {
    form = sxp::parse_one(answer, kLimits);
  } catch (const sxp::ParseError& e) {
    malformed(e.what());
  }
  const std::string_view kind = sxp::head(form);
  if (kind == "variables") return parse_variables(form.as_list());
  if (kind == "exception") throw EvaluationError(only_text(form.as_list()));
  if (kind == "exit") throw ProgramExit(number<int>(only_text(form.as_list())));
  if (kind != "syntax" && kind != "unexpected") malformed("an unknown kind of answer");
  const sxp::List& items = form.as_list();
  if (items.size() != 3 || !items[1].is_string() || !items[2].is_string()) malformed("two texts are expected");
  if (kind == "syntax") throw SyntaxError(number<std::size_t>(items[1].as_string()), items[2].as_string());
  throw Unexpected(items[1].as_string(), items[2].as_string());
}

}  // namespace xm::guest_config
