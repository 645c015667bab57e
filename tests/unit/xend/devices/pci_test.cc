// Class pci: how its element is read, and its nodes (spec domain-lifecycle 9.2, protocols 7.5).
#include "xend/devices/pci.h"

#include <fmt/format.h>

#include "tests/unit/xend/devices/fixture.h"
#include "xend/devices/pci_element.h"

namespace xend {
namespace {

using testing::HasSubstr;

using PciNodes = DevicesTest;
using Nodes = std::map<std::string, std::string>;

const std::string kU1 = "3b1d7a0e-9d7f-4c61-a2f4-7f6f0c7be5a1", kU2 = "3b1d7a0e-9d7f-4c61-a2f4-7f6f0c7be5a2";
const std::string kAddress = "(domain 0x0000) (bus 0x04) (slot 0x02) (func 0x1) ";
// As xm writes it.
const std::string kTwo =
    "(pci (dev (slot 0x00) (domain 0x0000) (key 0000:03:00.0) (bus 0x03) (vdevfn 0x100) (func 0x0) (uuid " + kU1 +
    ")) (dev " + kAddress + "(key 04:02.1) (vdevfn 0x28) (opts (msitranslate 0)) (opts (power_mgmt 1)) (uuid " + kU2 +
    ")) (uuid " + kU1 + "))";
const std::string kBack = "/local/domain/0/backend/pci/5/0", kFront = "/local/domain/5/device/pci/0";

TEST_F(PciNodes, TheTable) {
  write(kTwo);
  EXPECT_EQ(below(kBack), (Nodes{{"domain", "web1"},
                                 {"frontend", kFront},
                                 {"frontend-id", "5"},
                                 {"state", "1"},
                                 {"online", "1"},
                                 {"uuid", kU1},
                                 {"num_devs", "2"},
                                 {"dev-0", "0000:03:00.0"},
                                 {"vdevfn-0", "100"},
                                 {"key-0", "0000:03:00.0"},
                                 {"uuid-0", kU1},
                                 {"state-0", "1"},
                                 {"dev-1", "0000:04:02.1"},
                                 {"vdevfn-1", "28"},
                                 {"key-1", "04:02.1"},
                                 {"uuid-1", kU2},
                                 {"opts-1", "msitranslate=0,power_mgmt=1"},
                                 {"state-1", "1"}}));
  EXPECT_EQ(below(kFront), (Nodes{{"backend", kBack}, {"backend-id", "0"}, {"state", "1"}}));
}

TEST_F(PciNodes, DescribedAsTheyWereConfigured) {
  const Device device = write(kTwo);
  const auto described = devices.describe(owner, device);
  EXPECT_EQ(sxp::to_string(described),
            "(pci (dev (domain 0x0000) (bus 0x03) (slot 0x00) (func 0x0) (vdevfn 0x100) (key 0000:03:00.0) (uuid " +
                kU1 +
                ")) (dev (domain 0x0000) (bus 0x04) (slot 0x02) (func 0x1) (vdevfn 0x28) (key 04:02.1) (opts "
                "((msitranslate 0) (power_mgmt 1))) (uuid " +
                kU2 + ")) (backend 0) (uuid " + kU1 + "))");
  const auto recalled = devices.recall(owner);
  ASSERT_EQ(recalled.size(), 1u);
  EXPECT_EQ(recalled[0].config, described);
  EXPECT_EQ(complete(sxp::to_string(described)).config, complete(sxp::to_string(described)).config);
}

TEST_F(PciNodes, OneElementAtMost) {
  const Device first = complete(kTwo);
  EXPECT_THAT(error_of([&] { complete(kTwo, {first}); }), HasSubstr("A domain has one element (pci ..) at most"));
  EXPECT_THAT(error_of([&] { complete("(pci (uuid " + kU1 + "))"); }), HasSubstr("there is no device in the request"));
  EXPECT_THAT(error_of([&] { complete("(pci (dev " + kAddress + ") (backend 3))"); }), HasSubstr("unknown backend 3"));
}

TEST(PciElement, OptionsInEitherForm) {
  for (const char* opts : {"(opts (msitranslate 0)) (opts (power_mgmt 1))", "(opts ((msitranslate 0) (power_mgmt 1)))",
                           "(opts (msitranslate 0) (power_mgmt 1))"}) {
    const auto functions = parse_pci(sxp::parse_one("(pci (dev " + kAddress + opts + "))"));
    EXPECT_EQ(join_options(functions[0]), "msitranslate=0,power_mgmt=1") << opts;
    EXPECT_EQ(split_options(join_options(functions[0])), functions[0].options);
  }
}

TEST(PciElement, WhatIsLeftOutIsMadeUp) {
  const auto functions = parse_pci(sxp::parse_one("(pci (dev (domain 0) (bus 04) (slot 1f) (func 7)))"));
  EXPECT_EQ(functions[0].address.text(), "0000:04:1f.7");
  EXPECT_EQ(functions[0].vdevfn, PciFunction::kAnyVdevfn);
  EXPECT_EQ(functions[0].key, "0000:04:1f.7");
  EXPECT_EQ(functions[0].uuid.size(), 36u);
}

TEST(PciElement, HostileOnes) {
  std::string many = "(pci";
  for (unsigned i = 0; i < 300; ++i)
    many += fmt::format(" (dev (domain 0) (bus {:x}) (slot {:x}) (func 0))", i / 32, i % 32);
  for (const std::string& dev : std::vector<std::string>{
           "(dev)", "(dev (domain 0x10000) (bus 0) (slot 0) (func 0))",
           "(dev (domain 0) (bus 0x100) (slot 0) (func 0))", "(dev (domain 0) (bus 0) (slot 0x20) (func 0))",
           "(dev (domain 0) (bus 0) (slot 0) (func 8))", "(dev (domain 0) (bus -1) (slot 0) (func 0))",
           "(dev (domain 0) (bus ../..) (slot 0) (func 0))", "(dev (domain 0) (bus (0)) (slot 0) (func 0))",
           "(dev (domain 0) (bus '') (slot 0) (func 0))", "(dev " + kAddress + "(vdevfn 0x200))",
           "(dev " + kAddress + "(key 'a/b'))", "(dev " + kAddress + "(key '1\\n2'))",
           "(dev " + kAddress + "(key " + std::string(100, '1') + "))", "(dev " + kAddress + "(uuid nonsense))",
           "(dev " + kAddress + "(opts msitranslate))", "(dev " + kAddress + "(opts (a=b 1)))",
           "(dev " + kAddress + "(opts (msitranslate '1,2')))", "(dev " + kAddress + "(opts (msitranslate 1 2)))",
           "(dev " + kAddress + "(opts ((msitranslate (1)))))"})
    EXPECT_THROW(parse_pci(sxp::parse_one("(pci " + dev + ")")), Error) << dev;
  EXPECT_THROW(parse_pci(sxp::parse_one(many + ")")), Error);
}

}  // namespace
}  // namespace xend
