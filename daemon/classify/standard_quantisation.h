// The quantisation that most programs share: the tables of ITU-T T.81 Annex K as libjpeg scales them.
#pragma once

#include <optional>

#include "daemon/base/sha256.h"

namespace sallyport {

/// The quality, 1 to 100, at which libjpeg writes just these tables with 4:2:0, 4:2:2 or no subsampling, or in grey; it
/// then says nothing about who made the image. Nothing where it is no such quantisation.
std::optional<int> standard_quality(const Sha256Digest& quantisation);

}  // namespace sallyport
