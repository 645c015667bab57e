#include "xm/guest_config/evaluator.h"

#include <sys/utsname.h>

#include <fmt/format.h>

#include "xm/guest_config/errors.h"
#include "xm/guest_config/predefined.h"
#include "xm/guest_config/syntax.h"

namespace xm::guest_config {
namespace {

Value add_numbers(const Value& a, const Value& b) {
  const auto number = [](const Value& v) {
    return v.as_int() ? static_cast<double>(*v.as_int()) : std::get<double>(v.v);
  };
  if (!a.as_int() || !b.as_int()) return number(a) + number(b);
  std::int64_t sum = 0;
  if (__builtin_add_overflow(*a.as_int(), *b.as_int(), &sum)) return Other{"long"};
  return sum;
}

bool is_number(const Value& v) {
  return v.as_int() != nullptr || std::holds_alternative<double>(v.v);
}

[[noreturn]] void cannot_add(const Value& a, const Value& b) {
  if (a.as_string() != nullptr) {
    throw EvaluationError(fmt::format("cannot concatenate '{}' and '{}' objects", a.type_name(), b.type_name()));
  }
  if (a.as_list() != nullptr) {
    throw EvaluationError(fmt::format("can only concatenate list (not \"{}\") to list", b.type_name()));
  }
  throw EvaluationError(fmt::format("unsupported operand type(s) for +: '{}' and '{}'", a.type_name(), b.type_name()));
}

Value add(const Value& a, const Value& b, std::size_t line) {
  for (const Value* v : {&a, &b}) {
    if (v->is_none() || v->leaves_file()) continue;
    throw Unsupported(line, fmt::format("'+' with a value of type {}", v->type_name()));
  }
  if (is_number(a) && is_number(b)) return add_numbers(a, b);
  if (a.as_string() != nullptr && b.as_string() != nullptr) return *a.as_string() + *b.as_string();
  if (a.as_list() == nullptr || b.as_list() == nullptr) cannot_add(a, b);
  List joined = *a.as_list();
  joined.insert(joined.end(), b.as_list()->begin(), b.as_list()->end());
  return joined;
}

Value negate(const Value& v, std::size_t line) {
  if (v.as_int() != nullptr && *v.as_int() != INT64_MIN) return -*v.as_int();
  if (std::holds_alternative<double>(v.v)) return -std::get<double>(v.v);
  throw Unsupported(line, fmt::format("'-' with a value of type {}", v.type_name()));
}

std::string uname_field(std::int64_t index, std::size_t line) {
  utsname names{};
  uname(&names);
  const char* fields[] = {names.sysname, names.nodename, names.release, names.version, names.machine};
  if (index < 0 || index > 4) throw Unsupported(line, "os.uname() with an index beyond 0 to 4");
  return fields[index];
}

class Evaluator {
 public:
  explicit Evaluator(Namespace names) : names_(std::move(names)) {}

  void run(const std::vector<Statement>& statements) {
    for (const Statement& statement : statements) {
      Value value = evaluate(statement.expression);
      if (statement.is_if) {
        const std::string* text = value.as_string();
        if (value.as_unicode() != nullptr) throw Unsupported(statement.expression.line, "a search in unicode text");
        if (text == nullptr) throw EvaluationError("expected string or buffer");
        run(text->find(statement.pattern) != std::string::npos ? statement.body : statement.otherwise);
      }
      for (const std::string& target : statement.targets) names_[target] = value;
    }
  }

  Namespace names() && { return std::move(names_); }

 private:
  Value evaluate(const Expression& e) {
    switch (e.kind) {
      case ExpressionKind::kLiteral:
        return e.literal;
      case ExpressionKind::kName:
        return look_up(e.name, e.line);
      case ExpressionKind::kList:
        return all(e.operands);
      case ExpressionKind::kTuple:
        return Tuple{all(e.operands)};
      case ExpressionKind::kAdd:
        return sum(e);
      case ExpressionKind::kNegate:
        return negate(evaluate(e.operands[0]), e.line);
      case ExpressionKind::kUname:
        return uname_field(e.literal.as_int() != nullptr ? *e.literal.as_int() : -1, e.line);
    }
    return {};
  }

  // True and False are ordinary names in Python 2: a file may assign them.
  Value look_up(const std::string& name, std::size_t line) const {
    if (const auto found = names_.find(name); found != names_.end()) return found->second;
    if (name == "True") return true;
    if (name == "False") return false;
    if (is_predefined(name)) throw Unsupported(line, fmt::format("the name '{}'", name));
    throw EvaluationError(fmt::format("name '{}' is not defined", name));
  }

  Value sum(const Expression& e) {
    Value total = evaluate(e.operands[0]);
    for (std::size_t i = 1; i < e.operands.size(); ++i) total = add(total, evaluate(e.operands[i]), e.line);
    return total;
  }

  List all(const std::vector<Expression>& expressions) {
    List values;
    for (const Expression& e : expressions) values.push_back(evaluate(e));
    return values;
  }

  Namespace names_;
};

}  // namespace

Namespace evaluate(std::string_view source, Namespace names) {
  const std::vector<Statement> statements = parse(source);
  Evaluator evaluator(std::move(names));
  evaluator.run(statements);
  return std::move(evaluator).names();
}

}  // namespace xm::guest_config
