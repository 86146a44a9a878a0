// A worker in an attacker's hands: whatever it sends must not be believed beyond its range.
#include <cstdlib>

#include "daemon/classify/fingerprint_index.h"
#include "daemon/classify/worker_client.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sallyport;
  const Bytes message = as_byte_span(data, size);
  Findings findings;
  const ExpectedReply expected{1,
                               bit(FindingKind::kFace) | bit(FindingKind::kFingerprint) | bit(FindingKind::kCamera) |
                                   bit(FindingKind::kLocalFeatures),
                               1};
  const ReplyKind kind = parse_classify_reply(message, expected, {}, findings);
  if (kind == ReplyKind::kLast && (!findings.plates.empty() || findings.faces.size() > 256)) std::abort();
  if (kind != ReplyKind::kBad && findings.camera && findings.camera->overlays.size() != 1) std::abort();
  if (kind == ReplyKind::kPart && (findings.parts.at(0).path.empty() || !findings.parts[0].plates.empty()))
    std::abort();
  if (findings.local_features) {
    const KeptParts kept = parts_to_keep(*findings.local_features);
    FingerprintIndex::of({Fingerprint{{}, {}, 0, "", kept}}).find_part(QueryCorners(*findings.local_features));
  }
  parse_worker_hello(message);
  return 0;
}
