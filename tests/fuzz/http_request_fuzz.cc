// Feeds bytes to the server's end of HTTP as a socket would, in pieces: messages are read off them, heads parsed and
// judged. Only HttpError may come out, and what is answered has no line that the client wrote.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "rpc/http.h"
#include "xend/api/http_face/browser_guard.h"
#include "xend/api/http_face/html.h"
#include "xend/api/http_face/reply.h"

namespace {

// Hands out what it has in pieces whose sizes the first byte decides.
class Pieces : public rpc::Stream {
 public:
  explicit Pieces(std::string_view bytes) : bytes_(bytes) {
    if (bytes_.empty()) return;
    step_ = static_cast<std::uint8_t>(bytes_[0]) % 31 + 1;
    bytes_.remove_prefix(1);
  }
  std::size_t read(std::span<char> buffer) override {
    const std::size_t n = std::min({buffer.size(), bytes_.size(), step_});
    std::copy_n(bytes_.begin(), n, buffer.begin());
    bytes_.remove_prefix(n);
    return n;
  }
  void write(std::string_view) override {}

 private:
  std::string_view bytes_;
  std::size_t step_ = 1;
};

void check_reply(const rpc::RequestHead& head) {
  xend::HttpReply reply;
  reply.reason = head.target;
  reply.headers.emplace_back("Location", std::string(head.header("Host")));
  const std::string bytes = xend::response_bytes(reply, false, true);
  if (std::count(bytes.begin(), bytes.end(), '\n') != 8) std::abort();
  const std::string html = xend::html_text(head.target);
  if (html.find_first_of("<>\"'") != html.npos) std::abort();
  const std::string url = xend::url_element(head.target);
  if (url.find_first_of("<>\"'&/?# \r\n") != url.npos) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Pieces stream({reinterpret_cast<const char*>(data), size});
  rpc::HttpReader reader(stream);
  const xend::BrowserGuard guard({"dom0"});
  try {
    while (reader.wait_for_message()) {
      const rpc::RequestHead head = rpc::parse_request_head(reader.read_head(4096));
      check_reply(head);
      guard.check(head);
      if (head.content_length.value_or(0) > 10'000) break;
      reader.read_body(head.content_length.value_or(0));
    }
  } catch (const rpc::HttpError&) {
  }
  return 0;
}
