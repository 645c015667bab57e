// An operation (`op=`) as a line of a table: which method it calls, with which arguments of the form, and what the
// client is told. The methods themselves are those of XML-RPC: an operation works as soon as its method exists.
#pragma once

#include <array>
#include <span>
#include <string>

#include "rpc/value.h"
#include "xend/api/http_face/form.h"

namespace xend {

struct FormParameter {
  enum class Kind { kText, kInt, kTruth, kSxp };
  // A fallback: what counts when the client does not say; required without one.
  const char* name = nullptr;
  Kind kind = Kind::kText;
  const char* fallback = nullptr;
};

struct HttpOperation {
  const char* name;
  // What is answered on success. 202 comes with a Location that is set before the operation begins.
  unsigned status;
  // A failure is told in the body alone, under the status that success would have (spec protocols 4.2, threaded).
  bool status_stays;
  const char* method;  // xend.domain.NAME, whose first argument is the domain; null: never to be had, `Unsupported`
  std::array<FormParameter, 6> parameters = {};
};

std::span<const HttpOperation> domain_operations();

// Null when there is none of that name.
const HttpOperation* find_operation(const std::string& name);

// The arguments of the method: the domain, then what the form says, nil for what it leaves out and may. Throws Error
// with the classic texts (spec protocols 4.2).
rpc::Array method_arguments(const HttpOperation& operation, const std::string& domain, const Form& form);

// The value of one parameter, absent when it may be left out and is. Throws as method_arguments.
rpc::Value argument(const FormParameter& parameter, const Form& form);

}  // namespace xend
