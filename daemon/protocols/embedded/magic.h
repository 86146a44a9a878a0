// What a found object is, told by its first bytes, strictly: in the middle of other bytes three that fit are an
// accident. Sources as in transfer/content_sniffer.h.
#pragma once

#include <cstddef>
#include <cstdint>

#include "daemon/base/bytes.h"
#include "daemon/contract/content_type.h"

namespace sallyport::embedded {

/// Bytes that match_magic() looks at; fewer are enough for most types.
inline constexpr std::size_t kMagicBytes = 32;
/// The longest way from the start of an object to the pair of bytes that gives it away.
inline constexpr std::size_t kPairDistanceMax = 4;

/// Where the bytes stand: the weaker the place, the more of a header must fit.
enum class Place : std::uint8_t {
  kDeclared,  ///< something says that an image begins here (a data: URI of an image type)
  kStart,     ///< at the start of an encoded string
  kMiddle,    ///< anywhere
};

/// The type of an object that starts with `start`; kUnknown for none.
ContentType match_magic(Bytes start, Place place);

/// Whether two neighbouring bytes, the first one in the high half, stand in some magic number `pair_distance()` behind
/// the object's start. A filter: one of some thousand random pairs passes.
bool is_magic_pair(std::uint16_t pair);
std::size_t pair_distance(std::uint16_t pair);

}  // namespace sallyport::embedded
