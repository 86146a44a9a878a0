// Which registered images share corners with a picture, without looking at each of them: an inverted file over words,
// the first bits of a descriptor with the direction it stands in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "daemon/contract/local_features.h"

namespace sallyport {

/// The corners of one registered image, in the order of images.
using RegisteredPoints = std::span<const LocalFeature>;

/// Two tables as they stand in the file of a set. Borrowed; any thread.
struct FeatureWords {
  unsigned descriptor_bits = 0;
  std::span<const std::uint32_t> starts;    ///< of each word, and one more: where its postings begin
  std::span<const std::uint64_t> postings;  ///< image << 36 | level << 32 | 32 bits of the descriptor, by word
};

struct OwnedFeatureWords {
  unsigned descriptor_bits = 0;
  std::vector<std::uint32_t> starts;
  std::vector<std::uint64_t> postings;
};

/// Images beyond this many have no place in a posting.
inline constexpr std::size_t kWordImagesMax = std::size_t{1} << 28;
/// With fewer, unrelated corners share so many words that votes tell nothing, however small the set.
inline constexpr unsigned kDescriptorBitsMin = 17;
inline constexpr unsigned kDescriptorBitsMax = 18;
/// Entries of `starts` with so many descriptor bits.
constexpr std::size_t word_starts(unsigned descriptor_bits) {
  return (std::size_t{16} << descriptor_bits) + 1;
}

OwnedFeatureWords build_words(std::span<const RegisteredPoints> images);

/// The images worth a closer look, the most promising first: those that share words, at one change of scale, more often
/// than unrelated ones do. Whatever the tables hold, nothing outside them is read.
std::vector<std::uint32_t> candidates(const FeatureWords& words, std::size_t images, const LocalFeatures& query);

}  // namespace sallyport
