// Feeds bytes to the readers of form bodies of both kinds, and what they find to the arguments of every operation, SXP
// among them. Only the errors that they promise may come out; what is printed of an argument reads back the same.
#include <array>
#include <cstdint>
#include <cstdlib>

#include "sxp/parser.h"
#include "sxp/printer.h"
#include "xend/api/http_face/operation.h"
#include "xend/api/http_face/reply.h"
#include "xend/error.h"

namespace {

constexpr std::array<const char*, 3> kTypes = {"application/x-www-form-urlencoded", "multipart/form-data; boundary=X",
                                               "multipart/form-data; boundary=\"-- \""};

void check_arguments(const xend::HttpOperation& operation, const xend::Form& form) {
  try {
    const rpc::Array arguments = xend::method_arguments(operation, "domain", form);
    const std::string text = sxp::to_string(xend::printable(arguments));
    if (sxp::to_string(sxp::parse_one(text)) != sxp::to_string(sxp::parse_one(sxp::to_string(sxp::parse_one(text)))))
      std::abort();
  } catch (const xend::Error& e) {
    sxp::parse_one(xend::error_sxp(e.what()));
  } catch (const sxp::ParseError&) {
    // Lists in lists, as deep as the parser goes and one more.
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  rpc::RequestHead head;
  head.method = "POST";
  head.target = text.substr(0, text.find(' '));
  head.headers.emplace_back("Content-Type", kTypes.at(*data % kTypes.size()));
  xend::path_elements(head.target);
  try {
    const xend::Form form(head, text);
    for (const auto& operation : xend::domain_operations()) check_arguments(operation, form);
  } catch (const rpc::HttpError&) {
  }
  return 0;
}
