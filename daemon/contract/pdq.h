// When two perceptual hashes are of one picture, and how one is written.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/contract/finding.h"

namespace sallyport {

/// PDQ of an image without structure says nothing (the authors advise 50).
inline constexpr int kPdqQualityMin = 50;

/// 64 lower-case hexadecimal digits, most significant byte first.
std::string to_hex(const PdqHash& hash);
/// The hash that 64 hexadecimal digits spell; nothing for any other text.
std::optional<PdqHash> pdq_from_hex(std::string_view text);

/// Bits that differ, 0..256.
inline int hamming_distance(const PdqHash& left, const PdqHash& right) {
  int distance = 0;
  for (std::size_t i = 0; i < left.size(); i += sizeof(std::uint64_t)) {
    std::uint64_t a;
    std::uint64_t b;
    std::memcpy(&a, left.data() + i, sizeof a);
    std::memcpy(&b, right.data() + i, sizeof b);
    distance += std::popcount(a ^ b);
  }
  return distance;
}

/// A word for messages and records: "upright", "mirrored", "turned_left".
std::string_view to_string(PictureForm form);
/// The form of that word; upright for any other.
PictureForm picture_form_from(std::string_view word);

}  // namespace sallyport
