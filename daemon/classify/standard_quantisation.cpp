#include "daemon/classify/standard_quantisation.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "daemon/contract/quantisation.h"

namespace sallyport {
namespace {

using Table = std::array<std::uint16_t, 64>;

// ITU-T T.81 tables K.1 and K.2, row by row.
constexpr Table kLuminance{16, 11, 10, 16, 24,  40,  51,  61,  12, 12, 14, 19, 26,  58,  60,  55,
                           14, 13, 16, 24, 40,  57,  69,  56,  14, 17, 22, 29, 51,  87,  80,  62,
                           18, 22, 37, 56, 68,  109, 103, 77,  24, 35, 55, 64, 81,  104, 113, 92,
                           49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99};
constexpr Table kChrominance{17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99,
                             99, 99, 47, 66, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
                             99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99};
// Place in the table, row by row, of each entry in zig-zag order (ITU-T T.81 figure A.6).
constexpr std::array<std::uint8_t, 64> kZigZag{0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,
                                               12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6,  7,  14, 21, 28,
                                               35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
                                               58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63};

/// As jpeg_quality_scaling() and jpeg_add_quant_table() of libjpeg, for baseline files.
Table scaled(const Table& base, int quality) {
  const int percent = quality < 50 ? 5000 / quality : 200 - quality * 2;
  Table table{};
  for (std::size_t i = 0; i < table.size(); ++i) {
    table[i] = static_cast<std::uint16_t>(std::clamp((base[kZigZag[i]] * percent + 50) / 100, 1, 255));
  }
  return table;
}

bool is_written_at(int quality, const Sha256Digest& digest) {
  const Table luminance = scaled(kLuminance, quality);
  const Table chrominance = scaled(kChrominance, quality);
  struct Sampling {
    std::uint8_t horizontal, vertical;
  };
  for (const auto& [horizontal, vertical] : {Sampling{2, 2}, Sampling{2, 1}, Sampling{1, 1}}) {
    const std::array colour{QuantisedComponent{horizontal, vertical, luminance}, QuantisedComponent{1, 1, chrominance},
                            QuantisedComponent{1, 1, chrominance}};
    if (quantisation_digest(colour) == digest) return true;
  }
  const std::array grey{QuantisedComponent{1, 1, luminance}};
  return quantisation_digest(grey) == digest;
}

}  // namespace

std::optional<int> standard_quality(const Sha256Digest& quantisation) {
  for (int quality = 1; quality <= 100; ++quality) {
    if (is_written_at(quality, quantisation)) return quality;
  }
  return std::nullopt;
}

}  // namespace sallyport
