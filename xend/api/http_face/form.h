// The arguments of an HTTP request: what stands after the `?`, and in the body of a form of either kind.
// Decoded as Python's cgi module does, which classic clients were written against (spec protocols 4.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rpc/http.h"

namespace xend {

class Form {
 public:
  // What `body` says of a name counts, not what the query says. A body of another type than the two of forms says
  // nothing. Throws rpc::HttpError 400 when a multipart body is none, and beyond 100 values.
  Form(const rpc::RequestHead& head, std::string_view body);

  // All values of `name`, in order.
  std::vector<std::string> all(std::string_view name) const;

  // The value of `name`; nothing when there is none. Throws Error `Too many values for NAME`.
  std::optional<std::string> one(std::string_view name) const;

 private:
  std::vector<std::pair<std::string, std::string>> values_;
};

// `%41` and, with `plus`, `+` undone; a `%` that no two hex digits follow stays what it is.
std::string percent_decoded(std::string_view text, bool plus);

// The elements of a target's path, each decoded; `/xend//domain/?x=1` gives `xend`, ``, `domain`, ``.
std::vector<std::string> path_elements(std::string_view target);

}  // namespace xend
