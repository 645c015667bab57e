// Who may connect: the patterns of `xend-relocation-hosts-allow`, and of the third field of `xen-api-server` entries.
// The exact rule is that of spec xend-config section 5: a pattern must match from the start of the peer's address or
// name, and may end before they do. A name is what reverse lookup says: whoever owns the address owns the name.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct pcre2_real_code_8;

namespace xend {

// What the resolver knows of an address.
struct HostNames {
  std::string canonical;
  std::vector<std::string> aliases;
};

// None when the address (dotted IPv4, or IPv6) has no name.
using ReverseLookup = std::function<std::optional<HostNames>(const std::string& ip)>;

// The system's resolver; may take as long as that does.
std::optional<HostNames> reverse_lookup(const std::string& ip);

// The first name with a dot, canonical one first; the canonical one when none has; `ip` when there is no name (5.4).
std::string fqdn_of(const std::string& ip, const ReverseLookup& lookup = reverse_lookup);

class AccessList {
 public:
  struct Verdict {
    bool accepted = false;
    // For `Rejected connection from IP (FQDN).`; looked up only when the address alone did not decide.
    std::string fqdn;
  };

  // `key` is the setting that `value` comes from, for messages. Throws Error that names a pattern that is not one and
  // the offset of the mistake in it.
  AccessList(std::string_view key, std::string_view value, ReverseLookup lookup = reverse_lookup);

  // Decides about a peer. Safe to call from several threads at once.
  Verdict check(const std::string& ip) const;

  // True when everyone is accepted.
  bool open() const { return !restricted_; }

  // Sentences about pieces that do not count.
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  struct FreeCode {
    void operator()(pcre2_real_code_8* code) const;
  };
  struct Pattern {
    std::string text;
    std::unique_ptr<pcre2_real_code_8, FreeCode> code;
  };

  void add(std::string_view key, std::string_view pattern);
  bool matches(const std::string& subject) const;

  ReverseLookup lookup_;
  bool restricted_ = false;
  std::vector<Pattern> patterns_;
  std::vector<std::string> warnings_;
};

}  // namespace xend
