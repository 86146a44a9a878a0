// Yes, no, or not known - and if not known, whether it can still be learnt and at what cost (Kleene's three-valued
// logic).
#pragma once

#include <algorithm>
#include <cstdint>

#include "daemon/contract/finding.h"
#include "daemon/contract/interest.h"
#include "policy/outcomes.h"

namespace sallyport::policy {

enum class Truth : std::uint8_t { kNo, kUnknown, kYes };

struct Answer {
  Truth truth = Truth::kNo;
  ReasonSet reasons = 0;             ///< of kUnknown: why it will never be known
  Interest needs = Interest::kNone;  ///< of kUnknown: what could still tell
  FindingSet findings = 0;           ///< of kUnknown: findings that could still tell

  static Answer of(bool yes) { return {yes ? Truth::kYes : Truth::kNo, 0, Interest::kNone, 0}; }
  static Answer hidden(ReasonSet reasons) { return {Truth::kUnknown, reasons, Interest::kNone, 0}; }
  static Answer open(Interest needs, FindingSet findings = 0) { return {Truth::kUnknown, 0, needs, findings}; }
};

namespace answer_detail {
inline Answer joined(const Answer& a, const Answer& b) {
  return {Truth::kUnknown, a.reasons | b.reasons, std::max(a.needs, b.needs), a.findings | b.findings};
}
}  // namespace answer_detail

/// Both hold.
inline Answer both(const Answer& a, const Answer& b) {
  if (a.truth == Truth::kNo || b.truth == Truth::kNo) return Answer::of(false);
  if (a.truth == Truth::kYes) return b;
  return b.truth == Truth::kYes ? a : answer_detail::joined(a, b);
}
/// One of them holds.
inline Answer either(const Answer& a, const Answer& b) {
  if (a.truth == Truth::kYes || b.truth == Truth::kYes) return Answer::of(true);
  if (a.truth == Truth::kNo) return b;
  return b.truth == Truth::kNo ? a : answer_detail::joined(a, b);
}
inline Answer opposite(const Answer& a) {
  return a.truth == Truth::kUnknown ? a : Answer::of(a.truth == Truth::kNo);
}

}  // namespace sallyport::policy
