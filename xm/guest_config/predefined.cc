#include "xm/guest_config/predefined.h"

#include <algorithm>
#include <iterator>

namespace xm::guest_config {
namespace {

constexpr std::string_view kNames[] = {
    // functions and types of the language
    "abs", "all", "any", "apply", "basestring", "bin", "bool", "buffer", "bytearray", "bytes", "callable", "chr",
    "classmethod", "cmp", "coerce", "compile", "complex", "copyright", "credits", "delattr", "dict", "dir", "divmod",
    "enumerate", "eval", "execfile", "exit", "file", "filter", "float", "format", "frozenset", "getattr", "globals",
    "hasattr", "hash", "help", "hex", "id", "input", "int", "intern", "isinstance", "issubclass", "iter", "len",
    "license", "list", "locals", "long", "map", "max", "memoryview", "min", "next", "object", "oct", "open", "ord",
    "pow", "property", "quit", "range", "raw_input", "reduce", "reload", "repr", "reversed", "round", "set", "setattr",
    "slice", "sorted", "staticmethod", "str", "sum", "super", "tuple", "type", "unichr", "unicode", "vars", "xrange",
    "zip", "Ellipsis", "NotImplemented", "GeneratorExit", "KeyboardInterrupt", "StopIteration", "SystemExit",
    // of the tool
    "sys", "os", "re", "socket", "struct", "errno", "Vars", "xm_vars", "get_defaultroute", "get_current_ipaddr",
    "get_current_ipmask", "get_current_ipgw", "inet_aton", "inet_ntoa", "add_offset_to_ip", "check_subnet"};

}  // namespace

bool is_predefined(std::string_view name) {
  const bool is_own = name.starts_with("__") && name.ends_with("__");  // __name__ and the like
  const bool is_exception = name.ends_with("Error") || name.ends_with("Exception") || name.ends_with("Warning");
  return is_own || is_exception || std::ranges::find(kNames, name) != std::end(kNames);
}

}  // namespace xm::guest_config
