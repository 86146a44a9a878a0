// Tunnels around an IP packet or an Ethernet frame, for tests of whoever looks into them.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/tcp_script.h"

namespace sallyport::test {

inline const IpAddress kTunnelFrom = *IpAddress::parse("198.51.100.1");
inline const IpAddress kTunnelTo = *IpAddress::parse("198.51.100.2");
inline const IpAddress kTunnelFrom6 = *IpAddress::parse("2001:db8:f::1");
inline const IpAddress kTunnelTo6 = *IpAddress::parse("2001:db8:f::2");

/// Words of 16 bits, then `rest`.
inline ByteBuffer words_before(std::initializer_list<std::uint32_t> words, Bytes rest) {
  ByteBuffer out;
  for (const std::uint32_t word : words) put16(out, word);
  append(out, rest);
  return out;
}
inline ByteBuffer udp(std::uint16_t port, Bytes payload, std::uint16_t source = 50000) {
  return words_before({source, port, static_cast<std::uint32_t>(payload.size() + 8), 0}, payload);
}
/// An Ethernet frame with this type.
inline ByteBuffer frame_of(std::uint16_t type, Bytes payload) {
  return words_before({0x0202, 0x0202, 0x0202, 0x0202, 0x0202, 0x0202, type}, payload);
}
/// In an outer IPv4 packet and a frame. `back`: from the tunnel's other end.
inline ByteBuffer outer(std::uint8_t protocol, Bytes payload, bool back = false) {
  return ethernet_frame(ip_packet(back ? kTunnelTo : kTunnelFrom, back ? kTunnelFrom : kTunnelTo, payload, protocol));
}
inline ByteBuffer outer6(std::uint8_t protocol, Bytes payload) {
  return ethernet_frame(ip_packet(kTunnelFrom6, kTunnelTo6, payload, protocol));
}
inline ByteBuffer vxlan(Bytes frame, std::uint32_t network = 42, std::uint16_t port = 4789, bool back = false) {
  return outer(17, udp(port, words_before({0x0800, 0, network >> 8, network << 8 & 0xff00}, frame)), back);
}

struct NamedFrame {
  std::string name;
  ByteBuffer frame;
};

/// The frame (an IPv4 packet) inside every tunnel there is.
inline std::vector<NamedFrame> all_tunnels(Bytes frame) {
  const Bytes ip = frame.subspan(14);
  const auto ip_size = static_cast<std::uint32_t>(ip.size());
  return {
      {"vlan in vlan", frame_of(0x88a8, words_before({7, 0x8100, 8, 0x0800}, ip))},
      {"snap", frame_of(static_cast<std::uint16_t>(ip_size + 8), words_before({0xaaaa, 0x0300, 0, 0x0800}, ip))},
      {"pppoe", frame_of(0x8864, words_before({0x1100, 9, ip_size + 2, 0x0021}, ip))},
      {"mac in mac", frame_of(0x88e7, words_before({1, 2}, frame))},
      {"nsh", frame_of(0x894f, words_before({0x0fc2, 0x0201, 0, 1}, ip))},
      {"mpls", frame_of(0x8847, words_before({0x0001, 0x0040, 0x0002, 0x0140}, ip))},
      {"pseudowire", frame_of(0x8847, words_before({0x0001, 0x0140, 0, 5}, frame))},
      {"pseudowire without control word", frame_of(0x8847, words_before({0x0001, 0x0140}, frame))},
      {"4in4", outer(4, ip)},
      {"4in6", outer6(4, ip)},
      {"gre", outer(47, words_before({0, 0x0800}, ip))},
      {"gre with key, checksum and sequence", outer(47, words_before({0xb000, 0x0800, 1, 0, 0, 7, 0, 1}, ip))},
      {"nvgre", outer(47, words_before({0x2000, 0x6558, 0, 0x0700}, frame))},
      {"pptp", outer(47, words_before({0x3081, 0x880b, ip_size + 4, 3, 0, 1, 0, 0, 0xff03, 0x0021}, ip))},
      {"wccp", outer(47, words_before({0, 0x883e, 0x0001, 2}, ip))},
      {"erspan i", outer(47, words_before({0, 0x88be}, frame))},
      {"erspan ii", outer(47, words_before({0x1000, 0x88be, 0, 1, 0x1001, 5, 0, 6}, frame))},
      {"erspan iii", outer(47, words_before({0x1000, 0x22eb, 0, 1, 0x2001, 5, 0, 9, 0, 0}, frame))},
      {"erspan iii with subheader",
       outer(47, words_before({0x1000, 0x22eb, 0, 1, 0x2001, 5, 0, 9, 0, 1, 0, 0, 0, 0}, frame))},
      {"etherip", outer(97, words_before({0x3000}, frame))},
      {"mpls in ip", outer(137, words_before({0x0001, 0x0140}, ip))},
      {"authentication", outer(51, words_before({0x0404, 0, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0}, ip))},
      {"vxlan", vxlan(frame)},
      {"vxlan of linux", vxlan(frame, 42, 8472)},
      {"vxlan on a port of its own", vxlan(frame, 42, 53)},
      {"vxlan gpe", outer(17, udp(4790, words_before({0x0c00, 0x0001, 0, 0x2a00}, ip)))},
      {"geneve with options", outer(17, udp(6081, words_before({0x0200, 0x6558, 0, 0x2a00, 1, 2, 3, 4}, frame)))},
      {"geneve on a port of its own", outer(17, udp(9999, words_before({0x0000, 0x6558, 0, 0x2a00}, frame)))},
      {"gtp-u", outer(17, udp(2152, words_before({0x30ff, ip_size, 0, 5}, ip)))},
      {"gtp-u with extension",
       outer(17, udp(2152, words_before({0x34ff, ip_size + 8, 0, 5, 0, 0x0085, 0x0100, 0x0900}, ip)))},
      {"gre in udp", outer(17, udp(4754, words_before({0, 0x0800}, ip)))},
      {"mpls in udp", outer(17, udp(6635, words_before({0x0001, 0x0140}, ip)))},
      {"ip in udp", outer(17, udp(5555, ip))},
      {"l2tp", outer(17, udp(1701, words_before({0x4002, ip_size + 12, 1, 2, 0xff03, 0x0021}, ip)))},
      {"l2tp version 3", outer(115, words_before({0, 7, 0, 0}, frame))},
      {"gre in vxlan in 4in4", outer(4, Bytes(vxlan(outer(47, words_before({0, 0x0800}, ip)))).subspan(14))},
  };
}

}  // namespace sallyport::test
