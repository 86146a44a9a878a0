// Hostile boundary: the text of a policy, of a policy in two files ("%%%" between them), or of one scenario. What loads
// must print as a policy that loads and is the same, and its tests must run; what is laid out anew stays the same.
#include "daemon/base/check.h"
#include "policy/bundle.h"
#include "policy/format.h"
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

sallyport::policy::LoadResult load(const std::string& text) {
  const std::size_t cut = text.find("%%%");
  if (cut == std::string::npos) return sallyport::policy::load_policy_text(text, "fuzz");
  return sallyport::policy::load_policy_texts({{"a", text.substr(0, cut)}, {"b", text.substr(cut + 3)}}, "fuzz");
}

void lay_out(const std::string& text) {
  using namespace sallyport;
  const policy::FormatResult once = policy::format_policy(text, "fuzz");
  if (!once.text) return;
  const policy::FormatResult twice = policy::format_policy(*once.text, "fuzz");
  SALLYPORT_CHECK(twice.text == once.text);
  const policy::LoadResult before = policy::load_policy_text(text, "fuzz");
  const policy::LoadResult after = policy::load_policy_text(*once.text, "fuzz");
  SALLYPORT_CHECK(before.errors() == after.errors());
  SALLYPORT_CHECK(!before.policy || before.policy->digest() == after.policy->digest());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sallyport;
  const std::string text(as_text(as_byte_span(data, size)));
  lay_out(text);
  const policy::LoadResult result = load(text);
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
