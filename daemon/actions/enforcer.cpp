#include "daemon/actions/enforcer.h"

#include <algorithm>

namespace sallyport {
namespace {

/// The protocol announced more bytes than have come: dropping the flows keeps the rest away. Known holes may have
/// passed unseen, so they are not counted as withheld.
bool more_was_to_come(const Transfer& transfer) {
  return !transfer.ended && transfer.facts.declared_size &&
         *transfer.facts.declared_size > transfer.account.seen + transfer.account.missing_bytes;
}

}  // namespace

Disposition Enforcer::enforce(const Verdict& verdict, const Transfer& transfer, std::span<const EnforcedFlow> flows) {
  switch (verdict.action) {
    case Action::kAllow:
      stats_.allowed.add();
      return Disposition::kAllowed;
    case Action::kAlert:
      stats_.alerted.add();
      return Disposition::kAlerted;
    case Action::kBlock:
      break;
  }
  return block(transfer, flows);
}

Disposition Enforcer::block(const Transfer& transfer, std::span<const EnforcedFlow> flows) {
  const Capabilities& capabilities = control_.capabilities();
  if (capabilities.can_drop) return block_inline(transfer, flows);
  if (capabilities.can_inject) return block_by_reset(flows);
  stats_.blocks_not_possible.add();
  return Disposition::kAlerted;
}

Disposition Enforcer::block_inline(const Transfer& transfer, std::span<const EnforcedFlow> flows) {
  const bool can_inject = control_.capabilities().can_inject;
  for (const EnforcedFlow& enforced : flows) {
    if (enforced.flow == nullptr) continue;
    // The drop comes first: an endpoint that answers the reset must not get anything through.
    control_.drop(enforced.flow->id);
    stats_.flows_dropped.add();
    if (can_inject && !enforced.flow->tunnelled) inject(reset_pair(*enforced.flow, enforced.position));
  }
  const bool withheld = std::any_of(flows.begin(), flows.end(), [](const auto& flow) { return flow.tail_withheld; });
  if (withheld || (!flows.empty() && more_was_to_come(transfer))) {
    stats_.blocked.add();
    return Disposition::kBlocked;
  }
  stats_.blocks_too_late.add();
  return Disposition::kBlockTooLate;
}

Disposition Enforcer::block_by_reset(std::span<const EnforcedFlow> flows) {
  std::size_t sent = 0;
  for (const EnforcedFlow& enforced : flows) {
    // The endpoints of a tunnelled flow are other hosts, or nobody, where our packets go.
    if (enforced.flow == nullptr || enforced.flow->tunnelled) continue;
    sent += inject(reset_volley(*enforced.flow, enforced.position, guesses_));
  }
  if (sent > 0) {
    stats_.resets_attempted.add();
    return Disposition::kResetAttempted;
  }
  stats_.blocks_not_possible.add();
  return Disposition::kAlerted;
}

std::size_t Enforcer::inject(std::span<const ByteBuffer> packets) {
  std::size_t sent = 0;
  for (const ByteBuffer& packet : packets) sent += control_.inject(packet) ? 1 : 0;
  stats_.resets_injected.add(sent);
  stats_.inject_failures.add(packets.size() - sent);
  return sent;
}

}  // namespace sallyport
