// The codings below the filters of PDF, one function each. All append to a buffer and say whether the data was whole.
#pragma once

#include "daemon/base/bytes.h"
#include "daemon/worker/unpack/unpack_budget.h"

namespace sallyport {

bool decode_ascii_hex(Bytes data, MemberBuffer& out);
bool decode_ascii85(Bytes data, MemberBuffer& out);
bool decode_run_length(Bytes data, MemberBuffer& out);
/// As TIFF's, most significant bit first; `early_change`: codes grow one code early (ISO 32000-1 7.4.4).
bool decode_lzw(Bytes data, bool early_change, MemberBuffer& out);

struct PredictorSettings {
  int predictor = 1;  ///< 2: TIFF; 10 to 15: PNG
  int colours = 1;
  int bits = 8;
  int columns = 1;
};
/// Undoes what was done to rows before they were compressed (7.4.4.4).
bool undo_predictor(Bytes data, const PredictorSettings& settings, MemberBuffer& out);

}  // namespace sallyport
