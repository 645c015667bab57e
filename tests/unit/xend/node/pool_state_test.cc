#include "xend/node/pool_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "xend/error.h"

namespace xend {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class PoolState : public testing::Test {
 protected:
  PoolState() {
    std::string name = (std::filesystem::temp_directory_path() / "pools.XXXXXX").string();
    folder = mkdtemp(name.data());
  }
  ~PoolState() override { std::filesystem::remove_all(folder); }
  void put(const std::string& text) { std::ofstream(folder / "cpu_pool.xml") << text; }
  std::string refusal() {
    try {
      read_pool_state(folder.string());
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  }

  std::filesystem::path folder;
};

TEST_F(PoolState, WhatIsWrittenIsRead) {
  PoolRecord record;
  record.uuid = xc::Uuid::random();
  record.name = "a/b+c";
  record.description = "<night> & \"day\"";
  record.scheduler = "credit";
  record.ncpu = 2;
  record.proposed = {1, 3};
  record.auto_power_on = true;
  record.other_config = {{"owner", "ops"}, {"note", ""}};
  const std::string below = (folder / "state").string();
  write_pool_state(below, {record});
  const auto pools = read_pool_state(below);
  ASSERT_EQ(pools.size(), 1u);
  EXPECT_EQ(pools[0].uuid, record.uuid);
  EXPECT_EQ(pools[0].name, record.name);
  EXPECT_EQ(pools[0].description, record.description);
  EXPECT_EQ(pools[0].scheduler, "credit");
  EXPECT_EQ(pools[0].ncpu, 2u);
  EXPECT_THAT(pools[0].proposed, ElementsAre(1, 3));
  EXPECT_TRUE(pools[0].auto_power_on);
  EXPECT_EQ(pools[0].other_config, record.other_config);
  EXPECT_TRUE(read_pool_state(folder.string()).empty());
}

// As an xend of old left it: tabs and line breaks around every text, and more fields than count.
TEST_F(PoolState, FilesOfOldXends) {
  put("<?xml version=\"1.0\" ?>\n<cpu_pools>\n\t<cpu_pool uuid=\"14d12a5e-2a5a-40d9-b3bb-c6ae3c7a4a7a\">\n"
      "\t\t<activated type=\"bool\">\n\t\t\t0\n\t\t</activated>\n"
      "\t\t<name_label type=\"string\">\n\t\t\tPool-1\n\t\t</name_label>\n"
      "\t\t<ncpu type=\"int\">\n\t\t\t1\n\t\t</ncpu>\n"
      "\t\t<proposed_CPUs type=\"list\">\n\t\t\t<item type=\"string\" uuid=\"2\"/>\n\t\t</proposed_CPUs>\n"
      "\t\t<started_VMs type=\"list\"/>\n\t</cpu_pool>\n</cpu_pools>\n");
  const auto pools = read_pool_state(folder.string());
  ASSERT_EQ(pools.size(), 1u);
  EXPECT_EQ(pools[0].name, "Pool-1");
  EXPECT_EQ(pools[0].uuid.to_string(), "14d12a5e-2a5a-40d9-b3bb-c6ae3c7a4a7a");
  EXPECT_THAT(pools[0].proposed, ElementsAre(2));
  EXPECT_FALSE(pools[0].auto_power_on);
}

TEST_F(PoolState, DamagedFilesAreRefused) {
  put("<cpu_pools><cpu_pool");
  EXPECT_THAT(refusal(), HasSubstr("cpu_pool.xml is not XML"));
  put("<domains/>");
  EXPECT_THAT(refusal(), HasSubstr("has no element cpu_pools"));
  put("<cpu_pools><cpu_pool><name_label>x</name_label></cpu_pool></cpu_pools>");
  EXPECT_THAT(refusal(), HasSubstr("no UUID"));
  put("<cpu_pools><cpu_pool uuid='14d12a5e-2a5a-40d9-b3bb-c6ae3c7a4a7a'/></cpu_pools>");
  EXPECT_THAT(refusal(), HasSubstr("has no name"));
  put("<cpu_pools><cpu_pool uuid='14d12a5e-2a5a-40d9-b3bb-c6ae3c7a4a7a'><ncpu>two</ncpu></cpu_pool></cpu_pools>");
  EXPECT_THAT(refusal(), HasSubstr("'two' stands where a number"));
  put(std::string(2 << 20, ' '));
  EXPECT_THAT(refusal(), HasSubstr("has 2097152 bytes"));
}

}  // namespace
}  // namespace xend
