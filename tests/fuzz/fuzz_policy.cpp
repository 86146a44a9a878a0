// Hostile boundary: the text of a policy, or of one scenario. What loads must print as a policy that loads and is the
// same, and its tests must run.
#include "daemon/base/check.h"
#include "policy/loader.h"
#include "policy/scenario_loader.h"
#include "policy/test_report.h"

namespace {

constexpr std::uint64_t kRepetitionsMax = 200;  // of all tests together: more costs time and finds nothing new

void run(const sallyport::policy::LoadResult& loaded) {
  std::uint64_t repetitions = 0;
  for (const auto& test : loaded.document->tests) {
    for (const auto& step : test.steps) repetitions += step.repeat;
  }
  if (repetitions > kRepetitionsMax) return;
  const auto report = sallyport::policy::run_tests(loaded.policy, *loaded.document, std::nullopt);
  sallyport::policy::to_text(report, true);
  sallyport::policy::to_json({report});
  sallyport::policy::to_junit({report});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sallyport;
  const std::string text(as_text(as_byte_span(data, size)));
  const policy::LoadResult result = policy::load_policy_text(text, "fuzz");
  policy::to_json(result.diagnostics);
  policy::to_text(result);
  policy::load_scenario_text(text, "fuzz", policy::PolicyDocument());
  if (!result.policy) return 0;
  run(result);
  const policy::LoadResult again = policy::load_policy_text(result.policy->text(), "printed");
  SALLYPORT_CHECK(again.policy != nullptr && again.policy->digest() == result.policy->digest());
  Transfer transfer;
  transfer.content = ContentType::kJpeg;
  result.policy->demand(transfer);
  transfer.facts.opaque = NotInspected::kEncrypted;
  result.policy->evaluate(transfer, Findings{});
  return 0;
}
