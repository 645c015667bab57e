#include "xm/guest_config/hash_order.h"

#include <cstdint>

namespace xm::guest_config {
namespace {

using Slots = std::vector<const std::string*>;

std::uint64_t hash(const std::string& key) {
  if (key.empty()) return 0;
  std::uint64_t x = static_cast<std::uint64_t>(static_cast<unsigned char>(key[0])) << 7;
  for (char c : key) x = (1000003 * x) ^ static_cast<unsigned char>(c);
  return x ^ key.size();
}

void put(Slots& slots, const std::string* key) {
  std::uint64_t perturb = hash(*key);
  std::uint64_t i = perturb;
  while (slots[i % slots.size()] != nullptr) {
    i = 5 * i + perturb + 1;
    perturb >>= 5;
  }
  slots[i % slots.size()] = key;
}

Slots rebuilt(const Slots& old, std::size_t keys) {
  std::size_t size = 8;
  while (size <= 4 * keys) size *= 2;
  Slots slots(size);
  for (const std::string* key : old) {
    if (key != nullptr) put(slots, key);
  }
  return slots;
}

}  // namespace

std::vector<std::string> hash_order(const std::vector<std::string>& keys) {
  Slots slots(8);
  std::size_t count = 0;
  for (const std::string& key : keys) {
    put(slots, &key);
    if (++count * 3 >= slots.size() * 2) slots = rebuilt(slots, count);
  }
  std::vector<std::string> ordered;
  for (const std::string* key : slots) {
    if (key != nullptr) ordered.push_back(*key);
  }
  return ordered;
}

}  // namespace xm::guest_config
