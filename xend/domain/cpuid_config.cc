#include "xend/domain/cpuid_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

#include "xend/error.h"

namespace xend {
namespace {

constexpr std::array<std::string_view, 4> kRegisters{"eax", "ebx", "ecx", "edx"};
constexpr std::size_t kBits = 32;
constexpr std::size_t kMostLeaves = 256;

// A register's name and its bits as written; a leaf's number and its registers.
using Registers = std::vector<std::pair<std::string, std::string>>;
using Leaves = std::vector<std::pair<std::string, Registers>>;

// ---- the text of a dictionary ----

// {'a': {'b': 'c', ...}, ...} of quoted texts without escapes.
class DictionaryText {
 public:
  explicit DictionaryText(std::string_view text) : rest_(text) {}

  Leaves leaves() {
    Leaves found;
    items([&](std::string leaf) {
      Registers registers;
      items([&](std::string name) { registers.emplace_back(std::move(name), quoted()); });
      found.emplace_back(std::move(leaf), std::move(registers));
    });
    if (skip_blanks(); !rest_.empty()) fail();
    return found;
  }

 private:
  // `item` is called with each key, and reads its value.
  template <typename Item>
  void items(Item item) {
    expect('{');
    if (take('}')) return;
    do {
      std::string key = quoted();
      expect(':');
      item(std::move(key));
    } while (take(','));
    expect('}');
  }

  std::string quoted() {
    const char quote = take('"') ? '"' : '\'';
    if (quote == '\'') expect('\'');
    const std::size_t end = rest_.find(quote);
    if (end == std::string_view::npos) fail();
    std::string text(rest_.substr(0, end));
    rest_.remove_prefix(end + 1);
    return text;
  }

  void skip_blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\n"), rest_.size())); }
  bool take(char c) {
    skip_blanks();
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (!take(c)) fail();
  }
  [[noreturn]] void fail() const {
    throw Error(fmt::format("cpuid is not a dictionary such as {{'1': {{'eax': '0x1'}}}}: it goes wrong before \"{}\".",
                            rest_.substr(0, 40)));
  }

  std::string_view rest_;
};

// ---- lists ----

const sxp::List& pair_of(const sxp::Value& value) {
  if (!value.is_list() || value.as_list().size() != 2)
    throw Error("cpuid is not a list such as ((1 ((eax 0x1)))): something in it is no pair.");
  return value.as_list();
}

const sxp::List& list_of(const sxp::Value& value) {
  if (!value.is_list()) throw Error(fmt::format("cpuid has \"{}\" where a list of pairs is expected.", value.text()));
  return value.as_list();
}

Leaves leaves_of(const sxp::Value& value) {
  if (!value.is_list()) return value.text().empty() ? Leaves() : DictionaryText(value.text()).leaves();
  Leaves found;
  for (const sxp::Value& item : value.as_list()) {
    const sxp::List& leaf = pair_of(item);
    Registers registers;
    for (const sxp::Value& part : list_of(leaf[1])) {
      const sxp::List& reg = pair_of(part);
      registers.emplace_back(reg[0].text(), reg[1].text());
    }
    found.emplace_back(leaf[0].text(), std::move(registers));
  }
  return found;
}

// ---- meaning ----

std::optional<std::uint32_t> parse_number(std::string_view text) {
  const bool hex = text.starts_with("0x") || text.starts_with("0X");
  if (hex) text.remove_prefix(2);
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, hex ? 16 : 10);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

xc::CpuidLeaf parse_leaf(const std::string& text) {
  const std::size_t comma = text.find(',');
  const auto leaf = parse_number(std::string_view(text).substr(0, comma));
  std::optional<std::uint32_t> subleaf;
  if (comma != std::string::npos) subleaf = parse_number(std::string_view(text).substr(comma + 1));
  // All ones stand for "none" in what Xen's library takes.
  constexpr std::uint32_t kNone = ~std::uint32_t{0};
  if (!leaf || leaf == kNone || (comma != std::string::npos && !subleaf) || subleaf == kNone)
    throw Error(fmt::format("cpuid: \"{}\" is not a leaf such as 1, 0x80000001 or 4,0.", text));
  return {.leaf = *leaf, .subleaf = subleaf, .registers = {}};
}

std::string parse_bits(const std::string& leaf, const std::string& name, const std::string& text) {
  if (text.starts_with("0x"))
    if (const auto number = parse_number(text)) return fmt::format("{:032b}", *number);
  if (text.size() == kBits && text.find_first_not_of("01xks") == std::string::npos) return text;
  throw Error(
      fmt::format("cpuid: \"{}\" for {} of leaf {} is neither a number with 0x, of 32 bits, nor {} characters "
                  "of 0, 1, x, k and s.",
                  text, name, leaf, kBits));
}

}  // namespace

xc::CpuidPolicy parse_cpuid(const sxp::Value& value) {
  const Leaves leaves = leaves_of(value);
  if (leaves.size() > kMostLeaves) throw Error(fmt::format("cpuid has more than {} leaves.", kMostLeaves));
  xc::CpuidPolicy policy;
  for (const auto& [text, registers] : leaves) {
    xc::CpuidLeaf leaf = parse_leaf(text);
    for (const auto& [name, bits] : registers) {
      const auto known = std::find(kRegisters.begin(), kRegisters.end(), name);
      if (known == kRegisters.end())
        throw Error(fmt::format("cpuid: \"{}\" of leaf {} is not a register: eax, ebx, ecx and edx are.", name, text));
      leaf.registers[static_cast<std::size_t>(known - kRegisters.begin())] = parse_bits(text, name, bits);
    }
    policy.push_back(std::move(leaf));
  }
  return policy;
}

sxp::Value cpuid_sxp(const xc::CpuidPolicy& policy) {
  const auto number = [](std::uint32_t n) { return n < 0x40000000 ? fmt::format("{}", n) : fmt::format("{:#x}", n); };
  sxp::List leaves;
  for (const xc::CpuidLeaf& leaf : policy) {
    sxp::List registers;
    for (std::size_t i = 0; i < kRegisters.size(); ++i)
      if (!leaf.registers[i].empty())
        registers.push_back(sxp::Value::list({std::string(kRegisters[i]), leaf.registers[i]}));
    const std::string subleaf = leaf.subleaf ? "," + number(*leaf.subleaf) : "";
    leaves.push_back(sxp::Value::list({number(leaf.leaf) + subleaf, std::move(registers)}));
  }
  return sxp::Value::list({"cpuid", std::move(leaves)});
}

}  // namespace xend
