#include "rpc/uri.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace rpc {
namespace {

std::string shown(std::string_view text) {
  try {
    const Uri uri = parse_uri(text);
    const char* scheme = uri.scheme == Uri::Scheme::kUnix   ? "unix"
                         : uri.scheme == Uri::Scheme::kHttp ? "http"
                         : uri.scheme == Uri::Scheme::kSsh  ? "ssh"
                                                            : "https";
    return std::string(scheme) + (uri.user.empty() ? "" : " user=" + uri.user) + " host=" + uri.host +
           " port=" + uri.port + " path=" + uri.path;
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
}

TEST(Uri, TakesApart) {
  EXPECT_EQ(shown("httpu:///var/run/xend/xmlrpc.sock"), "unix host= port= path=/var/run/xend/xmlrpc.sock");
  EXPECT_EQ(shown("http://dom0:8006/"), "http host=dom0 port=8006 path=/");
  EXPECT_EQ(shown("http://dom0"), "http host=dom0 port=80 path=/RPC2");
  EXPECT_EQ(shown("https://192.0.2.1/x/y"), "https host=192.0.2.1 port=443 path=/x/y");
  EXPECT_EQ(shown("http://[2001:db8::1]:8006"), "http host=2001:db8::1 port=8006 path=/RPC2");
}

TEST(Uri, ThroughSsh) {
  EXPECT_EQ(shown("ssh://dom0"), "ssh host=dom0 port= path=/RPC2");
  EXPECT_EQ(shown("ssh://root@dom0:2222/"), "ssh user=root host=dom0 port=2222 path=/");
  EXPECT_EQ(shown("ssh://a@realm@[::1]"), "ssh user=a@realm host=::1 port= path=/RPC2");
  // ssh would take these for options.
  for (const char* text : {"ssh://-oProxyCommand=x", "ssh://-l@dom0", "ssh://@dom0", "ssh://root@-x", "ssh:///x"})
    EXPECT_TRUE(shown(text).starts_with("Invalid server URI")) << text;
}

TEST(Uri, SaysWhatIsWrong) {
  EXPECT_EQ(shown("http://dom0:99999"),
            "Invalid server URI 'http://dom0:99999': the port must be a number up to 65535.");
  EXPECT_EQ(shown("http://:80"), "Invalid server URI 'http://:80': the host is missing.");
  EXPECT_EQ(shown("http://me@dom0"), "Invalid server URI 'http://me@dom0': user names are for ssh:// only.");
  EXPECT_EQ(shown("http://a b"), "Invalid server URI 'http://a b': it contains a space or a control character.");
  EXPECT_EQ(shown("http://[::1"), "Invalid server URI 'http://[::1': a ']' is missing.");
  for (const char* text : {"", "dom0", "ssh://", "httpu://dom0/x", "http:///x", "http://", "http://a:", "http://a:x"}) {
    EXPECT_TRUE(shown(text).starts_with("Invalid server URI")) << text;
  }
}

}  // namespace
}  // namespace rpc
