// Fingerprints, as people carry them from host to host. Who passes by one is in tls_party_test.cc.
#include "rpc/tls_trust.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/rpc/certificate.h"
#include "tests/unit/rpc/fixture.h"

namespace rpc {
namespace {

using testing::EndsWith;
using testing::StartsWith;

constexpr const char* kColons =
    "00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:F0:E1:D2:C3:B4:A5:96:87:78:69:5A:4B:3C:2D:1E:0F";

TEST(Fingerprint, IsReadWithAndWithoutColonsInEitherCase) {
  EXPECT_EQ(Fingerprint::parse(kColons).text(), kColons);
  EXPECT_EQ(Fingerprint::parse("000102030405060708090a0b0c0d0e0ff0e1d2c3b4a5968778695a4b3c2d1e0f").text(), kColons);
}

TEST(Fingerprint, WhatIsNoneIsShown) {
  const std::string good = kColons;
  std::string semicolon = good, letter = good;
  semicolon[2] = ';';
  letter.back() = 'G';
  for (const std::string& text : {std::string(), std::string("AA"), good + ":00", good.substr(3), semicolon, letter,
                                  " " + good, "SHA256:" + good, std::string(95, ':')}) {
    try {
      Fingerprint::parse(text);
      ADD_FAILURE() << text;
    } catch (const TlsError& e) {
      EXPECT_THAT(e.what(), StartsWith("'" + text + "' is not the SHA-256 fingerprint"));
    }
  }
}

TEST(Fingerprint, IsTheOneThatOpensslPrints) {
  const TemporaryDirectory folder;
  const std::string pem = folder.path("a.pem");
  write_certificate(pem);
  const std::string command = "openssl x509 -noout -fingerprint -sha256 -in " + pem;
  const std::unique_ptr<FILE, Freed<::pclose>> openssl(::popen(command.c_str(), "re"));
  std::array<char, 200> line{};
  ASSERT_TRUE(std::fgets(line.data(), static_cast<int>(line.size()), openssl.get()));
  EXPECT_THAT(line.data(), EndsWith("=" + fingerprint_of(pem).text() + "\n"));
}

}  // namespace
}  // namespace rpc
