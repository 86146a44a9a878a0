// Writes a TCP conversation as a short script and gives its packets, for tests of everything that takes packets.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/base/bytes.h"
#include "daemon/contract/flow.h"
#include "daemon/contract/packet.h"

namespace sallyport::test {

/// An Ethernet frame with TCP over IPv4 or IPv6 (by the addresses), checksums right.
struct TcpFields {
  Endpoint source;
  Endpoint destination;
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgement = 0;
  std::uint8_t flags = 0;
  std::uint16_t window = 65535;
  ByteBuffer options;  ///< padded to four bytes by the caller
  std::string_view payload;
};
inline constexpr std::uint8_t kFin = 0x01, kSyn = 0x02, kRst = 0x04, kPsh = 0x08, kAck = 0x10, kUrg = 0x20;

inline void put16(ByteBuffer& out, std::uint32_t value) {
  out.push_back(static_cast<std::byte>(value >> 8 & 0xff));
  out.push_back(static_cast<std::byte>(value & 0xff));
}
inline void put32(ByteBuffer& out, std::uint32_t value) {
  put16(out, value >> 16);
  put16(out, value & 0xffff);
}
inline std::uint16_t checksum_of(Bytes bytes) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    sum += std::to_integer<std::uint64_t>(bytes[i]) << (i % 2 == 0 ? 8 : 0);
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}
inline void set16(ByteBuffer& out, std::size_t at, std::uint16_t value) {
  out[at] = static_cast<std::byte>(value >> 8);
  out[at + 1] = static_cast<std::byte>(value & 0xff);
}
inline Bytes address_bytes(const IpAddress& address) {
  const Bytes all = std::as_bytes(std::span(address.bytes()));
  return address.is_v4() ? all.subspan(12) : all;
}

inline ByteBuffer tcp_bytes(const TcpFields& fields) {
  ByteBuffer tcp;
  put16(tcp, fields.source.port);
  put16(tcp, fields.destination.port);
  put32(tcp, fields.sequence);
  put32(tcp, fields.acknowledgement);
  put16(tcp, static_cast<std::uint32_t>((20 + fields.options.size()) / 4 << 12 | fields.flags));
  put16(tcp, fields.window);
  put32(tcp, 0);
  append(tcp, fields.options);
  append(tcp, as_byte_span(fields.payload));
  ByteBuffer pseudo;
  append(pseudo, address_bytes(fields.source.address));
  append(pseudo, address_bytes(fields.destination.address));
  put32(pseudo, static_cast<std::uint32_t>(tcp.size()));
  put32(pseudo, 6);
  append(pseudo, tcp);
  set16(tcp, 16, checksum_of(pseudo));
  return tcp;
}

/// An IP header around `payload`; the fragment fields are those of IPv4 (RFC 791 3.1).
inline ByteBuffer ip_packet(const IpAddress& source, const IpAddress& destination, Bytes payload,
                            std::uint8_t protocol = 6, std::uint16_t identification = 0, std::uint16_t fragment = 0) {
  ByteBuffer ip;
  if (source.is_v4()) {
    put16(ip, 0x4500);
    put16(ip, static_cast<std::uint32_t>(20 + payload.size()));
    put16(ip, identification);
    put16(ip, fragment);
    put16(ip, 0x4000U | protocol);
    put16(ip, 0);
  } else {
    put32(ip, 0x60000000);
    put16(ip, static_cast<std::uint32_t>(payload.size()));
    put16(ip, static_cast<std::uint32_t>(protocol) << 8 | 64);
  }
  append(ip, address_bytes(source));
  append(ip, address_bytes(destination));
  if (source.is_v4()) set16(ip, 10, checksum_of(ip));
  append(ip, payload);
  return ip;
}

inline ByteBuffer ethernet_frame(Bytes ip) {
  ByteBuffer frame(12, std::byte{2});
  put16(frame, std::to_integer<unsigned>(ip[0]) >> 4 == 4 ? 0x0800 : 0x86dd);
  append(frame, ip);
  return frame;
}

/// Calls write one packet each, in order, as the current side (the client at first); `at`, `overlap` and the like leave
/// the side's own position alone. Each packet acknowledges all that the other side has sent, lost packets included.
class TcpScript {
 public:
  struct Packet {
    ByteBuffer frame;
    Timestamp time;
  };

