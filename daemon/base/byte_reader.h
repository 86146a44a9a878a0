// The one way to read integers out of hostile bytes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "daemon/base/bytes.h"

namespace sallyport {

/// A bounds-checked cursor. Reading past the end gives zero or an empty span and makes ok() false for good, so a parser
/// reads a whole structure and asks ok() once.
class ByteReader {
 public:
  explicit ByteReader(Bytes bytes) : bytes_(bytes) {}

  bool ok() const { return ok_; }
  std::size_t remaining() const { return bytes_.size() - position_; }
  std::size_t position() const { return position_; }
  Bytes rest() const { return bytes_.subspan(position_); }

  std::uint8_t u8() { return static_cast<std::uint8_t>(big_endian(1)); }
  std::uint16_t u16be() { return static_cast<std::uint16_t>(big_endian(2)); }
  std::uint32_t u24be() { return static_cast<std::uint32_t>(big_endian(3)); }
  std::uint32_t u32be() { return static_cast<std::uint32_t>(big_endian(4)); }
  std::uint64_t u64be() { return big_endian(8); }
  std::uint16_t u16le() { return static_cast<std::uint16_t>(little_endian(2)); }
  std::uint32_t u32le() { return static_cast<std::uint32_t>(little_endian(4)); }
  std::uint64_t u64le() { return little_endian(8); }

  /// The next `size` bytes, or an empty span and ok() == false.
  Bytes take(std::size_t size);
  void skip(std::size_t size) { take(size); }
  /// Moves to `position` from the start; past the end is a failure.
  void seek(std::size_t position);

 private:
  std::uint64_t big_endian(std::size_t size);
  std::uint64_t little_endian(std::size_t size);

  Bytes bytes_;
  std::size_t position_ = 0;
  bool ok_ = true;
};

}  // namespace sallyport
