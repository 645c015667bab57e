// The layout, newlines included, is that of Python's xmlrpclib: clients have been known to compare bytes.
#include <limits>

#include "rpc/codec.h"
#include "rpc/text.h"

namespace rpc {

namespace {

constexpr std::string_view kProlog = "<?xml version='1.0'?>\n";

void append_int(std::string& out, std::int64_t n) {
  if (n < std::numeric_limits<std::int32_t>::min() || n > std::numeric_limits<std::int32_t>::max()) {
    throw Fault(FaultCode::kInternal, "int exceeds XML-RPC limits");
  }
  out += "<value><int>" + std::to_string(n) + "</int></value>\n";
}

void append_value(std::string& out, const Value& v) {
  if (v.is_nil()) {
    out += "<value><nil/></value>";
  } else if (v.is_string()) {
    (out += "<value><string>").append(xml_text(v.as_string())) += "</string></value>\n";
  } else if (v.is_int()) {
    append_int(out, v.as_int());
  } else if (v.is_bool()) {
    out += v.as_bool() ? "<value><boolean>1</boolean></value>\n" : "<value><boolean>0</boolean></value>\n";
  } else if (v.is_double()) {
    out += "<value><double>" + python_repr(v.as_double()) + "</double></value>\n";
  } else if (v.is_array()) {
    out += "<value><array><data>\n";
    for (const Value& item : v.as_array()) append_value(out, item);
    out += "</data></array></value>\n";
  } else {
    out += "<value><struct>\n";
    for (const auto& [name, value] : v.as_struct()) {
      (out += "<member>\n<name>").append(xml_text(name)) += "</name>\n";
      append_value(out, value);
      out += "</member>\n";
    }
    out += "</struct></value>\n";
  }
}

void append_param(std::string& out, const Value& v) {
  out += "<param>\n";
  append_value(out, v);
  out += "</param>\n";
}

}  // namespace

std::string encode_call(const std::string& method, const Array& params) {
  std::string out(kProlog);
  out += "<methodCall>\n<methodName>" + xml_text(method) + "</methodName>\n<params>\n";
  for (const Value& param : params) append_param(out, param);
  out += "</params>\n</methodCall>\n";
  return out;
}

std::string encode_response(const Value& result) {
  std::string out(kProlog);
  out += "<methodResponse>\n<params>\n";
  append_param(out, result.is_string() ? Value(python_escaped(result.as_string())) : result);
  out += "</params>\n</methodResponse>\n";
  return out;
}

std::string encode_fault(int code, const std::string& text) {
  std::string out(kProlog);
  out += "<methodResponse>\n<fault>\n";
  append_value(out, Struct{{"faultCode", code}, {"faultString", text}});
  out += "</fault>\n</methodResponse>\n";
  return out;
}

}  // namespace rpc
