// One object of 64 MiB in chunks of 64 KiB: what assembling costs beside the digest itself.
#include <benchmark/benchmark.h>

#include "daemon/transfer/transfer_table.h"

namespace {

using namespace sallyport;

constexpr std::size_t kChunkBytes = 65536;
constexpr std::size_t kChunks = 1024;

class FixedInterest : public ObjectSink {
 public:
  explicit FixedInterest(Interest interest) : interest_(interest) {}
  Interest on_begin(const Transfer&) override { return interest_; }
  Interest on_known(const Transfer&) override { return interest_; }
  void on_unit_end(const Transfer&, FlowId) override {}
  void on_end(const Transfer& transfer, std::shared_ptr<const ObjectBytes>) override {
    benchmark::DoNotOptimize(transfer.complete);
  }

 private:
  Interest interest_;
};

ByteBuffer chunk_of(std::size_t size) {
  ByteBuffer chunk(size);
  for (std::size_t i = 0; i < size; ++i) chunk[i] = static_cast<std::byte>(i * 31);
  return chunk;
}

void set_bytes(benchmark::State& state, std::size_t chunk_bytes) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) *
                          static_cast<std::int64_t>(kChunks * chunk_bytes));
}

void digest_alone(benchmark::State& state) {
  const ByteBuffer chunk = chunk_of(kChunkBytes);
  for (auto _ : state) {
    Sha256 digest;
    for (std::size_t i = 0; i < kChunks; ++i) digest.update(chunk);
    benchmark::DoNotOptimize(digest.finish());
  }
  set_bytes(state, kChunkBytes);
}
BENCHMARK(digest_alone)->Unit(benchmark::kMillisecond);

/// `spans`: behind a mutex; `stride` 2: each pair of chunks comes in the wrong order.
void assemble(benchmark::State& state, Interest interest, bool spans, std::size_t chunk_bytes, std::size_t stride) {
  const ByteBuffer chunk = chunk_of(chunk_bytes);
  FixedInterest sink(interest);
  Mailbox mailbox;
  SharedTransfers shared;
  TransferTable table(0, sink, mailbox, shared, {});
  for (auto _ : state) {
    const TransferId id = table.begin({"object", spans}, {}, FlowId{1}, Timestamp{}).id;
    for (std::size_t i = 0; i < kChunks; ++i) {
      const std::size_t place = stride == 1 ? i : i ^ 1U;
      table.chunk(id, place * chunk_bytes, chunk, FlowId{1}, Timestamp{});
    }
    table.end(id, EndReason::kComplete, std::nullopt, FlowId{1}, Timestamp{});
  }
  set_bytes(state, chunk_bytes);
}
BENCHMARK_CAPTURE(assemble, account, Interest::kAccount, false, kChunkBytes, 1)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(assemble, digest, Interest::kDigest, false, kChunkBytes, 1)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(assemble, digest_spanning, Interest::kDigest, true, kChunkBytes, 1)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(assemble, digest_swapped, Interest::kDigest, false, kChunkBytes, 2)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(assemble, content, Interest::kContent, false, kChunkBytes, 1)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(assemble, content_swapped, Interest::kContent, false, kChunkBytes, 2)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(assemble, digest_segments, Interest::kDigest, false, 1448, 1)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(assemble, content_segments, Interest::kContent, false, 1448, 1)->Unit(benchmark::kMillisecond);

}  // namespace
