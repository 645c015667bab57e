// Everything that a boot loader may answer: only Error comes out of it, or files that the loader made in its own folder
// and a command line of one line.
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "xend/build/boot_loader.h"
#include "xend/error.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

// The one file that the loader has made. Answers are what the fuzzer says with the file's path for each '@'.
const std::string& folder() {
  static const std::string made = [] {
    std::string name = "/tmp/boot-answer.XXXXXX";
    require(mkdtemp(name.data()) != nullptr);
    return name;
  }();
  return made;
}

std::string answer(std::string_view said, const std::string& file) {
  std::string text;
  for (const char c : said) c == '@' ? text += file : text += c;
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string file = folder() + "/kernel";
  std::filesystem::create_directory(folder());  // the last answer took it along
  std::ofstream(file) << "kernel";
  const auto text = answer({reinterpret_cast<const char*>(data), size}, file);
  try {
    const auto files = xend::parse_boot_answer(text, folder(), false);
    require(files.kernel() == file);
    require(files.ramdisk().empty() || files.ramdisk() == file);
    for (const char c : files.arguments()) require(static_cast<unsigned char>(c) >= 0x20 || c == '\t');
  } catch (const xend::Error&) {
  }
  try {
    for (const auto& word : xend::shell_words(text)) require(word.size() <= text.size());
  } catch (const xend::Error&) {
  }
  return 0;
}
