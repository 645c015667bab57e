// The daemon's log, /var/log/xen/xend.log: the classic line format (spec domain-lifecycle section 2), which scripts
// grep. Use XEND_LOG(Info, "Domain {} ({}) unpaused.", name, id). Safe to call from every thread; it is not for use in
// signal handlers, nor between fork and exec.
#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>

namespace xend {

enum class Level { kTrace, kDebug, kInfo, kWarning, kError, kCritical };

// The level that the key `loglevel` names (spec xend-config 4.1: case sensitive, FATAL and WARN are synonyms, NOTSET
// lets everything through); none for an unknown name.
std::optional<Level> level_from_name(std::string_view name);

// Opens the log. Creates the parent directory of `path` with mode 0700 when it is missing. When the file cannot be
// opened a fresh /tmp/XXXXXX-xend.log takes its place (spec xend-config 4.1) and the reason is logged there; never
// throws for that. The file is rotated at 1 MiB to PATH.1 ... PATH.5, and opened anew when somebody else has moved it
// away. Lines below `threshold` are dropped. With `journal` they go to the systemd journal as well.
void log_open(const std::string& path, Level threshold, bool journal);

// Also writes every line to stderr, as `[xend] LEVEL (Module:LINE) message` (XEND_DEBUG, spec xend-config section 11).
void log_to_stderr(bool on);

// Closes the file: later lines go to stderr, as they do before log_open.
void log_close();

// The file that lines go to (what `xm log` shows); empty when the log is not open.
std::string log_path();

bool log_enabled(Level level);

// Writes one line, in one write, unless `level` is below the threshold. `file` is __FILE__: its name without folder and
// extension is the module. Control characters of `text` are escaped, so that text from outside cannot forge a line, and
// the values of passwords (vncpasswd and the like) are replaced by XXXXXXXX.
void log(Level level, const char* file, int line, std::string_view text);

}  // namespace xend

// XEND_LOG(Warning, "Rejected connection from {} ({}).", ip, fqdn): the arguments are evaluated only when they are
// wanted.
#define XEND_LOG(level, ...)                                                                  \
  (::xend::log_enabled(::xend::Level::k##level)                                               \
       ? ::xend::log(::xend::Level::k##level, __FILE__, __LINE__, ::fmt::format(__VA_ARGS__)) \
       : void())
