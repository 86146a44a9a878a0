// A packet sink that tells flows apart by port and does to them what a test says.
#pragma once

#include <atomic>
#include <functional>
#include <future>
#include <set>
#include <utility>

#include "daemon/base/byte_reader.h"
#include "daemon/base/mailbox.h"
#include "daemon/contract/packet_sink.h"

namespace sallyport::test {

/// Everything but the atomics and in_loop() is for the source's thread.
class ScriptedSink : public PacketSink {
 public:
  struct Seen {
    FlowId flow;  ///< the client's port
    Direction direction;
    std::size_t payload;
    Flow addresses;
    TcpPosition position;  ///< before this packet
  };
  explicit ScriptedSink(std::uint16_t server_port) : server_port_(server_port) {}

  /// Called for each TCP packet; set it before the source runs.
  std::function<void(const Seen&)> on_seen = [](const Seen&) {};
  /// Whether the packet is said to contradict earlier ones.
  std::function<bool(const Seen&)> contradicts = [](const Seen&) { return false; };
  std::atomic<std::uint64_t> packets{0};
  std::atomic<std::size_t> largest{0};
  std::atomic<bool> ended{false};

  /// Runs `work` on the source's thread and waits for it.
  void in_loop(std::function<void()> work) {
    std::promise<void> done;
    mailbox_.post([&] {
      work();
      done.set_value();
    });
    done.get_future().wait();
  }

  PacketPlace on_packet(const RawPacket& packet) override {
    packets.fetch_add(1);
    if (packet.bytes.size() > largest) largest = packet.bytes.size();
    ByteReader ip(packet.bytes);
    const bool v4 = ip.u8() >> 4 == 4;
    const std::size_t header = v4 ? 20 : 40, address = v4 ? 4 : 16;
    ip.seek(header - 2 * address);
    const Bytes from = ip.take(address), to = ip.take(address);
    const std::uint16_t source = ip.u16be(), destination = ip.u16be();
    const std::uint32_t sequence = ip.u32be(), acknowledged = ip.u32be();
    const unsigned offset_and_flags = ip.u16be();
    Seen seen;
    seen.direction = destination == server_port_ ? Direction::kClientToServer : Direction::kServerToClient;
    const bool up = seen.direction == Direction::kClientToServer;
    seen.flow = FlowId{up ? source : destination};
    seen.payload = packet.bytes.size() - header - (offset_and_flags >> 12) * 4;
    const auto endpoint = [&](Bytes raw, std::uint16_t port) {
      return Endpoint{v4 ? IpAddress::from_v4(raw) : IpAddress::from_v6(raw), port};
    };
    seen.addresses.client = up ? endpoint(from, source) : endpoint(to, destination);
    seen.addresses.server = up ? endpoint(to, destination) : endpoint(from, source);
    seen.position.next_sequence[index_of(seen.direction)] = sequence;
    seen.position.next_sequence[index_of(opposite(seen.direction))] = acknowledged;
    seen.position.known[0] = seen.position.known[1] = true;
    on_seen(seen);
    return {seen.flow, seen.direction, seen.payload > 0 || (offset_and_flags & 7) != 0, contradicts(seen)};
  }
  void on_tick(Timestamp) override { mailbox_.run(); }
  int wake_fd() const override { return mailbox_.wake_fd(); }
  void on_end(Timestamp) override { ended = true; }

 private:
  std::uint16_t server_port_;
  Mailbox mailbox_;
};

}  // namespace sallyport::test
