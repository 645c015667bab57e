// Feeds bytes to the decoder of XML-RPC, as a request and as a response. What is accepted must encode again, and decode
// to the same; and never may anything but the codec's own errors come out.
#include <cstdint>
#include <cstdlib>
#include <limits>

#include "rpc/codec.h"
#include "rpc/http.h"

namespace {

constexpr rpc::XmlLimits kLimits{.bytes = 64 * 1024, .elements = 10'000};

void check_call(std::string_view text) {
  try {
    const rpc::MethodCall call = rpc::decode_call(text, kLimits);
    const std::string again = rpc::encode_call(call.method, call.params);
    // A not-a-number differs from itself, so the text is compared and not the values.
    const rpc::MethodCall same = rpc::decode_call(again);
    if (rpc::encode_call(same.method, same.params) != again) std::abort();
  } catch (const rpc::DecodeError&) {
  } catch (const rpc::Fault&) {
    // An integer of more than 32 bits was read, which is allowed, and could not be written.
  }
}

void check_response(std::string_view text) {
  try {
    rpc::decode_response(text, kLimits);
  } catch (const rpc::DecodeError&) {
  } catch (const rpc::Fault&) {
  }
}

void check_head(std::string_view text) {
  try {
    rpc::parse_request_head(text);
  } catch (const rpc::HttpError&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_call(text);
  check_response(text);
  check_head(text);
  return 0;
}
