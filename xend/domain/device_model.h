// The device model that a domain's configuration asks for.
#pragma once

#include <optional>

#include "xend/build/device_model_plan.h"
#include "xend/build/programs.h"
#include "xend/config/options.h"
#include "xend/domain/domain_config.h"

namespace xend {

// The plan for a domain, or nothing when it needs no device model: HVM guests do, and others that have a frame buffer
// or a disk image in a format that only QEMU reads. Throws Error for what cannot be: a missing program, floppy image or
// directory of certificates.
std::optional<DeviceModelPlan> plan_device_model(const DomainConfig& config, xc::DomId domid, const Options& options,
                                                 const Programs& programs);

// Memory of the emulated graphics card: what the configuration says, or the least that shows all its modes. Zero for a
// guest without one.
xc::MiB video_memory(const DomainConfig& config);

}  // namespace xend
