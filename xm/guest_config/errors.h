// What can be wrong with a guest file.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>

namespace xm::guest_config {

// The file is not valid: line() and the text of that line are shown (spec guest-config 3).
class SyntaxError : public std::runtime_error {
 public:
  SyntaxError(std::size_t line, const std::string& text) : std::runtime_error(text), line_(line) {}
  std::size_t line() const { return line_; }  // from 1

 private:
  std::size_t line_;
};

// Brackets are nested deeper than any guest file needs; what() says where.
class TooDeep : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
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

// The file has raised an error that is none of those that programs handle: what() is its type in Python 2's form.
class Unexpected : public std::runtime_error {
 public:
  Unexpected(const std::string& type, std::string traceback)
      : std::runtime_error(type), traceback_(std::move(traceback)) {}
  const std::string& traceback() const { return traceback_; }

 private:
  std::string traceback_;
};

// The file has called sys.exit().
class ProgramExit : public std::runtime_error {
 public:
  explicit ProgramExit(int status) : std::runtime_error("sys.exit"), status_(status) {}
  int status() const { return status_; }

 private:
  int status_;
};

}  // namespace xm::guest_config
