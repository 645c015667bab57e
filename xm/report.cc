#include "xm/report.h"

#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <system_error>

#include <fmt/format.h>

#include "rpc/client.h"
#include "xm/error.h"
#include "xm/help.h"

namespace xm {

// A Python literal: in double quotes when there are only single ones in it.
Error Error::security(const std::string& text) {
  const bool single = text.find('\'') != std::string::npos && text.find('"') == std::string::npos;
  return die(fmt::format("{0}{1}{0}", single ? '"' : '\'', text));
}

namespace {

constexpr int kUnknownDomainStatus = 3;

std::string error_text(int error) {
  return std::generic_category().message(error);
}

void option_error(const Command& command, std::string_view typed, const std::string& text) {
  print_error(text);
  print(usage_of_word(typed));
  print(fmt::format("{}\n", command.module_help));
}

int report_error(const Command& command, std::string_view typed, const Error& e) {
  if (e.error_class() == ErrorClass::kOptionError) {
    option_error(command, typed, e.what());
    return e.status();
  }
  print_error(e.what());
  print_advice(e.advice());
  if (e.error_class() == ErrorClass::kUse) print(usage(command));
  if (e.error_class() == ErrorClass::kValue || e.error_class() == ErrorClass::kFault) print(usage_of_word(typed));
  return e.status();
}

int report_fault(std::string_view typed, const rpc::Fault& fault) {
  if (fault.code() == static_cast<int>(rpc::FaultCode::kInvalidDomain)) {
    print_error(fmt::format("Domain '{}' does not exist.", fault.what()));
    return kUnknownDomainStatus;
  }
  print_error(fault.what());
  print(usage_of_word(typed));
  return 1;
}

int report_system_error(const std::system_error& e) {
  print_error(geteuid() == 0 ? fmt::format("Unable to connect to xend: {}.", error_text(e.code().value()))
                             : "Most commands need root access.  Please try again as root.");
  return 1;
}

}  // namespace

void print_error(std::string_view text) {
  fmt::print(stderr, "Error: {}\n", text);
}

void print_advice(std::string_view sentence) {
  if (!sentence.empty() && isatty(STDERR_FILENO) != 0) fmt::print(stderr, "{}\n", sentence);
}

void print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

int report_word_count(const Command& command) {
  const auto [min, max] = command.words;
  const std::string number = min == max ? std::to_string(min) : fmt::format("between {} and {}", min, max);
  print_error(fmt::format("'xm {}' requires {} arguments.\n", command.name, number));
  print(usage(command));
  return 1;
}

int report_bad_option(const Command& command, std::string_view typed, const std::string& text) {
  if (command.style == OptionStyle::kOpts) {
    option_error(command, typed, text);
  } else {
    print_error(text);
    print(usage(command));
  }
  return 1;
}

std::string unreachable_text(int error, bool root) {
  if (!root) return "Most commands need root access. Please try again as root.";
  return fmt::format("Unable to connect to xend: {}. Is xend running?", error_text(error));
}

int report_exception(const Command& command, std::string_view typed) {
  try {
    throw;
  } catch (const Exit& e) {
    return e.status;
  } catch (const Error& e) {
    return report_error(command, typed, e);
  } catch (const rpc::Fault& e) {
    return report_fault(typed, e);
  } catch (const rpc::ConnectionError& e) {
    print_error(e.error() == 0 ? e.what() : unreachable_text(e.error(), geteuid() == 0));
  } catch (const rpc::ProtocolError& e) {
    fmt::print(stderr, "Xend has probably crashed!  {}\n", e.what());
  } catch (const std::invalid_argument& e) {  // XM_SERVER is malformed
    fmt::print(stderr, "{}\n", e.what());
  } catch (const std::system_error& e) {
    return report_system_error(e);
  } catch (const std::exception& e) {
    print_error(fmt::format("'xm {}' failed: {}", command.name, e.what()));
  }
  return 1;
}

}  // namespace xm
