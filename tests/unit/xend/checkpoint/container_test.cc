// The head of save files and migration streams.
#include "xend/checkpoint/container.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <system_error>

#include "rpc/file_descriptor.h"
#include "sxp/parser.h"
#include "xend/error.h"
#include "xend/helpers/frame_format.h"

namespace xend {
namespace {

namespace fs = std::filesystem;

class Folder : public testing::Test {
 protected:
  Folder() : path_(fs::temp_directory_path() / ("container_test." + std::to_string(getpid()))) {
    fs::create_directory(path_);
  }
  ~Folder() override { fs::remove_all(path_); }

  std::string file(const std::string& name, const std::string& content) {
    const auto path = path_ / name;
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }
  std::string error_of_head(const std::string& content) {
    const rpc::FileDescriptor fd(open(file("head", content).c_str(), O_RDONLY));
    try {
      read_container_head(fd.get());
    } catch (const Error& e) {
      return e.what();
    }
    return "no error";
  }

  fs::path path_;
};

using ContainerHead = Folder;

const auto kConfig = "(domain (name web1))";

TEST_F(ContainerHead, IsTheClassicSixteenBytesAndABigEndianLength) {
  const auto head = container_head(sxp::parse_one(kConfig));
  EXPECT_EQ(head, std::string("LinuxGuestRecord\0\0\0\x14", 20) + kConfig);
}

TEST_F(ContainerHead, IsReadWithoutAByteOfWhatFollows) {
  const rpc::FileDescriptor fd(
      open(file("image", container_head(sxp::parse_one(kConfig)) + "MEMORY").c_str(), O_RDONLY));
  const auto head = read_container_head(fd.get());
  EXPECT_EQ(head.config, sxp::parse_one(kConfig));
  EXPECT_EQ(head.bytes, 16 + 4 + std::string(kConfig).size());
  EXPECT_EQ(head.checksum, head_checksum(container_head(head.config)));
  char rest[16] = "";
  EXPECT_EQ(::read(fd.get(), rest, sizeof rest), 6);
  EXPECT_STREQ(rest, "MEMORY");
}

TEST_F(ContainerHead, RefusesWhatIsNotOne) {
  const auto good = container_head(sxp::parse_one(kConfig));
  EXPECT_EQ(error_of_head(""), "not a valid guest state file: signature read");
  EXPECT_EQ(error_of_head(good.substr(0, 15)), "not a valid guest state file: signature read");
  EXPECT_EQ(error_of_head("Xen saved domain, xl format\n"), "not a valid guest state file: found 'Xen saved domain'");
  EXPECT_EQ(
      error_of_head(std::string(40, '\n')), "not a valid guest state file: found '" + [] {
        std::string s;
        for (int i = 0; i < 16; ++i) s += "\\n";
        return s;
      }() + "'");
  EXPECT_EQ(error_of_head(good.substr(0, 18)), "not a valid guest state file: config size read");
  EXPECT_EQ(error_of_head(good.substr(0, 30)), "not a valid guest state file: config read");
  EXPECT_EQ(error_of_head(std::string("LinuxGuestRecord\0\0\0\x04", 20) + "(a (").substr(0, 42),
            "not a valid guest state file: config parse");
  EXPECT_TRUE(error_of_head(std::string("LinuxGuestRecord\xff\xff\xff\xff", 20)).find("4294967295 bytes") !=
              std::string::npos);
}

}  // namespace
}  // namespace xend
