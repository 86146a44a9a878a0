// Hostile boundary: the text of a policy. What loads must print as a policy that loads and is the same.
#include "daemon/base/check.h"
#include "policy/loader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sallyport;
  const std::string text(as_text(as_byte_span(data, size)));
  const policy::LoadResult result = policy::load_policy_text(text, "fuzz");
  policy::to_json(result.diagnostics);
  policy::to_text(result);
  if (!result.policy) return 0;
  const policy::LoadResult again = policy::load_policy_text(result.policy->text(), "printed");
  SALLYPORT_CHECK(again.policy != nullptr && again.policy->digest() == result.policy->digest());
  Transfer transfer;
  transfer.content = ContentType::kJpeg;
  result.policy->demand(transfer);
  transfer.facts.opaque = NotInspected::kEncrypted;
  result.policy->evaluate(transfer, Findings{});
  return 0;
}
