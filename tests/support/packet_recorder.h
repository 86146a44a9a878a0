// Seam 1 joined to net, for tests of packet front ends.
#pragma once

#include <functional>

#include "daemon/base/mailbox.h"
#include "daemon/contract/packet_sink.h"
#include "daemon/net/tcp_reassembler.h"
#include "tests/support/recording_stream_sink.h"

namespace sallyport::test {

class PacketRecorder : public PacketSink {
 public:
  RecordingStreamSink streams;
  Mailbox mailbox;
  TcpReassembler net{streams, ReassemblyConfig()};
  std::size_t ticks = 0;
  std::size_t ends = 0;

  PacketPlace on_packet(const RawPacket& packet) override { return net.on_packet(packet); }
  void on_tick(Timestamp now) override {
    ++ticks;
    mailbox.run();
    net.on_tick(now);
  }
  int wake_fd() const override { return mailbox.wake_fd(); }
  void on_end(Timestamp now) override {
    ++ends;
    net.on_end(now);
  }
};

}  // namespace sallyport::test
