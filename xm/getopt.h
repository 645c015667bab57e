// Parses options with the rules and the error texts of the classic command (spec xm-cli 1.3). Not for operands: what
// they mean is the business of each command.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace xm {

struct OptionSpec {
  char letter = 0;            // 0: no short form
  std::string_view name;      // the long form; every option has one, commands look their options up by it
  std::string_view argument;  // what the help calls its argument; empty: it takes none
  std::string_view help;      // empty: accepted, but not shown
  // kInFull: not one of the classic options. What has been abbreviated since 2005 goes on meaning what it meant, and
  // where words are counted it is none.
  enum Abbreviation { kByPrefix, kInFull } abbreviation = kByPrefix;
};

// How options and operands may be mixed.
enum class OptionStyle {
  kNone,   // every word is an operand, taken literally
  kGnu,    // mixed; "--" ends the options; POSIXLY_CORRECT makes it kPosix
  kPosix,  // options come before the first operand
  kOpts,   // mixed; "--" protects only the word after it
};

// A text of section 1.3, without the "Error: " in front.
class GetoptError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct GivenOption {
  std::string_view name;  // of its OptionSpec, so "--sta" is found as "state"
  std::string value;
  std::size_t operands_before;  // how many operands stood left of it
};

struct ParsedWords {
  std::vector<GivenOption> options;
  std::vector<std::string> operands;

  bool has(std::string_view name) const;
  // The value of the last such option; null when it was not given.
  const std::string* value(std::string_view name) const;
};

// Splits `words` into options, which `specs` describes, and operands. The result points into `specs`.
// Throws GetoptError.
ParsedWords parse_words(const std::vector<std::string>& words, const std::vector<OptionSpec>& specs, OptionStyle style);

}  // namespace xm
