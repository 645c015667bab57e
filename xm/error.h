// The ways in which a command can fail. Which stream gets what and which usage block follows is decided in one place,
// report.cc, from the class (spec xm-cli 1.5).
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace xm {

enum class ErrorClass {
  kUse,          // refused for its words: usage of the command follows
  kOptionError,  // the same from deep inside: usage of the word typed and the module's own help follow
  kValue,        // a number did not parse; usage follows
  kFault,        // what xend would have answered, found out here; usage follows
  kDie,          // text only
};

class Error : public std::runtime_error {
 public:
  Error(ErrorClass error_class, const std::string& text, int status = 1)
      : std::runtime_error(text), class_(error_class), status_(status) {}

  static Error use(const std::string& text) { return {ErrorClass::kUse, text}; }
  static Error option_error(const std::string& text) { return {ErrorClass::kOptionError, text}; }
  static Error value() { return {ErrorClass::kValue, "Invalid argument."}; }
  static Error fault(const std::string& text) { return {ErrorClass::kFault, text}; }
  static Error die(const std::string& text, int status = 1) { return {ErrorClass::kDie, text, status}; }
  // A refusal by the security layer, which has always been shown in quotes (spec xm-cli 1.5, class XSM).
  static Error security(const std::string& text);

  // The same error with a sentence for a person at a terminal: what to do instead. Scripts do not see it.
  Error with_advice(std::string sentence) const {
    Error advised = *this;
    advised.advice_ = std::move(sentence);
    return advised;
  }

  ErrorClass error_class() const { return class_; }
  int status() const { return status_; }  // the exit status
  const std::string& advice() const { return advice_; }

 private:
  ErrorClass class_;
  int status_;
  std::string advice_;
};

// Thrown to leave a command at once, everything having been said already. Carries the exit status.
struct Exit {
  int status;
};

}  // namespace xm
