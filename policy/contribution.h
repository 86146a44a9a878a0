// What one transfer adds to what a rule counts.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "policy/outcomes.h"

namespace sallyport::policy {

class Known;
struct CompiledRule;

/// A picture as it is told from others: by its perceptual hash, without one by its SHA-256.
struct Picture {
  bool perceptual = false;
  std::array<std::uint8_t, 32> bits{};
};
/// PDQ bits that may differ between two copies of one picture; the distance that the authors of PDQ advise.
inline constexpr int kSamePictureBits = 31;
bool is_same(const Picture& a, const Picture& b);

/// Nothing in it: the transfer is none of those that count.
struct Contribution {
  std::uint64_t amount = 0;       ///< transfers, images or bytes; of distinct images none
  std::vector<Picture> pictures;  ///< of distinct images
  std::uint64_t possible = 0;     ///< what may be there beside
  ReasonSet reasons = 0;          ///< of `possible`: why nobody could look
  bool unlooked = false;          ///< of `possible`: nobody looked, as of a record that another policy left

  bool is_sure() const { return amount > 0 || !pictures.empty(); }
  bool is_nothing() const { return !is_sure() && possible == 0; }
};

/// Bytes for which what could not be looked into may hold one image more.
inline constexpr std::uint64_t kBytesPerPossibleImage = 16384;

/// Of a rule that counts. Whatever the verdict is, attempts count.
Contribution contribution_of(const CompiledRule& rule, const Known& known);

}  // namespace sallyport::policy
