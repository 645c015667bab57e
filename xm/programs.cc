#include "xm/programs.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "xm/error.h"

namespace xm {

std::span<const std::string> program_directories() {
  static const std::vector<std::string> directories = {
      "/usr/bin", "/usr/sbin", LIBEXECDIR, XEN_PRIVATE_BINDIR,
      (std::filesystem::path(XEN_PRIVATE_BINDIR).parent_path() / "boot").string()};
  return directories;
}

std::optional<std::string> find_program(const std::string& name, std::span<const std::string> directories) {
  for (const std::string& directory : directories) {
    std::string path = directory + "/" + name;
    struct stat info {};
    if (stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) && access(path.c_str(), X_OK) == 0) return path;
  }
  return std::nullopt;
}

void replace_by(const std::string& program, const std::vector<std::string>& words) {
  std::fflush(stdout);
  std::vector<char*> argv = {const_cast<char*>(program.c_str())};
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  execv(program.c_str(), argv.data());
  throw std::system_error(errno, std::generic_category(), program);
}

void replace_by_console(long domid, const std::string& number) {
  const auto program = find_program("xenconsole");
  if (!program) throw Error::die("xenconsole was not found: is the Debian package xen-utils-4.17 installed?");
  replace_by(*program, {std::to_string(domid), "--num", number});
}

}  // namespace xm
