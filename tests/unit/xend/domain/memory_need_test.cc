// How much of the host's memory guests of the three kinds take.
#include "xend/domain/memory_need.h"

#include <gtest/gtest.h>

#include "sxp/parser.h"

namespace xend {
namespace {

DomainConfig config(const std::string& image) {
  return DomainConfig::parse(sxp::parse_one("(vm (name g) (memory 256) (maxmem 512) (vcpus 2) (image " + image + "))"));
}

constexpr const char* kPv = "(linux (kernel /k))";
constexpr const char* kPvh = "(pvh (kernel /k))";
constexpr const char* kHvm = "(hvm (kernel hvmloader) (videoram 16))";

TEST(MemoryNeed, AGuestMayHaveWhatXenPutsBesideItsMemory) {
  EXPECT_EQ(memory_limit(config(kPv), {512}), xc::KiB({512 * 1024 + 1024}));
  EXPECT_EQ(memory_limit(config(kPvh), {512}), xc::KiB({512 * 1024 + 1024}));
  EXPECT_EQ(memory_limit(config(kHvm), {512}), xc::KiB({(512 + 16) * 1024 + 1024}));
}

TEST(MemoryNeed, PagingMemoryIsForWhatIsNotPv) {
  EXPECT_EQ(shadow_need(config(kPv)), xc::KiB({0}));
  EXPECT_EQ(shadow_need(config(kHvm)), xc::KiB({6 * 1024})) << "1 MiB for each vcpu, 8 KiB for each MiB of maxmem";
}

TEST(MemoryNeed, AllThatMustBeFree) {
  EXPECT_EQ(memory_need(config(kPv)), xc::KiB({256 * 1024 + 1024}));
  EXPECT_EQ(memory_need(config(kHvm)), xc::KiB({(256 + 16 + 6) * 1024 + 1024}));
}

}  // namespace
}  // namespace xend
