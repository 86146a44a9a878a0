// Uncompressed images of PDF files to pixels (ISO 32000-1 8.9.5).
#pragma once

#include <optional>

#include "daemon/worker/unpack/pdf_file.h"

namespace sallyport {

/// What an image dictionary says of its samples.
struct PdfSamples {
  std::int64_t width = 0;
  std::int64_t height = 0;
  int bits = 8;
  int components = 1;
  bool is_inverted = false;    ///< more is darker: ink, or a /Decode that turns round
  std::string palette;         ///< of an Indexed space; red, green, blue or whatever its base has
  int palette_components = 0;  ///< 0: not indexed

  std::uint64_t row_bytes() const;
};

/// Nothing where the colour space or the size is none that is known.
std::optional<PdfSamples> read_pdf_samples(const PdfFile& file, const PdfValue& image);

/// 8-bit grey or BGR. What the data lacks stays black; `is_cut` says so.
struct PdfPixels {
  int channels = 1;
  bool is_cut = false;
};
/// Appends width * height * channels bytes; nothing when `out` refuses.
std::optional<PdfPixels> draw_pdf_samples(const PdfSamples& samples, Bytes data, MemberBuffer& out);

}  // namespace sallyport
