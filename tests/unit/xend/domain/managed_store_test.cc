// The folder of managed domains: what is in the way of one must not be in the way of another.
#include "xend/domain/managed_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "sxp/parser.h"
#include "tests/unit/xend/helpers/temporary_folder.h"
#include "xend/error.h"

namespace xend {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kUuid[] = "3b1d7a0e-9d7f-4c61-a2f4-7f6f0c7be5a1";
constexpr char kOther[] = "00000000-0000-4000-8000-0000000000aa";

class ManagedStoreTest : public testing::Test {
 protected:
  void write(const std::string& folder, const std::string& text) {
    fs::create_directories(root_ / folder);
    std::ofstream(root_ / folder / "config.sxp") << text;
  }
  static std::string config(const std::string& name, const std::string& uuid) {
    return "(domain (name " + name + ") (uuid " + uuid + ") (memory 64))";
  }
  std::vector<std::string> names() {
    std::vector<std::string> result;
    for (const auto& c : store_.load()) result.push_back(c.name);
    return result;
  }
  std::vector<std::string> files(const fs::path& folder) {
    std::vector<std::string> result;
    for (const auto& entry : fs::directory_iterator(folder)) result.push_back(entry.path().filename().string());
    return result;
  }

  const test::TemporaryFolder temporary_;
  const fs::path root_ = temporary_.path() / "lib" / "domains";
  ManagedStore store_{root_.string()};
};

TEST_F(ManagedStoreTest, NothingThere) {
  EXPECT_THAT(names(), IsEmpty());
  EXPECT_FALSE(store_.has_checkpoint(*xc::Uuid::parse(kUuid)));
}

TEST_F(ManagedStoreTest, SavedLoadedRemoved) {
  auto domain = DomainConfig::parse(sxp::parse_one(config("web1", kUuid)));
  store_.save(domain);
  domain.memory.value = 48;
  store_.save(domain);
  ASSERT_THAT(names(), ElementsAre("web1"));
  EXPECT_EQ(store_.load()[0].memory.value, 48u);
  EXPECT_THAT(files(root_ / kUuid), ElementsAre("config.sxp"));
  EXPECT_EQ(fs::status(root_).permissions(), fs::perms::owner_all);
  EXPECT_EQ(fs::status(root_ / kUuid).permissions(), fs::perms::owner_all);
  EXPECT_EQ(fs::status(root_ / kUuid / "config.sxp").permissions(), fs::perms::owner_read | fs::perms::owner_write);
  std::ofstream(store_.checkpoint_path(domain.uuid)) << "image";
  EXPECT_TRUE(store_.has_checkpoint(domain.uuid));
  store_.remove_checkpoint(domain.uuid);
  EXPECT_FALSE(store_.has_checkpoint(domain.uuid));
  store_.remove(domain.uuid);
  EXPECT_THAT(files(root_), IsEmpty());
  store_.remove(domain.uuid);
}

// Each of these alone is logged and left out; the good one appears.
TEST_F(ManagedStoreTest, WhatIsWrongHurtsNobodyElse) {
  write(kUuid, config("good", kUuid));
  write(kOther, config("moved", kUuid));
  write("00000000-0000-4000-8000-000000000001", "(domain (name cut");
  write("00000000-0000-4000-8000-000000000002", "");
  write("00000000-0000-4000-8000-000000000003", std::string(100000, '('));
  write("00000000-0000-4000-8000-000000000004", std::string(2 * 1024 * 1024, ' '));
  write("00000000-0000-4000-8000-000000000005", std::string("(domain \0\xff\x04", 11));
  write("3B1D7A0E-9D7F-4C61-A2F4-7F6F0C7BE5A1", config("spelled", kUuid));
  fs::create_directories(root_ / "00000000-0000-4000-8000-000000000006" / "config.sxp");
  fs::create_directories(root_ / "00000000-0000-4000-8000-000000000007");
  fs::create_directories(root_ / "00000000-0000-4000-8000-000000000008");
  ASSERT_EQ(mkfifo((root_ / "00000000-0000-4000-8000-000000000008" / "config.sxp").c_str(), 0600), 0);
  std::ofstream(root_ / "a file") << config("a-file", kUuid);
  EXPECT_THAT(names(), ElementsAre("good"));
}

TEST_F(ManagedStoreTest, WhatWasHalfWrittenIsRemoved) {
  write(kUuid, config("web1", kUuid));
  for (const char* name : {"checkpoint.chk", "checkpoint.chk.Xy12ab", "config.sxp.aaaaaa", "notes"})
    std::ofstream(root_ / kUuid / name) << "half";
  EXPECT_THAT(names(), ElementsAre("web1"));
  EXPECT_THAT(files(root_ / kUuid), testing::UnorderedElementsAre("config.sxp", "checkpoint.chk", "notes"));
}

TEST_F(ManagedStoreTest, ALinkIsNotFollowed) {
  std::ofstream(temporary_.path() / "elsewhere") << config("linked", kUuid);
  fs::create_directories(root_ / kUuid);
  fs::create_symlink(temporary_.path() / "elsewhere", root_ / kUuid / "config.sxp");
  EXPECT_THAT(names(), IsEmpty());
  // It is replaced by the first save, not written through.
  store_.save(DomainConfig::parse(sxp::parse_one(config("web1", kUuid))));
  EXPECT_FALSE(fs::is_symlink(root_ / kUuid / "config.sxp"));
  EXPECT_THAT(names(), ElementsAre("web1"));
}

TEST_F(ManagedStoreTest, AFolderThatCannotBeMadeIsNamed) {
  fs::create_directories(root_.parent_path());
  std::ofstream(root_) << "in the way";
  try {
    store_.save(DomainConfig::parse(sxp::parse_one(config("web1", kUuid))));
    ADD_FAILURE() << "it was saved";
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("Failed to save configuration file to: " + root_.string()));
    EXPECT_THAT(e.what(), HasSubstr("Not a directory"));
  }
}

}  // namespace
}  // namespace xend
