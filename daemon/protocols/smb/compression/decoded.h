// What the decoders of SMB compression have in common: their answer, and the room that they fill.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "daemon/base/bytes.h"

namespace sallyport::smb {

/// Every decoder fills a room of the size that the message declares, and stops when it is full.
enum class Decoded : std::uint8_t {
  kExact,    ///< full, and the input ends there
  kSurplus,  ///< full, but another decoder may read more, or something else, in these bytes
  kShort,    ///< the input ends before the room is full; what it holds is of no use
  kBroken,   ///< the input is not of this coding; what the room holds is of no use
};
constexpr bool is_full(Decoded decoded) {
  return decoded == Decoded::kExact || decoded == Decoded::kSurplus;
}

/// Decoded bytes, growing from the beginning of a room that somebody else owns. Not thread-safe.
class OutputRoom {
 public:
  explicit OutputRoom(std::span<std::byte> room) : room_(room) {}

  bool full() const { return written_ == room_.size(); }
  std::size_t written() const { return written_; }
  std::size_t left() const { return room_.size() - written_; }
  /// Something did not fit.
  bool was_cut() const { return was_cut_; }

  void put(std::byte byte);
  void put(Bytes bytes);
  void fill(std::byte byte, std::uint64_t count);
  /// Repeats what stands `distance` bytes back; the two may overlap. False, and nothing done: there is no such place.
  bool copy(std::size_t distance, std::uint64_t length);
  /// The part that is still free, at most `size` bytes of it; take() then says how many were written there.
  std::span<std::byte> rest(std::size_t size);
  void take(std::size_t size) { written_ += size; }

 private:
  std::size_t fitting(std::uint64_t size);

  std::span<std::byte> room_;
  std::size_t written_ = 0;
  bool was_cut_ = false;
};

}  // namespace sallyport::smb
