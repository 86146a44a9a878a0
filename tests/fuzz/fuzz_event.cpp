// Hostile boundary: an event that somebody hands to `policy explain` as one that the daemon wrote.
#include "daemon/base/bytes.h"
#include "daemon/cli/recorded_event.h"
#include "policy/explanation.h"
#include "policy/loader.h"

namespace {

constexpr const char* kPolicy = R"(version: 1
name: fuzz
networks:
  agency: {cidrs: [10.0.0.0/8]}
fingerprints:
  lanes: {file: lanes.spf}
rules:
  - {name: faces, state: block, from: [agency], when: {faces: {at_least: 2}, paths: ["*/in/*"]}}
  - {name: near, state: alert, when: {any: [{near: {set: lanes}}, {not_inspected: any}, {evasion: any}]}}
)";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sallyport;
  static const policy::LoadResult loaded = policy::load_policy_text(kPolicy, "fuzz");
  const auto event = cli::read_ocsf_event(as_text(as_byte_span(data, size)));
  if (!event) return 0;
  const auto explanation = policy::explain_transfer(loaded.policy, *loaded.document, event->played);
  policy::to_text(explanation);
  policy::to_json(explanation).dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
  return 0;
}
