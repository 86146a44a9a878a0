// Bytes that a decoder makes one by one, handed on in pieces.
#pragma once

#include "daemon/base/bytes.h"
#include "daemon/worker/unpack/unpack_budget.h"

namespace sallyport {

/// The buffer outlives it. False of put() and flush(): the buffer is full, or the budget is spent.
class MemberWriter {
 public:
  explicit MemberWriter(MemberBuffer& out) : out_(out) { piece_.reserve(kPieceBytes); }

  bool put(unsigned byte) {
    piece_.push_back(static_cast<std::byte>(byte & 0xFF));
    return piece_.size() < kPieceBytes || flush();
  }
  /// To be called at the end.
  bool flush() {
    const bool taken = piece_.empty() || out_.append(piece_);
    piece_.clear();
    return taken;
  }

 private:
  static constexpr std::size_t kPieceBytes = 32768;

  MemberBuffer& out_;
  ByteBuffer piece_;
};

}  // namespace sallyport
