// sched-credit, sched-credit2, sched-sedf.
#include "xm/command.h"

namespace xm {

std::vector<Command> scheduler_commands() {
  const OptionSpec domain = {'d', "domain", "DOMAIN", "The domain to show or change"};
  const OptionSpec weight = {'w', "weight", "WEIGHT", "Its share of the CPUs, relative to the others"};
  return {
      {.name = "sched-credit",
       .usage = "[-d <Domain> [-w[=WEIGHT]|-c[=CAP]]]",
       .description = "Shows or sets the shares of the credit scheduler.",
       .style = OptionStyle::kPosix,
       .options = {domain, weight, {'c', "cap", "CAP", "The most that it may use, in percent of one CPU"}}},
      {.name = "sched-credit2",
       .usage = "[-d <Domain> [-w[=WEIGHT]]",
       .description = "Shows or sets the shares of the credit2 scheduler.",
       .style = OptionStyle::kPosix,
       .options = {domain, weight}},
      {.name = "sched-sedf",
       .usage = "<Domain> [options]",
       .description = "Shows or sets the shares of the sedf scheduler.",
       .words = {0, 11},
       .style = OptionStyle::kGnu,
       .options = {{'p', "period", "MS", "How often its time begins, in milliseconds"},
                   {'s', "slice", "MS", "How long it may run each time, in milliseconds"},
                   {'l', "latency", "MS", "How soon it is to run after waking up, in milliseconds"},
                   {'e', "extratime", "FLAG", "Whether it may use time that nobody wants"},
                   {'w', "weight", "FLOAT", "Its share, instead of period and slice"}}},
  };
}

}  // namespace xm
