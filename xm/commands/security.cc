// Labels and policies of Xen's security modules.
#include "xm/command.h"

namespace xm {

std::vector<Command> security_commands() {
  return {
      {.name = "labels", .usage = "[policy] [type=dom|res|any]", .description = "Lists the labels of a policy."},
      {.name = "addlabel",
       .usage = "<label> {dom <ConfigFile>|res <resource>|mgt <managed domain>} [<policy>]",
       .description = "Labels a domain or a resource."},
      {.name = "rmlabel",
       .usage = "{dom <ConfigFile>|res <Resource>|mgt<managed domain>}",
       .description = "Removes the label of a domain or a resource."},
      {.name = "getlabel",
       .usage = "{dom <ConfigFile>|res <Resource>|mgt <managed domain>}",
       .description = "Shows the label of a domain or a resource."},
      {.name = "resources", .usage = "", .description = "Lists the resources that have labels."},
      {.name = "dumppolicy", .usage = "", .description = "Prints the policy that the hypervisor enforces."},
      {.name = "setpolicy",
       .usage = "<policytype> <policyfile> [options]",
       .description = "Sets the policy of the system."},
      {.name = "resetpolicy", .usage = "", .description = "Returns to the policy of the start."},
      {.name = "getpolicy", .usage = "[options]", .description = "Shows the policy of the system."},
      {.name = "getenforce", .usage = "", .description = "Tells whether FLASK enforces its policy."},
      {.name = "setenforce",
       .usage = "[ (Enforcing|1) | (Permissive|0) ]",
       .description = "Has FLASK enforce its policy or not."},
  };
}

}  // namespace xm
