// Filters of PDF streams (ISO 32000-1 7.4).
#pragma once

#include <string>

#include "daemon/worker/unpack/pdf_file.h"

namespace sallyport {

struct PdfDecoded {
  Bytes bytes;               ///< into the buffer given, or the stream itself where nothing had to be removed
  std::string image_filter;  ///< the filter that `bytes` still have on: "DCTDecode", "JPXDecode", "JBIG2Decode",
                             ///< "CCITTFaxDecode"
  bool is_whole = false;     ///< no error, no unknown filter and no limit was met
};

/// Removes ASCIIHex, ASCII85, LZW, Flate (with predictors) and RunLength up to the first image filter.
PdfDecoded decode_pdf_stream(const PdfFile& file, const PdfStream& stream, MemberBuffer& out);

}  // namespace sallyport
