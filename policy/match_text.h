// How a registered picture was recognised, in words.
#pragma once

#include <string>

#include "daemon/contract/finding.h"

namespace sallyport::policy {

/// "by its parts: 43 corners, 50 % of it shown". Of a match by parts only.
std::string part_text(const FingerprintMatch& match);
/// " mirrored", " turned left"; empty for an upright picture.
std::string form_text(const FingerprintMatch& match);

}  // namespace sallyport::policy
