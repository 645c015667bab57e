// tmem-*: transcendent memory, which Xen had until 4.12. The words are checked as ever; then xend says that it is gone.
#include <fmt/format.h>

#include <optional>

#include "xm/command.h"
#include "xm/error.h"
#include "xm/obsolete.h"
#include "xm/report.h"
#include "xm/units.h"

namespace xm {
namespace {

constexpr const char* kAdvice =
    "Xen has no transcendent memory since 4.13. Memory is moved between guests with 'xm mem-set'.";
constexpr std::int64_t kAllDomains = -1;

rpc::Value tmem_call(Session& xend, const std::string& method, const rpc::Array& params) {
  return call_obsolete(xend, "xend.node.tmem_" + method, params, kAdvice);
}

std::optional<std::int64_t> small_int(std::string_view text) {
  const auto number = parse_int(text);
  return number && *number >= INT32_MIN && *number <= INT32_MAX ? number : std::nullopt;
}

// The id of a domain, its name does not count; -1 for all.
std::int64_t domain_id(const Call& call) {
  if (call.has("all")) return kAllDomains;
  if (call.operands().empty()) throw Error::use("You must specify -a or --all or a domain id.");
  const auto id = small_int(call.operands()[0]);
  if (!id) throw Error::use(fmt::format("Unrecognized domain id: {}", call.operands()[0]));
  return *id;
}

int tmem_list(Session& xend, const Call& call) {
  const rpc::Value text = tmem_call(xend, "list", {domain_id(call), call.has("long")});
  print(rpc::to_sxp(text).text() + "\n");
  return 0;
}

int tmem_thaw(Session& xend, const Call& call) {
  tmem_call(xend, "thaw", {domain_id(call)});
  return 0;
}

int tmem_freeze(Session& xend, const Call& call) {
  tmem_call(xend, "freeze", {domain_id(call)});
  return 0;
}

int tmem_flush(Session& xend, const Call& call) {
  constexpr int kAllPages = -1;
  tmem_call(xend, "flush", {domain_id(call), kAllPages});
  return 0;
}

int tmem_destroy(Session& xend, const Call& call) {
  tmem_call(xend, "destroy", {domain_id(call)});
  return 0;
}

struct TmemSettings {
  std::optional<std::int64_t> weight, cap, compress;
};

TmemSettings tmem_settings(const Call& call) {
  TmemSettings settings;
  std::string last;
  for (std::size_t i = call.has("all") ? 0 : 1; i < call.operands().size(); ++i) {
    const std::string_view word = last = call.operands()[i];
    if (word.starts_with("weight=")) {
      settings.weight = small_int(word.substr(7));
      if (!settings.weight) throw Error::use("weight should be a integer");
    }
    if (word.starts_with("cap=")) settings.cap = wire_int(word.substr(4));
    if (word.starts_with("compress=")) settings.compress = wire_int(word.substr(9));
  }
  if (!settings.weight && !settings.cap && !settings.compress)
    throw Error::use(fmt::format("Unrecognized tmem configuration option: {}", last));
  return settings;
}

int tmem_set(Session& xend, const Call& call) {
  const std::int64_t domid = domain_id(call);
  const TmemSettings settings = tmem_settings(call);
  if (settings.weight) tmem_call(xend, "set_weight", {domid, *settings.weight});
  if (settings.cap) tmem_call(xend, "set_cap", {domid, *settings.cap});
  if (settings.compress) tmem_call(xend, "set_compress", {domid, *settings.compress});
  return 0;
}

int tmem_freeable(Session& xend, const Call&) {
  print(rpc::to_sxp(tmem_call(xend, "query_freeable_mb", {})).text() + "\n");
  return 0;
}

// What Xen answers is the exit status.
int tmem_shared_auth(Session& xend, const Call& call) {
  const std::int64_t domid = domain_id(call);
  const std::string* uuid = call.parsed.value("uuid");
  if (uuid == nullptr) throw Error::use("The pool is to be named with --uuid=UUID.");
  const std::string* auth = call.parsed.value("auth");
  const rpc::Value result =
      tmem_call(xend, "shared_auth", {domid, *uuid, auth != nullptr ? rpc::Value(*auth) : rpc::Value(0)});
  return result.is_int() ? static_cast<int>(result.as_int() & 0xff) : 0;
}

}  // namespace

std::vector<Command> tmem_commands() {
  const OptionSpec all = {'a', "all", "", "All domains"};
  constexpr const char* kDomain = "[<Domain>|-a|--all]";
  return {
      {.name = "tmem-list",
       .usage = "[-l|--long] [<Domain>|-a|--all]",
       .description = "Lists pools of transcendent memory (not since Xen 4.13).",
       .style = OptionStyle::kGnu,
       .options = {{'l', "long", "", "Everything that is known about them"}, all},
       .handler = tmem_list},
      {.name = "tmem-thaw",
       .usage = kDomain,
       .description = "Thaws pools of transcendent memory (not since Xen 4.13).",
       .style = OptionStyle::kGnu,
       .options = {all},
       .handler = tmem_thaw},
      {.name = "tmem-freeze",
       .usage = kDomain,
       .description = "Freezes pools of transcendent memory (not since Xen 4.13).",
       .style = OptionStyle::kGnu,
       .options = {all},
       .handler = tmem_freeze},
      {.name = "tmem-flush", .style = OptionStyle::kGnu, .options = {all}, .handler = tmem_flush},
      {.name = "tmem-destroy",
       .usage = kDomain,
       .description = "Destroys pools of transcendent memory (not since Xen 4.13).",
       .style = OptionStyle::kGnu,
       .options = {all},
       .handler = tmem_destroy},
      {.name = "tmem-set",
       .usage = "[<Domain>|-a|--all] [weight=<weight>] [cap=<cap>] [compress=<compress>]",
       .description = "Changes settings of transcendent memory (not since Xen 4.13).",
       .style = OptionStyle::kGnu,
       .options = {all},
       .handler = tmem_set},
      {.name = "tmem-freeable",
       .usage = "",
       .description = "Prints how much transcendent memory could be freed (not since Xen 4.13).",
       .handler = tmem_freeable},
      {.name = "tmem-shared-auth",
       .usage = "[<Domain>|-a|--all] [--uuid=<uuid>] [--auth=<0|1>]",
       .description = "Says who may use a shared pool of transcendent memory (not since Xen 4.13).",
       .style = OptionStyle::kGnu,
       .options = {all, {'u', "uuid", "uuid", "The UUID of the pool"}, {'A', "auth", "0|1", "Whether it may be used"}},
       .handler = tmem_shared_auth},
  };
}

}  // namespace xm
