// Deflate (RFC 1951) and zlib (RFC 1950) streams, by zlib.
#pragma once

#include "daemon/base/bytes.h"
#include "daemon/worker/unpack/unpack_budget.h"

namespace sallyport {

enum class DeflateFormat { kRaw, kZlib };

struct Inflated {
  bool is_whole = false;     ///< the stream reached its own end, and all of it is in the buffer
  std::size_t consumed = 0;  ///< bytes of the input that belong to the stream, as far as it was read
};

/// Appends what the stream holds. What came before an error or the end of the budget stays in `out`.
Inflated inflate_into(Bytes stream, DeflateFormat format, MemberBuffer& out);

}  // namespace sallyport
