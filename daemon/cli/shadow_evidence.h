// What the shadow rules of a policy would have done to the transfers in a ledger: the evidence for promoting one.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "daemon/ledger/row.h"
#include "daemon/pipeline/active_policy.h"
#include "policy/policy.h"

namespace sallyport::cli {

struct EvidenceExample {
  std::int64_t row = 0;
  Timestamp time;
  std::string what;    ///< "jpeg 'cards.jpg' from 192.0.2.7:50122 to 203.0.113.9:80"
  std::string reason;  ///< why the rule matches
};

/// Of one rule. Transfers; what the record cannot tell is in `unknown` alone.
struct ShadowEvidence {
  std::uint64_t matched = 0;
  std::uint64_t new_blocks = 0;          ///< in state block it would block, and nothing else does
  std::uint64_t new_alerts_only = 0;     ///< in state block its on_... outcome would alert, and nothing else does
  std::uint64_t new_alerts = 0;          ///< in state alert it would alert, and nothing else does
  std::uint64_t not_inspected = 0;       ///< of `matched`: because something could not be inspected
  std::uint64_t unknown = 0;             ///< nobody looked then for what the rule asks
  std::set<IpAddress> sender_addresses;  ///< of `matched`
  std::map<std::string, std::uint64_t> senders;    ///< of `matched`, by network; "elsewhere": in none
  std::map<std::string, std::uint64_t> receivers;  ///< the same
  std::map<std::int64_t, std::uint64_t> days;      ///< of `matched`, by days since 1970 (UTC)
  std::vector<EvidenceExample> examples;           ///< the first few

  /// On the day with the most.
  std::uint64_t most_a_day() const;
};

/// Rows come in the order of time. One thread.
class EvidenceCollector {
 public:
  /// `rules`: names of shadow rules of the policy.
  EvidenceCollector(std::shared_ptr<const ActivePolicy> active, const std::vector<std::string>& rules);

  void add(const LedgerRow& row);
  /// A row from before: only what rules count is had from it.
  void fill(const LedgerRow& row);
  /// How far before the first row the rules that count look back.
  Duration past_wanted() const { return memory_->past_wanted(); }

  std::uint64_t rows() const { return rows_; }
  Timestamp first() const { return first_; }  ///< meaningless before the first row
  Timestamp last() const { return last_; }
  const std::map<std::string, ShadowEvidence>& rules() const { return rules_; }

 private:
  void add_match(ShadowEvidence& evidence, const RuleMatch& match, const LedgerRow& row, Action otherwise) const;

  std::shared_ptr<const ActivePolicy> active_;
  std::shared_ptr<policy::Memory> memory_;
  std::uint64_t rows_ = 0;
  Timestamp first_;
  Timestamp last_;
  std::map<std::string, ShadowEvidence> rules_;
};

}  // namespace sallyport::cli
