// The (image ...) element of a domain's SXP: reading and printing it (spec protocols 7.4).
#pragma once

#include <string_view>

#include "sxp/value.h"
#include "xend/domain/domain_config.h"

namespace xend {

// `element` is what stands inside (image ...): (linux (kernel ..) ...). Unknown keys are ignored.
ImageConfig parse_image(const sxp::Value& element);

// Whether ImageConfig::platform has `key`.
bool is_platform_key(std::string_view key);

// Adds what a guest of that type has where its configuration does not say, so that clients see what counts. Paths of
// this host's programs are not among it: the configuration goes to other hosts with the guest.
void complete_image(ImageConfig& image, xc::GuestType type);

// The whole (image (linux ...)) element.
sxp::Value image_sxp(const ImageConfig& image);

}  // namespace xend
