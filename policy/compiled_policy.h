// What the rules are compiled into: names resolved to numbers, defaults filled in. Immutable.
#pragma once

#include <bitset>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/contract/interest.h"
#include "policy/condition.h"
#include "policy/counting.h"
#include "policy/document.h"
#include "policy/networks.h"
#include "policy/outcomes.h"
#include "policy/policy.h"
#include "policy/rule_index.h"

namespace sallyport::policy {

struct PlaceTest {
  PlaceTest() = default;
  PlaceTest(const NetworkSet& inside, const NetworkSet& outside)
      : any(inside), excluded(outside), anywhere(inside.none()) {}

  NetworkSet any;  ///< none: any place
  NetworkSet excluded;
  bool anywhere = true;  ///< `any` is none
};

struct CompiledException {
  std::string reason;
  std::optional<Timestamp> expires;  ///< excuses nothing from then on
  PlaceTest from;
  PlaceTest to;
  std::vector<Condition> names;
};

struct CompiledContract {
  std::string name;
  std::string contractor;
  std::string purpose;
  PlaceTest from;
  PlaceTest to;  ///< the contractor's networks
  std::optional<Timestamp> starts;
  Timestamp expires;
  ReceivedSet may_receive = 0;
  std::optional<Counting> quota;  ///< of images
  std::size_t number = 0;         ///< its place in CompiledPolicy::contracts
};

struct CompiledContractor {
  std::string name;
  NetworkSet networks;
};

struct CompiledRule {
  std::string name;
  Severity severity = Severity::kMedium;
  RuleState state = RuleState::kAlert;  ///< never kOff
  bool is_canary = false;               ///< of a canary set: it stands behind those that were written
  std::vector<std::string> tags;
  PlaceTest from;
  PlaceTest to;
  ProtocolSet protocols = 0;  ///< none: any
  std::vector<CompiledException> exceptions;
  std::vector<std::size_t> contracts;  ///< those it heeds, by their places in the policy
  float faces_from = 0;                ///< score from which a face counts as found, for contracts
  float plates_from = 0;
  Condition when;
  std::optional<Counting> count;
  std::size_t counter = 0;  ///< place of `count` among those of the policy
  std::optional<BreakerLimit> breaker;
  std::string memory_key;  ///< of one that counts or has a breaker: equal where it remembers the same
  Outcomes outcomes{};
  std::chrono::milliseconds deadline{0};
  Interest interest_most = Interest::kAccount;  ///< what answering it can take

  bool shadow() const { return state == RuleState::kShadow; }
  /// What it does when it matches; of a shadow rule what it would do.
  Action action() const { return state == RuleState::kAlert ? Action::kAlert : Action::kBlock; }
};

struct CompiledPolicy {
  std::string name;
  std::string text;    ///< normalised YAML
  std::string digest;  ///< SHA-256 of `text`, hexadecimal
  std::vector<std::string> network_names;
  AddressIndex addresses;
  HostIndex hosts;
  NetworkSet with_hosts;                     ///< networks that a host name can lead into
  NetworkSet hosts_trusted;                  ///< those where a host name can also excuse
  std::bitset<kNameFieldCount> names_asked;  ///< that some condition compares, by NameField
  std::vector<FingerprintSet> fingerprints;
  std::vector<EnrolledCamera> cameras;
  std::vector<CompiledContractor> contractors;
  std::vector<CompiledContract> contracts;
  Condition any_registered;  ///< a copy, or near copy, of something in any set
  std::vector<CompiledRule> rules;
  RuleIndex index;  ///< of `rules`
  PlaceTest record_from;
  PlaceTest record_to;
  Recorded record = Recorded::kNone;
  std::chrono::milliseconds deadline{0};
  /// By client group times group count plus server group; empty where there are too many pairs.
  std::vector<Interest> interests;
};

}  // namespace sallyport::policy
