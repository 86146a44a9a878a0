// Decode and reassemble: packets and payload bytes a second of one shard.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <string>

#include "daemon/net/tcp_reassembler.h"
#include "tests/support/tcp_script.h"

namespace sallyport {
namespace {

class CountingSink : public StreamSink {
 public:
  Interest on_open(const Flow&) override { return Interest::kContent; }
  void on_bytes(FlowId, Direction, std::uint64_t, Bytes bytes, Timestamp) override { bytes_ += bytes.size(); }
  void on_gap(FlowId, Direction, std::uint64_t, std::uint64_t, Timestamp) override {}
  void on_conflict(FlowId, Direction, std::uint64_t, Bytes, Timestamp) override {}
  void on_half_close(FlowId, Direction, Timestamp) override {}
  void on_close(FlowId, CloseReason, Timestamp) override {}
  std::uint64_t bytes() const { return bytes_; }

 private:
  std::uint64_t bytes_ = 0;
};

constexpr std::size_t kPacketsPerFlow = 64;

// All flows' data packets, interleaved; within a flow each group of four is turned round where `reordered`.
std::vector<test::TcpScript::Packet> make_packets(std::size_t flows, std::size_t segment_bytes, bool reordered) {
  const std::string payload(segment_bytes, 'x');
  std::vector<std::vector<test::TcpScript::Packet>> all;
  for (std::size_t i = 0; i < flows; ++i) {
    test::TcpScript script("10.0.0.1", "10.0.0.2", static_cast<std::uint16_t>(1024 + i));
    script.handshake();
    for (std::size_t n = 0; n < kPacketsPerFlow; ++n) script.client().data(payload);
    auto& packets = script.packets();
    for (auto at = packets.begin() + 3; reordered && packets.end() - at >= 4; at += 4) std::reverse(at, at + 4);
    script.server().ack().rst();
    all.push_back(packets);
  }
  std::vector<test::TcpScript::Packet> mixed;
  for (std::size_t n = 0; n < all[0].size(); ++n) {
    for (auto& packets : all) mixed.push_back(packets[n]);
  }
  return mixed;
}

void reassemble(benchmark::State& state, bool reordered, std::size_t history_bytes) {
  const auto packets =
      make_packets(static_cast<std::size_t>(state.range(0)), static_cast<std::size_t>(state.range(1)), reordered);
  CountingSink sink;
  ReassemblyConfig config;
  config.history_bytes = history_bytes;
  TcpReassembler net(sink, config);
  for (auto _ : state) {
    for (const auto& packet : packets) net.on_packet(test::TcpScript::raw_packet(packet));
    net.on_end({});
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(net.stats().packets.value()));
  state.SetBytesProcessed(static_cast<std::int64_t>(sink.bytes()));
}

void in_order(benchmark::State& state) {
  reassemble(state, false, ReassemblyConfig().history_bytes);
}
void in_order_without_history(benchmark::State& state) {
  reassemble(state, false, 0);
}
void out_of_order(benchmark::State& state) {
  reassemble(state, true, ReassemblyConfig().history_bytes);
}

// Flows, bytes a segment.
BENCHMARK(in_order)->Args({1, 1460})->Args({64, 1460})->Args({2000, 64})->Args({4, 65000});
BENCHMARK(in_order_without_history)->Args({1, 1460})->Args({64, 1460})->Args({4, 65000});
BENCHMARK(out_of_order)->Args({64, 1460})->Args({4, 65000});

}  // namespace
}  // namespace sallyport
