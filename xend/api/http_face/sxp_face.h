// The SXP interface over HTTP, on TCP and on a unix socket: URLs and operations of spec protocols section 4, and pages
// for browsers. Thin: a URL and a form become a call of a method, its result an answer.
#pragma once

#include <memory>

#include "rpc/http_server.h"
#include "xend/api/http_face/browser_guard.h"
#include "xend/domain/host.h"

namespace xend {

// What the classic daemon accepted: 10000 bytes of body.
rpc::ServerLimits sxp_limits();

class SxpFace : public rpc::HttpFace {
 public:
  SxpFace(Host& host, BrowserGuard guard) : host_(host), guard_(std::move(guard)) {}

  void check(const rpc::RequestHead& head) const override;
  rpc::HttpAnswer answer(const rpc::RequestHead& head, const std::string& body, const rpc::Caller& caller) override;

 private:
  Host& host_;
  BrowserGuard guard_;
};

}  // namespace xend
