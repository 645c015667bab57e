#include "xm/getopt.h"

#include <cstdlib>

#include <fmt/format.h>

namespace xm {
namespace {

class WordParser {
 public:
  WordParser(const std::vector<std::string>& words, const std::vector<OptionSpec>& specs)
      : words_(words), specs_(specs) {}

  ParsedWords parse(OptionStyle style) {
    if (style == OptionStyle::kGnu && std::getenv("POSIXLY_CORRECT") != nullptr) style = OptionStyle::kPosix;
    while (next_ < words_.size()) {
      const std::string& word = words_[next_];
      if (word == "--") {
        ++next_;
        if (style != OptionStyle::kOpts) break;
        if (next_ < words_.size()) result_.operands.push_back(words_[next_++]);
      } else if (word.starts_with("--")) {
        ++next_;
        long_option(std::string_view(word).substr(2));
      } else if (word.size() > 1 && word[0] == '-') {
        ++next_;
        short_options(std::string_view(word).substr(1));
      } else {
        if (style == OptionStyle::kPosix) break;
        result_.operands.push_back(words_[next_++]);
      }
    }
    result_.operands.insert(result_.operands.end(), words_.begin() + static_cast<std::ptrdiff_t>(next_), words_.end());
    return std::move(result_);
  }

 private:
  void long_option(std::string_view word) {
    const std::size_t equals = word.find('=');
    const OptionSpec& spec = find_long(word.substr(0, equals));
    const bool has_value = equals != std::string_view::npos;
    if (spec.argument.empty()) {
      if (has_value) throw GetoptError(fmt::format("option --{} must not have an argument", spec.name));
      add(spec, "");
    } else if (has_value) {
      add(spec, std::string(word.substr(equals + 1)));
    } else {
      if (next_ == words_.size()) throw GetoptError(fmt::format("option --{} requires argument", spec.name));
      add(spec, words_[next_++]);
    }
  }

  // An exact name, or a prefix of only one name.
  const OptionSpec& find_long(std::string_view typed) const {
    const OptionSpec* found = nullptr;
    bool ambiguous = false;
    for (const OptionSpec& spec : specs_) {
      if (spec.name == typed) return spec;
      if (spec.abbreviation == OptionSpec::kInFull || !spec.name.starts_with(typed)) continue;
      ambiguous = found != nullptr;
      found = &spec;
    }
    if (found == nullptr) throw GetoptError(fmt::format("option --{} not recognized", typed));
    if (ambiguous) throw GetoptError(fmt::format("option --{} not a unique prefix", typed));
    return *found;
  }

  void short_options(std::string_view bundle) {
    while (!bundle.empty()) {
      const OptionSpec& spec = find_short(bundle[0]);
      bundle.remove_prefix(1);
      if (spec.argument.empty()) {
        add(spec, "");
        continue;
      }
      if (bundle.empty()) {
        if (next_ == words_.size()) throw GetoptError(fmt::format("option -{} requires argument", spec.letter));
        bundle = words_[next_++];
      }
      add(spec, std::string(bundle));
      return;
    }
  }

  const OptionSpec& find_short(char letter) const {
    for (const OptionSpec& spec : specs_) {
      if (spec.letter == letter) return spec;
    }
    throw GetoptError(fmt::format("option -{} not recognized", letter));
  }

  void add(const OptionSpec& spec, std::string value) {
    result_.options.push_back({spec.name, std::move(value), result_.operands.size()});
  }

  const std::vector<std::string>& words_;
  const std::vector<OptionSpec>& specs_;
  std::size_t next_ = 0;
  ParsedWords result_;
};

}  // namespace

bool ParsedWords::has(std::string_view name) const {
  return value(name) != nullptr;
}

const std::string* ParsedWords::value(std::string_view name) const {
  for (auto option = options.rbegin(); option != options.rend(); ++option) {
    if (option->name == name) return &option->value;
  }
  return nullptr;
}

ParsedWords parse_words(const std::vector<std::string>& words, const std::vector<OptionSpec>& specs,
                        OptionStyle style) {
  if (style == OptionStyle::kNone) return {{}, words};
  return WordParser(words, specs).parse(style);
}

}  // namespace xm
