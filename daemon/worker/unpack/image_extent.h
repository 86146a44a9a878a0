// Where an image ends by its own structure, and images among other bytes.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>

#include "daemon/base/bytes.h"
#include "daemon/contract/content_type.h"

namespace sallyport {

/// One past the last byte of the image that `bytes` begin with; nothing where it does not end, or its type has no end
/// of its own. JPEG (ITU-T T.81 B.1): EOI on the level of markers, past thumbnails; PNG: IEND; GIF: trailer; BMP, WebP:
/// the size field. Pure.
std::optional<std::size_t> image_extent(ContentType type, Bytes bytes);

/// The segments of a JPEG before its first scan; `visit` gets the marker and the content.
void for_each_jpeg_segment(Bytes jpeg, const std::function<void(int marker, Bytes content)>& visit);

/// Finds JPEG, PNG, GIF and WebP images anywhere in `bytes`, whole ones only, not those inside another one; at most
/// limits::kCarvedImagesMax. `found` gets each image and its position, and says whether to go on. False: not all was
/// looked at.
bool carve_images(Bytes bytes, const std::function<bool(std::size_t position, Bytes image)>& found);

}  // namespace sallyport
