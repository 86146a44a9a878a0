// Reads fields of a header whose whole size was checked once: the packet path pays one comparison a header.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "daemon/base/bytes.h"

namespace sallyport {

/// Borrows exactly N bytes; every offset is checked when compiled. Values are in network order on the wire.
template <std::size_t N>
class FixedHeader {
 public:
  explicit FixedHeader(std::span<const std::byte, N> bytes) : bytes_(bytes) {}

  template <std::size_t At>
  std::uint8_t u8() const {
    static_assert(At < N);
    return std::to_integer<std::uint8_t>(bytes_[At]);
  }
  template <std::size_t At>
  std::uint16_t u16() const {
    return static_cast<std::uint16_t>(u8<At>() << 8 | u8<At + 1>());
  }
  template <std::size_t At>
  std::uint32_t u32() const {
    return std::uint32_t{u16<At>()} << 16 | u16<At + 2>();
  }
  template <std::size_t At, std::size_t Size>
  Bytes part() const {
    static_assert(At + Size <= N);
    return bytes_.template subspan<At, Size>();
  }

 private:
  std::span<const std::byte, N> bytes_;
};

}  // namespace sallyport
