// XML-RPC calls and responses as XML text, and back. Elements, faults and limits; HTTP is not known here.
// Spec: protocols 3.2 and 3.3.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

#include "rpc/fault.h"
#include "rpc/value.h"

namespace rpc {

// The text is not the XML-RPC it should be; what() is a sentence that says where and why.
class DecodeError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Checked in one pass over the bytes before anything is built from them. The XML parser recurses and stops at 100
// elements by itself; a list inside a list takes three elements, so 96 are lists nested about thirty deep.
struct XmlLimits {
  std::size_t bytes = 8 * 1024 * 1024;
  std::size_t elements = 400'000;
  std::size_t depth = 96;  // open elements
};

// The limits for what a server answers: the log of a whole summer is one string, a thousand domains are many elements.
inline constexpr XmlLimits kResponseLimits{256 * 1024 * 1024, 8'000'000, 96};

struct MethodCall {
  std::string method;
  Array params;
};

// Throw Fault 1 `int exceeds XML-RPC limits` when an integer does not fit into 32 bits. Bytes that are not UTF-8, and
// characters that XML cannot carry, are replaced.
std::string encode_call(const std::string& method, const Array& params);
std::string encode_response(const Value& result);  // a string result is escaped as Python's repr does

std::string encode_fault(int code, const std::string& text);

// Throws DecodeError. Integers of up to 64 bits are understood. No document type, no entities but XML's own five.
MethodCall decode_call(std::string_view xml, const XmlLimits& limits = {});

// The result, the escapes of a string result undone. Throws DecodeError, and Fault when the response is one.
Value decode_response(std::string_view xml, const XmlLimits& limits = kResponseLimits);

}  // namespace rpc
