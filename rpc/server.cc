#include "rpc/server.h"

#include <fmt/format.h>

#include "rpc/codec.h"
#include "rpc/peer_name.h"
#include "rpc/rate_limit.h"

namespace rpc {

namespace {

class XmlRpcFace : public HttpFace {
 public:
  XmlRpcFace(std::string name, Dispatcher dispatch, LogLine log, std::size_t request_bytes)
      : name_(std::move(name)), dispatch_(std::move(dispatch)), log_(std::move(log)), request_bytes_(request_bytes) {}

  void check(const RequestHead& head) const override {
    if (head.method != "POST") {
      throw HttpError(501, fmt::format("XML-RPC is spoken here: the request must be POST, not {:.20}.", head.method));
    }
    if (!head.content_length) throw HttpError(411, "The request has no Content-Length.");
    // No page of ours exists that could have sent it, and the methods ask for no password.
    if (!head.header("Origin").empty()) {
      throw HttpError(403, fmt::format("A web page, of {:.100}, may not call methods here.", head.header("Origin")));
    }
  }

  HttpAnswer answer(const RequestHead& head, const std::string& body, const Caller& caller) override {
    return {http_response(200, "text/xml", result_of(body, caller), head.keep_alive), head.keep_alive};
  }

 private:
  // The methodResponse to the methodCall in `body`, whatever happens.
  std::string result_of(const std::string& body, const Caller& caller) const {
    std::string method;
    std::string text = "an exception that says nothing about itself";
    try {
      const MethodCall call = decode_call(body, {.bytes = request_bytes_});
      method = call.method;
      return encode_response(dispatch_(call.method, call.params, caller));
    } catch (const Fault& fault) {
      return encode_fault(fault.code(), fault.what());
    } catch (const DecodeError& e) {
      bad_xml(e, caller);
      return encode_fault(static_cast<int>(FaultCode::kInternal), e.what());
    } catch (const std::exception& e) {
      text = e.what();
    } catch (...) {
    }
    log_("ERROR", fmt::format("Internal error handling {}: {}", method, text));
    return encode_fault(static_cast<int>(FaultCode::kInternal), text);
  }

  void bad_xml(const DecodeError& e, const Caller& caller) const {
    if (const auto left_out = complaints_.admit()) {
      log_("WARNING", fmt::format("{}: bad request from {}: {}{}", name_, peer_name(caller.connection), e.what(),
                                  left_out_note(*left_out)));
    }
  }

  std::string name_;
  Dispatcher dispatch_;
  LogLine log_;
  std::size_t request_bytes_;
  mutable RateLimit complaints_{10, std::chrono::minutes(1)};
};

}  // namespace

Server::Server(int listening_fd, std::string name, Dispatcher dispatch, const LogLine& log, ServerLimits limits,
               Entrance entrance)
    : HttpServer(listening_fd, name, std::make_unique<XmlRpcFace>(name, std::move(dispatch), log, limits.request_bytes),
                 log, limits, std::move(entrance)) {}

}  // namespace rpc
