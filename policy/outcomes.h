// What a rule does where something could not be inspected: one outcome for each reason, under a key such as
// on_encrypted.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "daemon/contract/not_inspected.h"
#include "daemon/contract/verdict.h"

namespace sallyport::policy {

/// A set of reasons, one bit each.
using ReasonSet = std::uint32_t;
constexpr ReasonSet bit(NotInspected reason) {
  return 1U << static_cast<unsigned>(reason);
}

struct OutcomeKey {
  std::string_view key;
  ReasonSet reasons;
};

inline constexpr std::size_t kOutcomeCount = 16;
/// The keys, in the order of the reference. Some stand for several reasons.
inline constexpr std::array<OutcomeKey, kOutcomeCount> kOutcomeKeys{{
    {"on_encrypted", bit(NotInspected::kEncrypted) | bit(NotInspected::kEncryptedArchive)},
    {"on_unknown_protocol", bit(NotInspected::kUnknownProtocol)},
    {"on_unknown_coding", bit(NotInspected::kUnknownCoding)},
    {"on_gap", bit(NotInspected::kGap)},
    {"on_too_large", bit(NotInspected::kTooLarge) | bit(NotInspected::kContainerLimit)},
    {"on_expansion_limit", bit(NotInspected::kExpansionLimit)},
    {"on_deadline", bit(NotInspected::kDeadline)},
    {"on_worker_crash", bit(NotInspected::kWorkerCrash)},
    {"on_overload", bit(NotInspected::kOverBudget) | bit(NotInspected::kWorkerUnavailable)},
    {"on_decode_error", bit(NotInspected::kDecodeError)},
    {"on_unsupported_format", bit(NotInspected::kUnsupportedFormat)},
    {"on_protocol_error", bit(NotInspected::kProtocolError)},
    {"on_detector_missing", bit(NotInspected::kDetectorMissing)},
    {"on_aborted", bit(NotInspected::kAborted)},
    {"on_no_bytes", bit(NotInspected::kNoBytes)},
    {"on_conflict", bit(NotInspected::kConflict)},
}};

/// The place in kOutcomeKeys of the key for a reason.
constexpr std::size_t outcome_index(NotInspected reason) {
  std::size_t index = 0;
  while ((kOutcomeKeys[index].reasons & bit(reason)) == 0) ++index;
  return index;
}

/// One outcome for each key.
using Outcomes = std::array<Action, kOutcomeCount>;

}  // namespace sallyport::policy
