// The (image ...) element of a domain's SXP: reading and printing it (spec protocols 7.4).
#pragma once

#include "sxp/value.h"
#include "xend/domain/domain_config.h"

namespace xend {

// `element` is what stands inside (image ...): (linux (kernel ..) ...). Unknown keys are ignored.
ImageConfig parse_image(const sxp::Value& element);

// The whole (image (linux ...)) element.
sxp::Value image_sxp(const ImageConfig& image);

}  // namespace xend
