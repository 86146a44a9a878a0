// A policy asked about the past: what it would have said of the transfers in a ledger, beside what was said then or
// what another policy would have said.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/ledger/row.h"
#include "daemon/pipeline/active_policy.h"
#include "policy/policy.h"

namespace sallyport::cli {

/// What became of one transfer's verdict.
enum class Change : std::uint8_t {
  kNone,
  kRules,     ///< the same action, by other rules or other shadow rules
  kStricter,  ///< for certain
  kLooser,    ///< for certain
  kUnknown,   ///< the record cannot tell: nobody looked then for what a rule asks now
};
inline constexpr std::size_t kChangeCount = 5;
std::string_view to_string(Change change);

/// Which changes nobody expects: a replay that has one fails.
enum class FailOn : std::uint8_t { kAny, kStricter, kLooser, kNone };

struct RuleTally {
  std::uint64_t gained = 0;   ///< matches that were not there
  std::uint64_t lost = 0;     ///< matches that are gone
  std::uint64_t kept = 0;     ///< matches then and now
  std::uint64_t unknown = 0;  ///< transfers of which the record cannot say whether it matches
  bool shadow = false;        ///< it only shows what it would do
};

struct ReplayExample {
  std::int64_t row = 0;
  Timestamp time;
  Change change = Change::kNone;
  std::string what;  ///< "jpeg 'cards.jpg' from 192.0.2.7:50122 to 203.0.113.9:80"
  std::string then;  ///< "allow", "allow or block"
  std::string now;
  std::vector<std::string> rules;  ///< "+ rule: reason", "- rule", "? rule"
};

using ChangeTally = std::array<std::uint64_t, kChangeCount>;

struct ReplayResult {
  std::uint64_t rows = 0;
  Timestamp first;
  Timestamp last;
  ChangeTally changes{};
  std::uint64_t maybe_stricter = 0;                                       ///< of the unknown ones
  std::uint64_t maybe_looser = 0;                                         ///< of the unknown ones
  std::map<std::pair<std::string, std::string>, std::uint64_t> verdicts;  ///< then and now, where they differ
  std::map<std::string, RuleTally> rules;
  std::map<std::string, ChangeTally> receivers;    ///< by network of the receiver, changes only; "elsewhere": in none
  std::map<std::string, ChangeTally> contractors;  ///< of the policy; the same, of those who receive
  std::vector<ReplayExample> examples;

  std::uint64_t count(Change change) const { return changes[static_cast<std::size_t>(change)]; }
  /// Something happened that `fail_on` does not expect; what the record cannot tell may have happened.
  bool fails(FailOn fail_on) const;
};

/// Rows come in the order of time, as LedgerReader::for_each() has them: a rule that counts over time is fed by
/// judge(), one state for each policy. One thread. The policies outlive it.
class Replay {
 public:
  /// `then` null: compare with the verdicts as they were recorded.
  Replay(std::shared_ptr<const ActivePolicy> now, std::shared_ptr<const ActivePolicy> then);

  void add(const LedgerRow& row);
  /// A row from before: only what rules count is had from it.
  void fill(const LedgerRow& row);
  /// How far before the first row the rules that count look back.
  Duration past_wanted() const;
  const ReplayResult& result() const { return result_; }

 private:
  void tally_rules(const policy::Recollection& then, const policy::Recollection& now);
  void tally_receiver(const LedgerRow& row, Change change);
  void keep_example(const LedgerRow& row, Change change, const policy::Recollection& then,
                    const policy::Recollection& now);

  std::shared_ptr<const ActivePolicy> now_;
  std::shared_ptr<const ActivePolicy> then_;  // may be null
  std::shared_ptr<policy::Memory> now_memory_;
  std::shared_ptr<policy::Memory> then_memory_;  // null where then_ is
  ReplayResult result_;
  std::map<std::string, int> examples_of_;  // by change and rules: some of each kind
};

/// "jpeg 'cards.jpg' from 192.0.2.7:50122 to 203.0.113.9:80", fit for a terminal.
std::string transfer_text(const Event& event);

/// Names of the networks that the address is in; "elsewhere" where it is in none.
std::vector<std::string> place_names(const policy::Policy& policy, const IpAddress& address);

/// What a policy would have said of the row, which is counted in `memory`.
policy::Recollection judge(const ActivePolicy& active, policy::Memory& memory, const LedgerRow& row);

}  // namespace sallyport::cli
