#include "rpc/http.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace rpc {
namespace {

// A peer that delivers its bytes in pieces of the given size and then closes.
class Script : public Stream {
 public:
  Script(std::string bytes, std::size_t piece) : bytes_(std::move(bytes)), piece_(piece) {}

  std::size_t read(std::span<char> buffer) override {
    const std::size_t n = std::min({piece_, buffer.size(), bytes_.size()});
    std::copy_n(bytes_.begin(), n, buffer.begin());
    bytes_.erase(0, n);
    return n;
  }
  void write(std::string_view) override {}

 private:
  std::string bytes_;
  std::size_t piece_;
};

unsigned refusal(std::string_view head) {
  try {
    parse_request_head(head);
    return 0;
  } catch (const HttpError& e) {
    return e.status();
  }
}

TEST(Http, ParsesARequestHead) {
  const RequestHead head =
      parse_request_head("POST /RPC2 HTTP/1.1\r\nHost: localhost\r\nUser-Agent: xm\r\nContent-Length: 12\r\n\r\n");
  EXPECT_EQ(head.method, "POST");
  EXPECT_EQ(head.target, "/RPC2");
  EXPECT_EQ(head.header("user-agent"), "xm");
  EXPECT_EQ(head.header("Accept"), "");
  EXPECT_EQ(head.content_length, 12U);
  EXPECT_FALSE(head.chunked);
}

TEST(Http, KeepsAliveByVersionAndHeader) {
  const auto alive = [](const char* head) { return parse_request_head(head).keep_alive; };
  EXPECT_TRUE(alive("POST / HTTP/1.1\r\n\r\n"));
  EXPECT_FALSE(alive("POST / HTTP/1.1\r\nConnection: close\r\n\r\n"));
  EXPECT_FALSE(alive("POST / HTTP/1.0\r\n\r\n"));
  EXPECT_TRUE(alive("POST / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
}

TEST(Http, ParsesAResponseHead) {
  const ResponseHead head = parse_response_head("HTTP/1.1 501 Unsupported method ('GET')\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(head.status, 501U);
  EXPECT_EQ(head.reason, "Unsupported method ('GET')");
  EXPECT_FALSE(head.keep_alive);
  EXPECT_FALSE(head.content_length);
}

TEST(Http, RefusesHeadsThatCanBeReadInTwoWays) {
  EXPECT_EQ(refusal("POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"), 400U);
  EXPECT_EQ(refusal("POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"), 400U);
  EXPECT_EQ(refusal("POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n"), 400U);
  EXPECT_EQ(refusal("POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"), 400U);
  EXPECT_EQ(refusal("POST / HTTP/1.1\r\nContent-Length : 1\r\n\r\n"), 400U);
  EXPECT_EQ(refusal("POST / HTTP/2.0\r\n\r\n"), 400U);
  EXPECT_EQ(refusal("POST /\r\n\r\n"), 400U);
  EXPECT_EQ(refusal("POST / HTTP/1.1\r\nno colon\r\n\r\n"), 400U);
  EXPECT_EQ(refusal("POST / HTTP/1.1\r\n"), 400U);
}

TEST(Http, SeesAnyTransferEncoding) {
  EXPECT_TRUE(parse_request_head("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n").chunked);
  EXPECT_TRUE(parse_request_head("POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n").chunked);
}

TEST(Http, WritesAResponse) {
  const std::string response = http_response(200, "text/xml", "body", true);
  EXPECT_TRUE(response.starts_with("HTTP/1.1 200 OK\r\nServer: xend\r\nDate: ")) << response;
  EXPECT_TRUE(response.ends_with(" GMT\r\nContent-Type: text/xml\r\nContent-Length: 4\r\n\r\nbody")) << response;
  EXPECT_NE(http_response(501, "text/plain", "", false).find("HTTP/1.1 501 Not Implemented\r\n"), std::string::npos);
  EXPECT_NE(http_response(501, "text/plain", "", false).find("\r\nConnection: close\r\n"), std::string::npos);
}

TEST(Http, WritesDates) {
  EXPECT_EQ(http_date(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST(HttpReader, TakesMessagesApartHoweverTheyArrive) {
  const std::string one = "POST /1 HTTP/1.1\r\nContent-Length: 3\r\n\r\n";
  const std::string two = "POST /2 HTTP/1.1\r\n\r\n";
  for (const std::size_t piece : {1U, 2U, 3U, 7U, 1000U}) {
    Script script("\r\n" + one + "abc\r\n" + two + "rest", piece);
    HttpReader reader(script);
    EXPECT_TRUE(reader.wait_for_message());
    EXPECT_EQ(reader.read_head(100), one);
    EXPECT_EQ(reader.read_body(3), "abc");
    EXPECT_TRUE(reader.wait_for_message());
    EXPECT_EQ(reader.read_head(100), two);
    EXPECT_EQ(reader.read_to_end(4), "rest");
    EXPECT_FALSE(reader.wait_for_message());
  }
}

TEST(HttpReader, HoldsItsLimits) {
  const std::string head = "POST /1 HTTP/1.1\r\n\r\n";
  const auto status = [&](const std::string& bytes, auto read) {
    Script script(bytes, 5);
    HttpReader reader(script);
    try {
      read(reader);
      return 0U;
    } catch (const HttpError& e) {
      return e.status();
    }
  };
  EXPECT_EQ(status(head, [&](HttpReader& r) { r.read_head(head.size()); }), 0U);
  EXPECT_EQ(status(head, [&](HttpReader& r) { r.read_head(head.size() - 1); }), 431U);
  EXPECT_EQ(status(std::string(5000, 'A'), [](HttpReader& r) { r.read_head(1000); }), 431U);
  EXPECT_EQ(status("POST /1", [](HttpReader& r) { r.read_head(1000); }), 400U) << "closed early";
  EXPECT_EQ(status("\x16\x03\x01", [](HttpReader& r) { r.read_head(1000); }), 400U) << "TLS where none is spoken";
  EXPECT_EQ(status("12345", [](HttpReader& r) { r.read_body(6); }), 400U) << "closed early";
  EXPECT_EQ(status("12345", [](HttpReader& r) { r.read_body(UINT64_MAX); }), 400U) << "and nothing like it allocated";
  EXPECT_EQ(status("12345", [](HttpReader& r) { r.read_to_end(4); }), 413U);
}

}  // namespace
}  // namespace rpc
