// What the policy decides about a transfer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/contract/not_inspected.h"

namespace sallyport {

/// In rising order: the strictest of several wins.
enum class Action : std::uint8_t { kAllow, kAlert, kBlock };
std::string_view to_string(Action action);

/// OCSF severity_id values (OCSF base event).
enum class Severity : std::uint8_t { kInformational = 1, kLow = 2, kMedium = 3, kHigh = 4, kCritical = 5 };
std::string_view to_string(Severity severity);

/// One rule that matched.
struct RuleMatch {
  std::string rule;
  Severity severity = Severity::kMedium;
  Action action = Action::kAlert;  ///< what the rule says, before shadow
  bool shadow = false;             ///< only shows what it would have done
  std::string reason;              ///< one sentence: which condition, with value and threshold
  /// Set when the rule matched because something could not be inspected (on_encrypted, on_deadline, ...).
  std::optional<NotInspected> because_not_inspected = std::nullopt;
  std::vector<std::string> tags = {};  ///< words of the policy's own, for whoever sorts events
};

struct Verdict {
  Action action = Action::kAllow;                ///< strictest of the matches that are not shadow
  Severity severity = Severity::kInformational;  ///< highest of the matches that are not shadow
  std::vector<RuleMatch> matches;                ///< in the order of the policy file
  std::optional<NotInspected> not_inspected;     ///< the transfer was not (wholly) inspected; independent of `action`
  bool record = false;                           ///< the policy wants an event even without a match
  std::string policy_digest;                     ///< SHA-256 of the policy that decided, hexadecimal
  std::vector<std::string> permitted_by = {};    ///< contracts that kept a rule from matching, each once

  /// The first match whose action is the verdict's; null where nothing matched.
  const RuleMatch* deciding() const;
};

}  // namespace sallyport
