#include <fmt/format.h>

#include <cctype>

#include "rpc/http.h"

namespace rpc {

bool HttpReader::fill() {
  char chunk[16 * 1024];
  const std::size_t n = stream_.read(chunk);
  buffer_.append(chunk, n);
  return n > 0;
}

bool HttpReader::wait_for_message() {
  for (;;) {
    buffer_.erase(0, buffer_.find_first_not_of("\r\n"));
    if (!buffer_.empty()) return true;
    if (!fill()) return false;
  }
}

std::string HttpReader::read_head(std::size_t limit) {
  constexpr std::string_view kEnd = "\r\n\r\n";
  std::size_t seen = 0;
  for (;;) {
    // A TLS greeting, line noise: no need to wait for an empty line that never comes.
    if (!buffer_.empty() && !std::isupper(static_cast<unsigned char>(buffer_[0]))) {
      throw HttpError(400, "This is not HTTP: it does not begin with a word in capitals.");
    }
    const auto end = buffer_.find(kEnd, seen);
    if (end == buffer_.npos ? buffer_.size() > limit : end + kEnd.size() > limit) {
      throw HttpError(431, fmt::format("The HTTP head is longer than {} bytes.", limit));
    }
    if (end != buffer_.npos) {
      std::string head = buffer_.substr(0, end + kEnd.size());
      buffer_.erase(0, head.size());
      return head;
    }
    seen = buffer_.size() < kEnd.size() ? 0 : buffer_.size() - kEnd.size() + 1;
    if (!fill()) throw HttpError(400, "The connection was closed in the midst of an HTTP head.");
  }
}

std::string HttpReader::read_body(std::uint64_t length) {
  while (buffer_.size() < length) {
    if (!fill()) {
      throw HttpError(400, fmt::format("The connection was closed after {} of {} bytes.", buffer_.size(), length));
    }
  }
  std::string body = buffer_.substr(0, static_cast<std::size_t>(length));
  buffer_.erase(0, body.size());
  return body;
}

std::string HttpReader::read_to_end(std::size_t limit) {
  while (fill()) {
    if (buffer_.size() > limit) throw HttpError(413, fmt::format("The body is longer than {} bytes.", limit));
  }
  return std::exchange(buffer_, {});
}

}  // namespace rpc
