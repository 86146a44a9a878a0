// TCP segments as whole IP packets, for tests of whoever reads packets. Checksums are zero.
#pragma once

#include <cstdint>
#include <string_view>

#include "daemon/base/bytes.h"

namespace sallyport::test {

struct TcpSegment {
  std::uint32_t sequence = 0;
  std::string_view payload;
  std::uint8_t flags = 0x10;   ///< ACK
  std::uint16_t fragment = 0;  ///< IPv4 flags and fragment offset, as in the header
  std::uint8_t protocol = 6;
};

inline void put16(ByteBuffer& out, unsigned value) {
  out.push_back(static_cast<std::byte>(value >> 8));
  out.push_back(static_cast<std::byte>(value));
}

inline ByteBuffer tcp_part(const TcpSegment& segment) {
  ByteBuffer out;
  put16(out, 40000);
  put16(out, 80);
  put16(out, segment.sequence >> 16);
  put16(out, segment.sequence & 0xffff);
  put16(out, 0);
  put16(out, 0);
  put16(out, 0x5000U | segment.flags);
  for (int i = 0; i < 3; ++i) put16(out, 0);
  append(out, as_byte_span(segment.payload));
  return out;
}

inline ByteBuffer v4_packet(const TcpSegment& segment) {
  const ByteBuffer tcp = tcp_part(segment);
  ByteBuffer out;
  put16(out, 0x4500);
  put16(out, static_cast<unsigned>(20 + tcp.size()));
  put16(out, 0);
  put16(out, segment.fragment);
  put16(out, 0x4000U | segment.protocol);
  put16(out, 0);
  for (const unsigned half : {0xc000U, 0x0201U, 0xc000U, 0x0202U}) put16(out, half);
  append(out, tcp);
  return out;
}

inline ByteBuffer v6_packet(const TcpSegment& segment) {
  const ByteBuffer tcp = tcp_part(segment);
  ByteBuffer out;
  put16(out, 0x6000);
  put16(out, 0);
  put16(out, static_cast<unsigned>(tcp.size()));
  put16(out, static_cast<unsigned>(segment.protocol) << 8 | 64);
  for (int i = 0; i < 16; ++i) put16(out, 0x2001);
  append(out, tcp);
  return out;
}

}  // namespace sallyport::test
