// What a found object is, told by its first bytes, strictly: in the middle of other bytes three that fit are an
// accident. Sources as in transfer/content_sniffer.h.
#pragma once

#include <array>
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

/// A bit for each pair of neighbouring bytes, the first one in the high half: 8 KiB, of which the lines in use stay in
/// the cache.
struct PairSet {
  std::array<std::uint64_t, 1024> bits{};
  constexpr void add(unsigned pair) { bits[pair / 64] |= std::uint64_t{1} << (pair % 64); }
  constexpr bool has(unsigned pair) const { return bits[pair / 64] >> (pair % 64) & 1; }
};
/// Pairs that stand in some magic number, `pair_distance()` behind the object's start. A filter: of random pairs one of
/// some thousand passes.
extern const PairSet kMagicPairs;
/// Those, and those that may stand one byte behind their beginning: for looking at every other byte only.
extern const PairSet kNearMagicPairs;
std::size_t pair_distance(std::uint16_t pair);

/// For the 12 bits of two base64 characters: whether such a pair may begin in the first of them, or with them as
/// hexadecimal.
extern const std::array<bool, 4096> kMayBeginPair;

}  // namespace sallyport::embedded