  explicit TcpScript(std::string_view client = "10.0.0.1", std::string_view server = "10.0.0.2",
                     std::uint16_t client_port = 40000, std::uint16_t server_port = 80)
      : ends_{{*IpAddress::parse(client), client_port}, {*IpAddress::parse(server), server_port}} {}

  /// The initial sequence numbers, before the handshake.
  TcpScript& isn(std::uint32_t client_isn, std::uint32_t server_isn) {
    isn_[0] = client_isn;
    isn_[1] = server_isn;
    return *this;
  }
  TcpScript& client() { return turn(0); }
  TcpScript& server() { return turn(1); }
  TcpScript& wait(Duration duration) {
    time_ += duration;
    return *this;
  }

  TcpScript& syn(std::string_view payload = {}) {
    emit(isn_[side_], kSyn, payload, false);
    position_[side_] = payload.size();
    return *this;
  }
  TcpScript& syn_ack() {
    emit(isn_[side_], kSyn | kAck, {}, true);
    return *this;
  }
  TcpScript& handshake() { return client().syn().server().syn_ack().client().ack(); }
  TcpScript& ack() { return at(position_[side_], {}); }
  TcpScript& data(std::string_view payload) {
    at(position_[side_], payload);
    return gap(payload.size());
  }
  /// Bytes that were sent and lost before the capture.
  TcpScript& gap(std::size_t size) {
    position_[side_] += size;
    return *this;
  }
  /// `payload` once more, or something else, beginning `back` bytes before the side's position.
  TcpScript& overlap(std::size_t back, std::string_view payload) { return at(position_[side_] - back, payload); }
  TcpScript& at(std::uint64_t offset, std::string_view payload, std::uint8_t flags = kAck) {
    emit(sequence_at(offset), flags, payload, true);
    return *this;
  }
  TcpScript& fin(std::string_view payload = {}) {
    at(position_[side_], payload, kAck | kFin);
    return gap(payload.size() + 1);
  }
  TcpScript& rst() { return at(position_[side_], {}, kRst | kAck); }
  /// A packet with any fields; `sequence` is not an offset.
  TcpScript& raw(std::uint32_t sequence, std::uint8_t flags, std::string_view payload = {}) {
    emit(sequence, flags, payload, true);
    return *this;
  }
  /// Of the packets from here on; padded to four bytes by the caller.
  TcpScript& options(ByteBuffer options) {
    options_ = std::move(options);
    return *this;
  }
  TcpScript& window(std::uint16_t window) {
    window_ = window;
    return *this;
  }

  std::uint32_t sequence_at(std::uint64_t offset) const { return isn_[side_] + 1 + static_cast<std::uint32_t>(offset); }
  std::vector<Packet>& packets() { return packets_; }
  Timestamp time() const { return time_; }
  static RawPacket raw_packet(const Packet& packet) {
    return {packet.frame, static_cast<std::uint32_t>(packet.frame.size()), LinkType::kEthernet, ChecksumState::kChecked,
            packet.time};
  }
  /// Hands every packet to `sink.on_packet()` and forgets them.
  template <class Sink>
  TcpScript& play(Sink& sink) {
    for (const Packet& packet : std::exchange(packets_, {})) sink.on_packet(raw_packet(packet));
    return *this;
  }

 private:
  TcpScript& turn(std::size_t side) {
    side_ = side;
    return *this;
  }
  void emit(std::uint32_t sequence, std::uint8_t flags, std::string_view payload, bool acknowledges) {
    const std::size_t other = 1 - side_;
    TcpFields fields{ends_[side_], ends_[other], sequence, 0, flags, window_, options_, payload};
    if (acknowledges) fields.acknowledgement = isn_[other] + 1 + static_cast<std::uint32_t>(position_[other]);
    const ByteBuffer ip = ip_packet(ends_[side_].address, ends_[other].address, tcp_bytes(fields));
    packets_.push_back({ethernet_frame(ip), time_});
    time_ += std::chrono::microseconds(100);
  }

  Endpoint ends_[2];
  std::uint32_t isn_[2] = {1000, 5000};
  std::uint64_t position_[2] = {0, 0};
  std::size_t side_ = 0;
  std::uint16_t window_ = 65535;
  ByteBuffer options_;
  Timestamp time_{std::chrono::hours(1)};
  std::vector<Packet> packets_;
};

}  // namespace sallyport::test
