// What a boot loader says, and what is made of it.
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "sxp/parser.h"
#include "xend/build/boot_loader.h"
#include "xend/error.h"

namespace xend {
namespace {

constexpr std::size_t kLongestAnswer = 64 * 1024;
constexpr std::size_t kLongestCommandLine = 16 * 1024;

[[noreturn]] void nonsense(const std::string& why) {
  throw Error(fmt::format("Boot loader didn't return any data that can be used: {}.", why));
}

// A copy is a file in the loader's own folder and nothing else: as root the builder could read any file, and what it
// reads the guest gets to see.
void check_copy(const std::string& path, const std::string& folder) {
  struct stat found {};
  if (std::filesystem::path(path).parent_path() != folder || ::lstat(path.c_str(), &found) != 0 ||
      !S_ISREG(found.st_mode))
    nonsense(fmt::format("{} is not a file that it has made in {}", path, folder));
}

void check_path(const std::string& path, const std::string& folder, bool may_be_elsewhere) {
  if (path.empty()) return;
  if (path.front() != '/' || path.find('\0') != std::string::npos) nonsense("a path in it is not absolute");
  // What is deleted in the end is told by how the path begins.
  const std::filesystem::path parts(path);
  if (std::find(parts.begin(), parts.end(), "..") != parts.end()) nonsense("a path in it goes through \"..\"");
  if (!may_be_elsewhere || path.starts_with(folder + "/")) check_copy(path, folder);
}

// Classic loaders leave their copies in places for such things; a kernel of dom0 itself, which one may answer, stays.
bool is_temporary(const std::string& path) {
  for (const char* place : {"/var/run/", "/run/", "/tmp/", "/var/tmp/", "/var/lib/xen/"})
    if (path.starts_with(place)) return true;
  return false;
}

void remove_copy(const std::string& path) noexcept {
  if (is_temporary(path)) ::unlink(path.c_str());
}

}  // namespace

BootFiles::BootFiles(std::string kernel, std::string ramdisk, std::string arguments, std::string folder)
    : kernel_(std::move(kernel)),
      ramdisk_(std::move(ramdisk)),
      arguments_(std::move(arguments)),
      folder_(std::move(folder)) {}

BootFiles::BootFiles(BootFiles&& other) noexcept
    : kernel_(std::exchange(other.kernel_, {})),
      ramdisk_(std::exchange(other.ramdisk_, {})),
      arguments_(std::move(other.arguments_)),
      folder_(std::exchange(other.folder_, {})) {}

BootFiles& BootFiles::operator=(BootFiles&& other) noexcept {
  if (this == &other) return *this;
  remove();
  kernel_ = std::exchange(other.kernel_, {});
  ramdisk_ = std::exchange(other.ramdisk_, {});
  arguments_ = std::move(other.arguments_);
  folder_ = std::exchange(other.folder_, {});
  return *this;
}

BootFiles::~BootFiles() {
  remove();
}

void BootFiles::remove() noexcept {
  remove_copy(kernel_);
  remove_copy(ramdisk_);
  std::error_code ignored;
  if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
}

BootFiles parse_boot_answer(std::string_view answer, const std::string& folder, bool may_be_elsewhere) {
  if (answer.find_first_not_of(" \t\r\n") == std::string_view::npos) throw Error("Boot loader didn't return any data!");
  if (answer.size() > kLongestAnswer) nonsense(fmt::format("it is longer than {} bytes", kLongestAnswer));
  // Its values are the items of one element, without parentheses around them.
  sxp::Value element;
  try {
    sxp::Parser parser({.depth = 8, .bytes = kLongestAnswer});
    sxp::List items;
    const std::string text(answer);
    for (std::size_t used = 0; used < text.size() && !parser.at_end();) {
      used += parser.feed(std::string_view(text).substr(used));
      while (auto value = parser.next()) items.push_back(std::move(*value));
    }
    parser.finish();
    while (auto value = parser.next()) items.push_back(std::move(*value));
    element = sxp::Value(std::move(items));
  } catch (const sxp::ParseError& e) {
    nonsense(e.what());
  }
  if (!sxp::is_element(element, "linux")) nonsense("it does not begin with the word linux");
  const std::string kernel = sxp::child_text(element, "kernel").value_or("");
  const std::string ramdisk = sxp::child_text(element, "ramdisk").value_or("");
  const std::string arguments = sxp::child_text(element, "args").value_or("");
  if (kernel.empty()) nonsense("it names no kernel");
  check_path(kernel, folder, may_be_elsewhere);
  check_path(ramdisk, folder, may_be_elsewhere);
  const bool control = std::any_of(arguments.begin(), arguments.end(),
                                   [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; });
  if (arguments.size() > kLongestCommandLine || control) nonsense("its args are no command line of a kernel");
  return BootFiles(kernel, ramdisk, arguments, folder);
}

std::vector<std::string> shell_words(const std::string& text) {
  std::vector<std::string> words;
  bool in_word = false;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool blank = quote == 0 && (c == ' ' || c == '\t' || c == '\n');
    if (blank) {
      in_word = false;
      continue;
    }
    if (!in_word) words.emplace_back();
    in_word = true;
    if (quote != 0 && c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '\'' || c == '"')) {
      quote = c;
    } else if (c == '\\' && quote != '\'' && i + 1 < text.size()) {
      words.back() += text[++i];
    } else {
      words.back() += c;
    }
  }
  if (quote != 0) throw Error(fmt::format("bootloader_args: a quote that does not end: {}", text));
  return words;
}

}  // namespace xend
