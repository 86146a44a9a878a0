// SMB2 WRITEs through the parser into a sink that does nothing.
#include <benchmark/benchmark.h>

#include <random>

#include "daemon/protocols/smb/smb_parser.h"
#include "tests/support/smb_compression.h"

namespace sallyport {
namespace {

class NothingSink : public TransferSink {
 public:
  BegunTransfer begin(const ObjectIdentity&, const TransferFacts&, FlowId, Timestamp) override {
    return {TransferId{1}, Interest::kContent};
  }
  BegunTransfer compose(const ObjectIdentity&, const TransferFacts&, const Composition&, FlowId, Timestamp) override {
    return {};
  }
  TransferId rekey(TransferId, const ObjectIdentity&, FlowId, Timestamp) override { return {}; }
  void update(TransferId, const TransferFacts&) override {}
  void chunk(TransferId, std::uint64_t, Bytes bytes, FlowId, Timestamp) override {
    benchmark::DoNotOptimize(bytes.data());
  }
  void pass(TransferId, std::uint64_t, std::uint64_t, FlowId, Timestamp) override {}
  void hole(TransferId, std::uint64_t, std::uint64_t, NotInspected) override {}
  void resize(TransferId, std::uint64_t) override {}
  void flag(TransferId, EvasionSet) override {}
  void unit_end(TransferId, FlowId, Timestamp) override {}
  void end(TransferId, EndReason, std::optional<NotInspected>, FlowId, Timestamp) override {}
};

/// range(0): bytes of a WRITE. range(1): bytes of a span.
void write_stream(benchmark::State& state) {
  NothingSink sink;
  smb::SmbConfig config;
  smb::SmbStats stats;
  const auto parser = smb::make_smb_parser(Flow{}, sink, config, stats);
  const std::string message =
      test::smb::frame(test::smb::write(4, 9, 0, std::string(static_cast<std::size_t>(state.range(0)), 'x')));
  const auto span = static_cast<std::size_t>(state.range(1));
  for (auto _ : state) {
    for (Bytes rest = as_byte_span(message); !rest.empty(); rest = rest.subspan(prefix(rest, span).size())) {
      parser->feed(Direction::kClientToServer, prefix(rest, span), {});
    }
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(message.size()));
}
BENCHMARK(write_stream)->ArgsProduct({{64 << 10, 1 << 20}, {1460, 64 << 10}})->ArgNames({"write", "span"});

/// Compressed WRITEs of 256 KiB, half of it noise and half a run. Counts the bytes that come out. range(0): the
/// algorithm.
void compressed_write_stream(benchmark::State& state) {
  NothingSink sink;
  smb::SmbConfig config;
  smb::SmbStats stats;
  const auto parser = smb::make_smb_parser(Flow{}, sink, config, stats);
  std::string data;
  std::minstd_rand random;
  for (int i = 0; i < 128 << 10; ++i) data += static_cast<char>(random() >> 8);
  const std::string plain = test::smb::write(4, 9, 0, data + std::string(128 << 10, 'x'));
  const std::string message = test::smb::frame(test::smb::unchained(static_cast<unsigned>(state.range(0)), plain));
  for (auto _ : state) parser->feed(Direction::kClientToServer, as_byte_span(message), {});
  state.SetBytesProcessed(static_cast<std::int64_t>(stats.decompressed_bytes.value()));
}
BENCHMARK(compressed_write_stream)
    ->Arg(test::smb::kLznt1)
    ->Arg(test::smb::kLz77)
    ->Arg(test::smb::kLz77Huffman)
    ->Arg(test::smb::kLz4)
    ->ArgName("algorithm");

}  // namespace
}  // namespace sallyport
