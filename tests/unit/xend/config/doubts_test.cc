// What `xend --check-config` finds odd in a configuration that works.
#include "xend/config/doubts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

namespace xend {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> doubts_of(const std::string& text) {
  return doubts(parse_options(text).options);
}

std::vector<std::string> doubts_of_list(const std::string& patterns) {
  return doubts_of("(xend-relocation-server yes) (xend-relocation-hosts-allow '" + patterns + "')");
}

TEST(Doubts, HasNoneAboutTheDefaults) {
  EXPECT_THAT(doubts_of(""), IsEmpty());
}

TEST(Doubts, NamesAnOpenRelocationServer) {
  EXPECT_THAT(doubts_of("(xend-relocation-server yes)"),
              ElementsAre(AllOf(HasSubstr("every host that reaches port 8002 of every address may send domains"),
                                HasSubstr("(xend-relocation-hosts-allow '^host\\\\.example\\\\.org$')"))));
  EXPECT_THAT(doubts_of("(xend-relocation-server yes) (xend-relocation-address 10.0.0.1) (xend-relocation-port 9002)"),
              ElementsAre(HasSubstr("reaches 10.0.0.1:9002 may")));
  EXPECT_THAT(doubts_of("(xend-relocation-server no)"), IsEmpty());
}

TEST(Doubts, HasNoneAboutPatternsThatNameTheirHostsExactly) {
  EXPECT_THAT(doubts_of_list("^localhost$ ^localhost\\\\.localdomain$ ^10\\\\.0\\\\.0\\\\.1$"), IsEmpty());
  EXPECT_THAT(doubts_of_list("^.*\\\\.our-network\\\\.mil$"), IsEmpty());
}

TEST(Doubts, LetsTheBeginningOfAnAddressBeABeginning) {
  EXPECT_THAT(doubts_of_list("^10\\\\.0\\\\."), IsEmpty());
}

TEST(Doubts, NamesAHostThatAPatternWithoutAnEndLetsIn) {
  EXPECT_THAT(doubts_of_list("localhost"),
              ElementsAre("xend-relocation-hosts-allow: 'localhost' also accepts localhost.other.example. Write "
                          "'^localhost$'."));
  EXPECT_THAT(doubts_of_list("^10\\\\.0\\\\.0\\\\.1"),
              ElementsAre(AllOf(HasSubstr("also accepts 10.0.0.10."), HasSubstr("'^10\\\\.0\\\\.0\\\\.1$'"))));
}

TEST(Doubts, NamesAHostThatADotLetsIn) {
  EXPECT_THAT(doubts_of_list("^host.example$"),
              ElementsAre(AllOf(HasSubstr("also accepts hostxexample,"), HasSubstr("Write '^host\\\\.example$'"))));
}

TEST(Doubts, NamesPatternsThatAcceptEveryHost) {
  EXPECT_THAT(doubts_of_list(".*"), ElementsAre("xend-relocation-hosts-allow: '.*' accepts every host."));
  EXPECT_THAT(doubts_of_list("^localhost$ x?"), ElementsAre(HasSubstr("'x?' accepts every host")));
}

TEST(Doubts, NamesListsThatAreWrittenAsForOtherPrograms) {
  EXPECT_THAT(doubts_of_list("10.0.0.0/8"), ElementsAre(HasSubstr("'10.0.0.0/8' has a comma or a slash")));
  EXPECT_THAT(doubts_of_list("^alpha$,^beta$"), ElementsAre(HasSubstr("separated by spaces")));
}

TEST(Doubts, NamesManagementThatIsOpenToTheNetwork) {
  EXPECT_THAT(doubts_of("(xend-http-server yes)"),
              ElementsAre(HasSubstr("xend-http-server is on and listens on port 8000 of every address")));
  EXPECT_THAT(doubts_of("(xend-http-server yes) (xend-address localhost)"), IsEmpty());
  EXPECT_THAT(doubts_of("(xend-tcp-xmlrpc-server yes) (xend-tcp-xmlrpc-server-address 10.0.0.1)"),
              ElementsAre(HasSubstr("xend-tcp-xmlrpc-server is on and listens on 10.0.0.1:8006")));
  EXPECT_THAT(doubts_of("(xend-tcp-xmlrpc-server yes)"), IsEmpty());
}

TEST(Doubts, NamesDisplaysThatEverybodySees) {
  EXPECT_THAT(doubts_of("(vnc-listen 0.0.0.0)"), ElementsAre(HasSubstr("vnc-listen is 0.0.0.0 and vncpasswd is not")));
  EXPECT_THAT(doubts_of("(vnc-listen 0.0.0.0) (vncpasswd secret)"), IsEmpty());
}

TEST(Doubts, NamesTwoServersOnOnePort) {
  EXPECT_THAT(
      doubts_of("(xend-http-server yes) (xend-address localhost) (xend-port 8006) (xend-tcp-xmlrpc-server yes)"),
      ElementsAre(HasSubstr("xend-http-server and xend-tcp-xmlrpc-server both listen on port 8006")));
}

TEST(Doubts, NamesKeysThatOthersMayRead) {
  const std::string key = testing::TempDir() + "/doubts-key.pem";
  std::ofstream(key) << "key";
  ::chmod(key.c_str(), 0640);
  const std::string text = "(xend-tcp-xmlrpc-server-ssl-key-file " + key + ")";
  EXPECT_THAT(doubts_of(text), ElementsAre(HasSubstr("has mode 0640: others than its owner may use the key")));
  ::chmod(key.c_str(), 0600);
  EXPECT_THAT(doubts_of(text), IsEmpty());
}

TEST(Doubts, NamesEncryptionThatAsksNobodyWhoHeIs) {
  EXPECT_THAT(doubts_of("(xend-relocation-ssl yes)"),
              ElementsAre(HasSubstr("can pretend to be the other host. Name the fingerprints")));
  const std::string peers = "(xend-relocation-ssl yes) (xend-relocation-ssl-peers " + std::string(64, 'a') + ")";
  EXPECT_THAT(doubts_of(peers), ElementsAre(HasSubstr("-ssl-cert-file is not set")));
  EXPECT_THAT(doubts_of(peers + "(xend-relocation-server-ssl-cert-file a.crt)"), IsEmpty());
}

TEST(Doubts, NamesWhatCannotWork) {
  EXPECT_THAT(doubts_of("(device-create-timeout 0)"), ElementsAre(HasSubstr("device-create-timeout is 0")));
  EXPECT_THAT(doubts_of("(logfile xend.log)"), ElementsAre("logfile: 'xend.log' is not an absolute path, and xend "
                                                           "works in /."));
}

}  // namespace
}  // namespace xend
