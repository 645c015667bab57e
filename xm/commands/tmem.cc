// tmem-*: transcendent memory, which Xen has had until 4.13.
#include "xm/command.h"

namespace xm {

std::vector<Command> tmem_commands() {
  const OptionSpec all = {'a', "all", "", "All domains"};
  constexpr const char* kDomain = "[<Domain>|-a|--all]";
  return {
      {.name = "tmem-list",
       .usage = "[-l|--long] [<Domain>|-a|--all]",
       .description = "Lists pools of transcendent memory.",
       .style = OptionStyle::kGnu,
       .options = {{'l', "long", "", "Everything that is known about them"}, all}},
      {.name = "tmem-thaw",
       .usage = kDomain,
       .description = "Thaws pools of transcendent memory.",
       .style = OptionStyle::kGnu,
       .options = {all}},
      {.name = "tmem-freeze",
       .usage = kDomain,
       .description = "Freezes pools of transcendent memory.",
       .style = OptionStyle::kGnu,
       .options = {all}},
      {.name = "tmem-flush", .style = OptionStyle::kGnu, .options = {all}},
      {.name = "tmem-destroy",
       .usage = kDomain,
       .description = "Destroys pools of transcendent memory.",
       .style = OptionStyle::kGnu,
       .options = {all}},
      {.name = "tmem-set",
       .usage = "[<Domain>|-a|--all] [weight=<weight>] [cap=<cap>] [compress=<compress>]",
       .description = "Changes settings of transcendent memory.",
       .style = OptionStyle::kGnu,
       .options = {all}},
      {.name = "tmem-freeable", .usage = "", .description = "Prints how much transcendent memory could be freed."},
      {.name = "tmem-shared-auth",
       .usage = "[<Domain>|-a|--all] [--uuid=<uuid>] [--auth=<0|1>]",
       .description = "Says who may use a shared pool of transcendent memory.",
       .style = OptionStyle::kGnu,
       .options = {all, {'u', "uuid", "uuid", "The UUID of the pool"}, {'A', "auth", "0|1", "Whether it may be used"}}},
  };
}

}  // namespace xm
