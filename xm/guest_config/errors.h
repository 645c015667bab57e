// What can be wrong with a guest file.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>

namespace xm::guest_config {

// The file is not valid: line() and the text of that line are shown (spec guest-config 3).
class SyntaxError : public std::runtime_error {
 public:
  SyntaxError(std::size_t line, const std::string& text) : std::runtime_error(text), line_(line) {}
  std::size_t line() const { return line_; }  // from 1

 private:
  std::size_t line_;
};

// The file is perhaps valid, but more than this evaluator understands; what() names the construct.
class Unsupported : public std::runtime_error {
 public:
  Unsupported(std::size_t line, const std::string& construct) : std::runtime_error(construct), line_(line) {}
  std::size_t line() const { return line_; }

 private:
  std::size_t line_;
};

// The file is valid, but running it fails; what() is the text that Python gives.
class EvaluationError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace xm::guest_config
