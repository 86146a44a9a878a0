// A policy of 1,000 rules over 10,000 networks: what a flow, a transfer and a verdict cost.
#include <benchmark/benchmark.h>

#include <random>

#include "policy/loader.h"

namespace sallyport::policy {
namespace {

std::string large_policy() {
  std::string text = "version: 1\nname: large\nnetworks:\n";
  for (int network = 0; network < 100; ++network) {
    text += "  n" + std::to_string(network) + ":\n    cidrs:\n";
    for (int i = 0; i < 100; ++i) {
      text += "      - 10." + std::to_string(network) + '.' + std::to_string(2 * i) + ".0/24\n";
    }
  }
  text += "rules:\n";
  for (int rule = 0; rule < 1000; ++rule) {
    const std::string number = std::to_string(rule);
    text += "  - {name: r" + number + ", state: block, from: [n" + std::to_string(rule % 100) + "], to: {not: [n" +
            std::to_string(rule % 99) + "]}, when: {paths: [\"*/" + number + "/*\"], plates: {at_least: 1}}}\n";
  }
  return text;
}

const std::shared_ptr<const Policy>& policy() {
  static const std::shared_ptr<const Policy> kPolicy = load_policy_text(large_policy(), "large").policy;
  return kPolicy;
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
  const std::string text = large_policy();
  for (auto step : state) benchmark::DoNotOptimize(load_policy_text(text, "large").policy);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK(BM_Load)->Unit(benchmark::kMillisecond);

void BM_Interest(benchmark::State& state) {
  const auto all = addresses();
  Flow flow;
  std::size_t i = 0;
  for (auto step : state) {
    flow.client.address = all[i++ % all.size()];
    flow.server.address = all[i % all.size()];
    benchmark::DoNotOptimize(policy()->interest(flow));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_Interest);

Transfer image_transfer() {
  Transfer transfer;
  transfer.facts.protocol = Protocol::kHttp1;
  transfer.facts.sender.address = addresses()[0];
  transfer.facts.receiver.address = addresses()[1];
  transfer.facts.path = "/upload/camera-7/500/2026-10-01/image-000123.jpg";
  transfer.content = ContentType::kJpeg;
  return transfer;
}

void BM_Demand(benchmark::State& state) {
  const Transfer transfer = image_transfer();
  for (auto step : state) benchmark::DoNotOptimize(policy()->demand(transfer));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_Demand);

void BM_Evaluate(benchmark::State& state) {
  Transfer transfer = image_transfer();
  transfer.ended = true;
  Findings findings;
  findings.looked_for = bit(FindingKind::kPlate);
  findings.plates = {{{}, 0.9F}};
  for (auto step : state) benchmark::DoNotOptimize(policy()->evaluate(transfer, findings));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_Evaluate);

}  // namespace
}  // namespace sallyport::policy
