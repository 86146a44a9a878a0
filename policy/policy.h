// The compiled policy: immutable, shared by all threads as shared_ptr<const Policy>, swapped whole at reload.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/time.h"
#include "daemon/contract/finding.h"
#include "daemon/contract/flow.h"
#include "daemon/contract/flow_control.h"
#include "daemon/contract/interest.h"
#include "daemon/contract/transfer.h"
#include "daemon/contract/verdict.h"

namespace sallyport::policy {

/// How much of one transfer the policy wants to know, with what is known of it so far.
struct Demand {
  Interest interest = Interest::kNone;
  FindingSet findings = 0;  ///< which findings can still change the outcome,
  Enough faces;             ///< and how many of them; more change nothing
  Enough plates;
  bool wants_hash = false;                ///< the perceptual hash itself is asked for, of a known copy too
  bool may_block = false;                 ///< some rule that can still match would block: its end is worth withholding
  std::chrono::milliseconds deadline{0};  ///< how long the verdict may take after the last byte
};

/// A fingerprint set the policy speaks of; classify/fingerprint_index loads it.
struct FingerprintSet {
  std::string name;
  std::string file;       ///< absolute, or relative to the policy file and resolved against it
  int distance_max = 31;  ///< PDQ bits that may differ for a near copy
  bool parts = false;     ///< parts of its pictures are recognised too
  bool canary = false;    ///< its images are planted: each sighting matches the rule canary_rule_name()
};

/// The rule that each canary set brings with it: "canary.<set>".
std::string canary_rule_name(std::string_view set);

/// What a policy would have said of a transfer that another one saw to.
struct Recollection {
  Verdict verdict;                      ///< of the rules that the record can answer
  std::vector<std::string> unknown;     ///< rules that ask what nobody looked for then
  Action action_most = Action::kAllow;  ///< the verdict's action, or more: what those rules could have made of it
};

/// What the rules are compiled into; only policy/ looks inside.
struct CompiledPolicy;
/// What its rules remember from transfer to transfer (policy/memory.h).
class Memory;

/// Any thread; every method is const, and lock-free but for a `memory`. Lives as long as somebody holds the shared_ptr.
class Policy {
 public:
  explicit Policy(std::unique_ptr<const CompiledPolicy> compiled);
  ~Policy();

  /// When a flow opens: the most that any transfer on it could need, in either direction.
  Interest interest(const Flow& flow) const;
  /// When a transfer begins, and again when its names, type or size become known. Rules that the known facts rule out
  /// are not counted; unknown facts count as "may match".
  /// With `memory`, a rule whose breaker has tripped counts as one that alerts.
  Demand demand(const Transfer& transfer) const;
  Demand demand(const Transfer& transfer, const Memory& memory) const;
  /// The verdict, with all that is known now. What is in neither `transfer` nor `findings.looked_for` counts as not
  /// matching, unless transfer.not_inspected or findings.not_inspected says that it could not be looked at: then the
  /// rule's outcome for that reason (on_encrypted, on_deadline, on_gap, ...) applies. Of several pairs of parties
  /// (Transfer::other_parties) each is asked about; of each rule the strictest answer counts.
  /// Rules that count do so with what `memory` holds and this transfer, which is not counted yet. Without `memory`: as
  /// of the first transfer there is.
  Verdict evaluate(const Transfer& transfer, const Findings& findings) const;
  Verdict evaluate(const Transfer& transfer, const Findings& findings, const Memory& memory) const;
  /// The same, and the transfer is counted: once for each, when its verdict is final.
  Verdict conclude(const Transfer& transfer, const Findings& findings, Memory& memory) const;

  /// The same of a record: what `findings.looked_for` lacks, or was never read (content type, digest), is not known.
  Recollection recall(const Transfer& transfer, const Findings& findings) const;
  Recollection recall(const Transfer& transfer, const Findings& findings, Memory& memory) const;
  /// Counts a record for the rules of `memory` that inherited nothing. Gives for how many of them nobody had looked, so
  /// that it counts for nothing.
  std::size_t refill(const Transfer& transfer, const Findings& findings, Memory& memory) const;

  const std::string& name() const;
  /// SHA-256 of the effective, normalised policy, 64 hexadecimal digits.
  const std::string& digest() const;
  /// The effective, normalised policy as YAML: what `policy print` shows. Reads back as the same policy.
  const std::string& text() const;
  const std::vector<FingerprintSet>& fingerprint_sets() const;
  /// The cameras it enrols; classify/camera_match compares images with them.
  const std::vector<EnrolledCamera>& cameras() const;
  /// The named networks that the address is in; valid as long as the policy.
  std::vector<std::string_view> networks_of(const IpAddress& address) const;
  /// The contractors whose networks the address is in; valid as long as the policy.
  std::vector<std::string_view> contractors_of(const IpAddress& address) const;
  /// Rules that are not off.
  std::size_t rule_count() const;
  /// As before the first transfer. The policy outlives it.
  std::shared_ptr<Memory> new_memory() const;
  /// For what else in policy/ asks the same rules: tests, explanations.
  const CompiledPolicy& compiled() const { return *compiled_; }

 private:
  std::unique_ptr<const CompiledPolicy> compiled_;
};

}  // namespace sallyport::policy
