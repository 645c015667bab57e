#include "xend/config/access_list.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pcre2.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "xend/error.h"
#include "xend/log.h"

namespace xend {
namespace {

// A pattern that needs more than this for one host name is taken as not matching, rather than keep a thread busy.
constexpr std::uint32_t kMatchLimit = 100'000;
constexpr std::uint32_t kHeapLimitKiB = 1024;

constexpr std::size_t kLookupBufferLimit = 1 << 20;

bool has_dot(const std::string& name) {
  return name.find('.') != name.npos;
}

std::string pcre2_message(int error) {
  std::array<PCRE2_UCHAR, 256> text{};
  ::pcre2_get_error_message(error, text.data(), text.size());
  return reinterpret_cast<const char*>(text.data());
}

HostNames names_of(const hostent& host) {
  HostNames names{host.h_name, {}};
  for (char** alias = host.h_aliases; alias && *alias; ++alias) names.aliases.emplace_back(*alias);
  return names;
}

struct FreeMatch {
  void operator()(pcre2_match_data* data) const { ::pcre2_match_data_free(data); }
  void operator()(pcre2_match_context* context) const { ::pcre2_match_context_free(context); }
};

}  // namespace

std::optional<HostNames> reverse_lookup(const std::string& ip) {
  in6_addr address{};  // large enough for both families
  int family = AF_INET;
  socklen_t length = sizeof(in_addr);
  if (::inet_pton(AF_INET, ip.c_str(), &address) != 1) {
    family = AF_INET6;
    length = sizeof(in6_addr);
    if (::inet_pton(AF_INET6, ip.c_str(), &address) != 1) return std::nullopt;
  }
  // getnameinfo does not tell the aliases.
  std::vector<char> buffer(1024);
  for (;;) {
    hostent host{};
    hostent* found = nullptr;
    int why = 0;
    const int error = ::gethostbyaddr_r(&address, length, family, &host, buffer.data(), buffer.size(), &found, &why);
    if (error != ERANGE || buffer.size() >= kLookupBufferLimit)
      return error == 0 && found ? std::optional(names_of(*found)) : std::nullopt;
    buffer.resize(buffer.size() * 2);
  }
}

std::string fqdn_of(const std::string& ip, const ReverseLookup& lookup) {
  const std::optional<HostNames> names = lookup(ip);
  if (!names) return ip;
  if (has_dot(names->canonical)) return names->canonical;
  const auto alias = std::find_if(names->aliases.begin(), names->aliases.end(), has_dot);
  return alias == names->aliases.end() ? names->canonical : *alias;
}

void AccessList::FreeCode::operator()(pcre2_real_code_8* code) const {
  ::pcre2_code_free(code);
}

AccessList::AccessList(std::string_view key, std::string_view value, ReverseLookup lookup)
    : lookup_(std::move(lookup)), restricted_(!value.empty()) {
  if (!restricted_) return;
  bool empty_piece = false;
  for (std::size_t start = 0; start <= value.size();) {
    const std::size_t end = std::min(value.find(' ', start), value.size());
    const std::string_view piece = value.substr(start, end - start);
    if (piece.empty()) {
      empty_piece = true;
    } else {
      add(key, piece);
    }
    start = end + 1;
  }
  // The original takes an empty piece as a pattern, which every host matches. Nobody who types two spaces means that.
  if (empty_piece)
    warnings_.push_back(
        fmt::format("{} '{}' has more than one space between patterns, or one at an end: an empty "
                    "pattern would accept every host and is left out.",
                    key, value));
}

void AccessList::add(std::string_view key, std::string_view pattern) {
  int error = 0;
  PCRE2_SIZE offset = 0;
  // Anchored at the start, free at the end, as Python's re.match().
  pcre2_code* const code = ::pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                                           PCRE2_ANCHORED | PCRE2_NEVER_UTF, &error, &offset, nullptr);
  if (!code)
    throw Error(fmt::format("invalid xend config {}: pattern '{}' is wrong at offset {}: {}", key, pattern, offset,
                            pcre2_message(error)));
  patterns_.push_back({std::string(pattern), std::unique_ptr<pcre2_real_code_8, FreeCode>(code)});
}

AccessList::Verdict AccessList::check(const std::string& ip) const {
  if (open() || matches(ip)) return {true, ip};
  Verdict verdict{false, fqdn_of(ip, lookup_)};
  verdict.accepted = matches(verdict.fqdn);
  return verdict;
}

bool AccessList::matches(const std::string& subject) const {
  const std::unique_ptr<pcre2_match_context, FreeMatch> context(::pcre2_match_context_create(nullptr));
  if (!context) throw std::bad_alloc();
  ::pcre2_set_match_limit(context.get(), kMatchLimit);
  ::pcre2_set_heap_limit(context.get(), kHeapLimitKiB);
  for (const Pattern& pattern : patterns_) {
    const std::unique_ptr<pcre2_match_data, FreeMatch> data(
        ::pcre2_match_data_create_from_pattern(pattern.code.get(), nullptr));
    if (!data) throw std::bad_alloc();
    const int result = ::pcre2_match(pattern.code.get(), reinterpret_cast<PCRE2_SPTR>(subject.data()), subject.size(),
                                     0, 0, data.get(), context.get());
    if (result >= 0) return true;
    if (result != PCRE2_ERROR_NOMATCH)
      XEND_LOG(Warning, "Access pattern '{}' gives no answer about {}: {}. It is taken as not matching.", pattern.text,
               subject, pcre2_message(result));
  }
  return false;
}

}  // namespace xend
