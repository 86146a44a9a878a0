// A worker in an attacker's hands: whatever it sends must not be believed beyond its range.
#include <cstdlib>

#include "daemon/classify/worker_client.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sallyport;
  const Bytes message = as_byte_span(data, size);
  const auto findings = parse_classify_reply(message, 1, bit(FindingKind::kFace) | bit(FindingKind::kFingerprint), {});
  if (findings && (!findings->plates.empty() || findings->faces.size() > 256)) std::abort();
  parse_worker_hello(message);
  return 0;
}
