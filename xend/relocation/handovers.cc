#include "xend/relocation/handovers.h"

namespace xend {

Handovers::Handovers(Host& host, std::string folder, std::chrono::milliseconds patience)
    : host_(host),
      journal_(std::move(folder)),
      arrivals_(host, journal_),
      destination_(arrivals_),
      departures_(host, journal_, patience) {
  host.handovers = this;
}

Handovers::~Handovers() {
  host_.handovers = nullptr;
}

void Handovers::keep_prepared() {
  xend::keep_prepared(host_, journal_.arrivals());
}

void Handovers::recover() {
  destination_.recover(journal_.arrivals());
  for (const auto& record : destination_.waiting()) arrivals_.hold(record);
  departures_.recover();
}

}  // namespace xend
