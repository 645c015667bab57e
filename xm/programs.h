// Programs of Xen that xm hands over to: xenconsole, xentop.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace xm {

// Where programs are looked for, in this order (spec xm-cli 2.3, console).
std::span<const std::string> program_directories();

// The first executable file called `name` in `directories`.
std::optional<std::string> find_program(const std::string& name,
                                        std::span<const std::string> directories = program_directories());

// Replaces this process by `program` with `words` as its arguments, after writing out what was printed.
// Throws std::system_error when that fails.
[[noreturn]] void replace_by(const std::string& program, const std::vector<std::string>& words);

// Replaces this process by the console program for console `number` of domain `domid`. Throws Error when it is not
// there.
[[noreturn]] void replace_by_console(long domid, const std::string& number);

}  // namespace xm
