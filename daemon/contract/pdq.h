// When two perceptual hashes are of one picture.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include "daemon/contract/finding.h"

namespace sallyport {

/// PDQ of an image without structure says nothing (the authors advise 50).
inline constexpr int kPdqQualityMin = 50;

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

}  // namespace sallyport
