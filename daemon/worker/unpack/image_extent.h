// Where an image ends by its own structure, and images among other bytes.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>

#include "daemon/base/bytes.h"
#include "daemon/contract/content_type.h"

namespace sallyport {

/// One past the last byte of the image that `bytes` begin with; nothing where it does not end, or its type has no end
/// of its own. JPEG (ITU-T T.81 B.1): EOI on the level of markers, past thumbnails, or another SOI; PNG: IEND; GIF:
/// trailer; BMP, WebP: the size field; JPEG 2000: EOC; this, JPEG XL, HEIF and AVIF in boxes (ISO/IEC 14496-12 4.2):
/// the last one, but for a last box that takes all that follows. Pure.
std::optional<std::size_t> image_extent(ContentType type, Bytes bytes);

/// The segments of a JPEG before its first scan; `visit` gets the marker and the content.
void for_each_jpeg_segment(Bytes jpeg, const std::function<void(int marker, Bytes content)>& visit);

/// Finds JPEG, PNG, GIF, BMP, WebP, TIFF, JPEG 2000, JPEG XL, HEIF and AVIF images anywhere in `bytes`, not those
/// inside another one; at most limits::kCarvedImagesMax. Of those whose type has an end only whole ones; the others
/// take all bytes that follow. Not found: JPEGs without tables of their own, which only the file around them makes
/// pictures of (the tiles of a TIFF), and raw JPEG XL. `found` gets each image and its position, and says whether to go
/// on. False: not all was looked at.
bool carve_images(Bytes bytes, const std::function<bool(std::size_t position, Bytes image)>& found);

}  // namespace sallyport
