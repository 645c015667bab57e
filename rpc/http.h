// HTTP/1.1 as far as XML-RPC and the SXP interface need it: heads are parsed (Boost.Beast's parser, in http.cc alone),
// and messages are read from a stream within limits. Bodies come by Content-Length; chunked ones are not supported.
// Spec: protocols 3.1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rpc/stream.h"

namespace rpc {

// What the peer sent is not acceptable HTTP. status() is what a server should answer; what() is a sentence.
class HttpError : public std::runtime_error {
 public:
  HttpError(unsigned status, const std::string& text) : std::runtime_error(text), status_(status) {}
  unsigned status() const { return status_; }

 private:
  unsigned status_;
};

// What requests and responses have in common.
struct HttpHead {
  std::vector<std::pair<std::string, std::string>> headers;  // in the order received
  std::optional<std::uint64_t> content_length;               // bytes
  bool chunked = false;
  bool keep_alive = false;  // by version and Connection header

  // The value of the first header called `name` in any case; empty when there is none.
  std::string_view header(std::string_view name) const;
};

struct RequestHead : HttpHead {
  std::string method;
  std::string target;  // as sent, not decoded
};

struct ResponseHead : HttpHead {
  unsigned status = 0;
  std::string reason;
};

// Parse a head, from its first byte through the empty line. Throw HttpError 400.
RequestHead parse_request_head(std::string_view head);
ResponseHead parse_response_head(std::string_view head);

// A response ready to be sent: status line, Server, Date, Content-Type, Content-Length, `Connection: close` unless
// `keep_alive`, and the body.
std::string http_response(unsigned status, std::string_view content_type, std::string_view body, bool keep_alive);

// `Sun, 06 Nov 1994 08:49:37 GMT`, of `time` (seconds since the epoch).
std::string http_date(std::int64_t time);

// The reason phrase of a status.
std::string http_reason(unsigned status);

// Takes messages off a stream. Bytes beyond one message stay for the next.
class HttpReader {
 public:
  explicit HttpReader(Stream& stream) : stream_(stream) {}

  // Waits for a message to begin; empty lines before it are skipped. False when the peer closed instead.
  // Throws std::system_error, as all of these.
  bool wait_for_message();

  // The next head. Throws HttpError 431 when it is longer than `limit` bytes, 400 when the peer closes in the midst of
  // it.
  std::string read_head(std::size_t limit);

  // A body of `length` bytes. Memory grows with what arrives, not with what is announced. HttpError 400 when it ends
  // early.
  std::string read_body(std::uint64_t length);

  // Everything until the peer closes. HttpError 413 beyond `limit` bytes.
  std::string read_to_end(std::size_t limit);

 private:
  bool fill();

  Stream& stream_;
  std::string buffer_;  // received, not yet handed out
};

}  // namespace rpc
