// Where a picture is brighter than beside it: tells whether what lies between matching corners is the same picture too.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>

#include "daemon/contract/local_features.h"

namespace sallyport {

/// Blocks each way. A block of a picture that shows a whole car is some 15 cm wide.
inline constexpr int kLayoutSide = 24;
inline constexpr std::size_t kLayoutBlocks = std::size_t{kLayoutSide} * kLayoutSide;

/// A byte for each block, row by row: four comparisons with the blocks one and two to the right and below, two bits
/// each (0 alike, 1 darker here, 2 brighter here). Signs without amounts, and nothing finer than a block: no face, no
/// plate and no text can be made from it.
using PictureLayout = std::array<std::uint8_t, kLayoutBlocks>;
using BlockSet = std::bitset<kLayoutBlocks>;

/// Turns, scales and moves a point; lengths are in parts of the longer side of either picture.
struct Similarity {
  double a = 1, b = 0;  ///< x' = a x - b y + tx, y' = b x + a y + ty
  double tx = 0, ty = 0;
};

/// Sides in parts of the longer one.
struct Extent {
  double width = 1, height = 1;
};

Extent extent_of(const LocalFeatures& features);

/// How much brighter the block is that each of the four comparisons of a block looks at: 1 by as much as a layout
/// tells, or more, 0 alike, -1 as much darker.
struct SampledLayout {
  std::array<std::array<float, 4>, kLayoutBlocks> steps{};
  BlockSet inside;  ///< blocks whose centre the picture shows
};

/// The layout of a picture, as it would be if `to_picture` led from the blocks of `blocks` into it.
SampledLayout sample_layout(const LocalFeatures& picture, const Extent& blocks, const Similarity& to_picture);

/// What is kept of it.
PictureLayout signs_of(const SampledLayout& sampled);

/// How many of its four comparisons tell brighter from darker.
int signs_in(std::uint8_t block);

/// Agreement around each block: 1 all comparisons agree, 0 as by chance, -1 all contradict. It is the cosine between
/// the signs and the steps: where a picture is flat, as much as where it is not, and whatever the contrast is
/// elsewhere.
struct LayoutAgreement {
  std::array<float, kLayoutBlocks> value{};
  BlockSet says;  ///< blocks in whose surroundings there is something to compare
};
LayoutAgreement compare(const PictureLayout& registered, const SampledLayout& shown);

}  // namespace sallyport
