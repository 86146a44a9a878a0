// Asks rules and conditions about one transfer. The same questions serve for demand (what is not known yet may still
// come) and for the verdict (what is not known now never will be).
#pragma once

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/answer.h"
#include "policy/compiled_policy.h"
#include "policy/window.h"

namespace sallyport::policy {

/// Where one end of a transfer is.
struct Side {
  std::uint32_t group = 0;  ///< of its address, in CompiledPolicy::addresses
  NetworkSet by_address;
  NetworkSet by_host;     ///< as its name claims
  NetworkSet open;        ///< where a name that is not known could still put it
  bool has_host = false;  ///< one of the last two is not empty
};

/// Where the facts come from.
enum class Source : std::uint8_t {
  kTraffic,  ///< what a policy asks for is looked for: what was not found is not there
  kRecord,   ///< another policy asked: what nobody looked for may have been there
};

/// What is known of one transfer, made ready for many questions. Borrows policy, transfer and findings.
class Known {
 public:
  /// `findings` null: the transfer goes on, and what is unknown may still come.
  Known(const CompiledPolicy& policy, const Transfer& transfer, const Findings* findings,
        Source source = Source::kTraffic);
  /// The same transfer as these parties see it (Transfer::other_parties).
  Known between(const Parties& parties) const;
  /// The same transfer with these findings.
  Known seeing(const Findings& findings) const;

  /// From now on rules that count have their answer: no, until a tally is set.
  void expect_tallies(std::size_t counters) { tallies_.emplace(counters); }
  void set_tally(const CompiledRule& rule, const Tally& tally) { (*tallies_)[rule.counter] = tally; }
  void set_quota_tally(const CompiledContract& contract, const Tally& tally) { quotas_[contract.number] = tally; }
  /// What the contract has permitted, with this transfer; null where it does not cover it, or nobody has counted.
  const Tally* quota_tally(const CompiledContract& contract) const {
    const auto found = quotas_.find(contract.number);
    return found == quotas_.end() ? nullptr : &found->second;
  }
  void take_tallies(const Known& other) {
    tallies_ = other.tallies_;
    quotas_ = other.quotas_;
  }
  bool has_tallies() const { return tallies_.has_value(); }
  /// What the rule has counted in the group of this transfer, with it; null where it is none of those that count.
  const Tally* tally(const CompiledRule& rule) const {
    return tallies_ && (*tallies_)[rule.counter] ? &*(*tallies_)[rule.counter] : nullptr;
  }

  const CompiledPolicy& policy() const { return policy_; }
  const Transfer& transfer() const { return transfer_; }
  const Findings* findings() const { return findings_; }
  /// When it happens: by the packets, never by a clock.
  Timestamp now() const { return transfer_.last_seen; }
  /// Facts of the protocol can change no more.
  bool final() const { return (findings_ != nullptr && !recorded()) || transfer_.ended; }
  bool recorded() const { return source_ == Source::kRecord; }
  /// The breakers of these rules have tripped.
  void set_demoted(std::vector<const CompiledRule*> rules) { demoted_ = std::move(rules); }
  bool is_demoted(const CompiledRule& rule) const {
    return std::find(demoted_.begin(), demoted_.end(), &rule) != demoted_.end();
  }
  const Side& sender() const { return sender_; }
  const Side& receiver() const { return receiver_; }
  const IpAddress& sender_address() const { return sender_address_; }
  const IpAddress& receiver_address() const { return receiver_address_; }
  /// The rules that its places do not rule out.
  RuleSet candidates() const { return policy_.index.candidates(sender_, receiver_); }
  /// Why bytes of the transfer were not had.
  ReasonSet reasons() const { return reasons_; }
  /// Why its names are hidden.
  ReasonSet opaque() const { return opaque_; }
  /// The type of the content is known, and of the content itself, not of a coding around it.
  bool has_content_type() const;
  const std::string& name(NameField field) const;
  /// As globs compare it.
  std::string_view folded_name(NameField field) const { return folded_[static_cast<std::size_t>(field)].as_sent; }
  /// The same with %XX decoded; empty where that changes nothing.
  std::string_view decoded_name(NameField field) const { return folded_[static_cast<std::size_t>(field)].decoded; }

 private:
  struct FoldedName {
    std::string as_sent;
    std::string decoded;
  };

  void place(const Endpoint& sender, const Endpoint& receiver);
  void fold(NameField field);

  const CompiledPolicy& policy_;
  const Transfer& transfer_;
  const Findings* findings_;
  std::optional<std::vector<std::optional<Tally>>> tallies_;  // by CompiledRule::counter
  std::map<std::size_t, Tally> quotas_;                       // by CompiledContract::number
  std::vector<const CompiledRule*> demoted_;
  Source source_;
  ReasonSet opaque_ = 0;
  ReasonSet reasons_ = 0;
  std::string host_;
  std::array<FoldedName, kNameFieldCount> folded_;  // those that the policy asks
  IpAddress sender_address_;
  IpAddress receiver_address_;
  Side sender_;
  Side receiver_;
};

Answer ask(const CompiledRule& rule, const Known& known);
/// All of it but what it counts.
Answer ask_question(const CompiledRule& rule, const Known& known);
/// The same if there were no contracts.
Answer ask_but_contracts(const CompiledRule& rule, const Known& known);
/// Whether the group of the transfer is over the threshold.
Answer ask_count(const CompiledRule& rule, const Known& known);
Answer ask(const Condition& condition, const Known& known);
/// Whether a side is in the places. `excuse`: a claimed host name counts only where it is trusted.
Answer ask(const PlaceTest& places, const Side& side, const Known& known, bool excuse);
/// The same from addresses alone, before any transfer: kUnknown where a host name could tell.
Truth ask_addresses(const PlaceTest& places, const Side& side, const CompiledPolicy& policy);
Answer ask_protocol(ProtocolSet protocols, const Known& known);
/// Whether it excuses the transfer.
Answer ask_exception(const CompiledException& exception, const Known& known);
/// The same, whenever it expires.
Answer ask_in_time(const CompiledException& exception, const Known& known);
bool has_expired(const CompiledException& exception, const Known& known);

/// Why the object, or an image inside it, was not looked at.
ReasonSet reasons_of(const Findings& findings);
/// Detections with at least this score, in all images of the object together.
std::uint64_t count_of(const CountTest& test, const Findings& findings);
/// The nearest match of the set within the distance, of any image of the object; null where there is none.
const FingerprintMatch* nearest_match(const NearTest& test, const Findings& findings);
/// The first camera of the test that an image of the object is from; null where there is none.
const CameraMatch* camera_of(const CameraTest& test, const Findings& findings);
/// The first pattern that a known name fits; null where none does.
const Glob* fitting(const NameTest& test, const Known& known);

}  // namespace sallyport::policy
