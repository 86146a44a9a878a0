// What a flow, a transfer and a verdict cost under a policy of 1,000 networks. Argument: how many rules it has. Ten of
// them can match the transfer, one does; the others speak of other networks.
#include <benchmark/benchmark.h>

#include <map>
#include <random>
#include <utility>

#include "policy/loader.h"

namespace sallyport::policy {
namespace {

constexpr int kNetworks = 1000;

std::string network(int number) {
  std::string text = "  n" + std::to_string(number) + ":\n    cidrs:\n";
  const std::string begin = "10." + std::to_string(number / 4) + '.';
  for (int i = 0; i < 10; ++i) text += "      - " + begin + std::to_string(number % 4 * 64 + 2 * i) + ".0/24\n";
  return text;
}

std::string rule(int number) {
  const std::string name = std::to_string(number);
  const std::string from = number < 10 ? "0" : std::to_string(1 + number % (kNetworks - 1));
  return "  - {name: r" + name + ", state: block, from: [n" + from + "], to: {not: [n" + from +
         "]}, when: {paths: [\"*/" + name + "/*\"], plates: {at_least: 1}}}\n";
}

std::string large_policy(int rules) {
  std::string text = "version: 1\nname: large\nnetworks:\n";
  for (int i = 0; i < kNetworks; ++i) text += network(i);
  text += "rules:\n";
  for (int i = 0; i < rules; ++i) text += rule(i);
  return text;
}

const Policy& policy(const benchmark::State& state) {
  static std::map<std::int64_t, std::shared_ptr<const Policy>> policies;
  auto& policy = policies[state.range(0)];
  if (!policy) policy = load_policy_text(large_policy(static_cast<int>(state.range(0))), "large").policy;
  return *policy;
}

std::vector<IpAddress> addresses() {
  std::mt19937 random(3);
  std::vector<IpAddress> all;
  for (int i = 0; i < 4096; ++i) {
    const std::uint8_t bytes[4] = {10, static_cast<std::uint8_t>(random() % 128), static_cast<std::uint8_t>(random()),
                                   1};
    all.push_back(IpAddress::from_v4(as_byte_span(bytes, 4)));
  }
  return all;
}

void BM_Load(benchmark::State& state) {
  const std::string text = large_policy(static_cast<int>(state.range(0)));
  for (auto step : state) benchmark::DoNotOptimize(load_policy_text(text, "large").policy);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK(BM_Load)->Arg(200)->Unit(benchmark::kMillisecond);

void BM_Interest(benchmark::State& state) {
  const auto all = addresses();
  Flow flow;
  std::size_t i = 0;
  const Policy& large = policy(state);
  for (auto step : state) {
    flow.client.address = all[i++ % all.size()];
    flow.server.address = all[i % all.size()];
    benchmark::DoNotOptimize(large.interest(flow));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_Interest)->Arg(200)->Arg(4000);

Transfer image_transfer() {
  Transfer transfer;
  transfer.facts.protocol = Protocol::kHttp1;
  transfer.facts.sender.address = *IpAddress::parse("10.0.2.1");
  transfer.facts.receiver.address = *IpAddress::parse("10.100.4.1");
  transfer.facts.path = "/upload/camera-7/5/2026-10-01/image-000123.jpg";
  transfer.content = ContentType::kJpeg;
  return transfer;
}

void BM_Demand(benchmark::State& state) {
  const Transfer transfer = image_transfer();
  const Policy& large = policy(state);
  for (auto step : state) benchmark::DoNotOptimize(large.demand(transfer));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_Demand)->Arg(200)->Arg(4000);

void evaluate(benchmark::State& state, Transfer transfer) {
  transfer.ended = true;
  Findings findings;
  findings.looked_for = bit(FindingKind::kPlate);
  findings.plates = {{{}, 0.9F}};
  const Policy& large = policy(state);
  const auto memory = large.new_memory();
  for (auto step : state) benchmark::DoNotOptimize(large.evaluate(transfer, findings, *memory));
  state.SetItemsProcessed(state.iterations());
}

/// One of ten rules matches, and says why.
void BM_Evaluate(benchmark::State& state) {
  evaluate(state, image_transfer());
}
BENCHMARK(BM_Evaluate)->Arg(200)->Arg(4000);

/// None of the ten does.
void BM_EvaluateNoMatch(benchmark::State& state) {
  Transfer transfer = image_transfer();
  transfer.facts.path = "/upload/camera-7/none/2026-10-01/image-000123.jpg";
  evaluate(state, std::move(transfer));
}
BENCHMARK(BM_EvaluateNoMatch)->Arg(200)->Arg(4000);

/// No rule speaks of the sender.
void BM_EvaluateElsewhere(benchmark::State& state) {
  Transfer transfer = image_transfer();
  transfer.facts.sender.address = *IpAddress::parse("198.51.100.1");
  evaluate(state, std::move(transfer));
}
BENCHMARK(BM_EvaluateElsewhere)->Arg(200)->Arg(4000);

}  // namespace
}  // namespace sallyport::policy
