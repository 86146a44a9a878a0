// Events: encoding, and the way through the queue.
#include <benchmark/benchmark.h>

#include "daemon/events/callback_sink.h"
#include "daemon/events/event_builder.h"
#include "daemon/events/event_writer.h"
#include "daemon/events/ocsf_encoder.h"
#include "daemon/events/proto_encoder.h"
#include "tests/support/sample_event.h"

namespace sallyport {
namespace {

void ocsf(benchmark::State& state) {
  const Event event = test::sample_event();
  for (auto _ : state) benchmark::DoNotOptimize(encode_ocsf(event));
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(encode_ocsf(event).size()));
}
BENCHMARK(ocsf);

void proto(benchmark::State& state) {
  const Event event = test::sample_event();
  for (auto _ : state) benchmark::DoNotOptimize(encode_proto(event));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(proto);

void build(benchmark::State& state) {
  const EventBuilder builder("gate-1", "tap");
  const Transfer transfer = test::sample_transfer();
  const Verdict verdict = test::sample_verdict();
  for (auto _ : state) {
    benchmark::DoNotOptimize(builder.build(transfer, {}, verdict, Disposition::kAlerted, transfer.last_seen));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(build);

/// What a shard pays; the writer's thread empties the queue meanwhile, or drops.
void publish(benchmark::State& state) {
  std::vector<std::unique_ptr<RecordSink>> sinks;
  sinks.push_back(std::make_unique<CallbackSink>([](const EventRecord&) {}));
  EventWriter writer({}, std::move(sinks));
  const Event event = test::sample_event();
  for (auto _ : state) writer.publish(event);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(publish)->UseRealTime();

}  // namespace
}  // namespace sallyport
