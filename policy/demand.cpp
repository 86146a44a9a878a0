#include "policy/demand.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "policy/ask.h"
#include "policy/evaluate.h"
#include "policy/limits.h"
#include "policy/memory.h"

namespace sallyport::policy {
namespace {

/// What is certain already of the verdict.
struct Certain {
  Action action = Action::kAllow;
  Severity severity = Severity::kInformational;

  void add(const CompiledRule& rule) {
    action = std::max(action, rule.action());
    severity = std::max(severity, rule.severity);
  }
  /// A shadow rule is evidence for whoever wants to promote it, and what a rule counts decides of later transfers:
  /// their answers are always wanted, as is each sighting of a canary.
  bool can_change_by(const CompiledRule& rule) const {
    return rule.shadow() || rule.count || rule.is_canary || rule.action() > action || rule.severity > severity;
  }
};

bool may_block(const CompiledRule& rule, const Answer& answer) {
  if (rule.state != RuleState::kBlock || answer.truth == Truth::kNo) return false;
  if (answer.truth == Truth::kYes || answer.needs != Interest::kNone) return true;
  return outcome_of(rule, answer.reasons).action == Action::kBlock;
}

bool blocks_on_overload(const CompiledRule& rule) {
  return rule.state == RuleState::kBlock && outcome_of(rule, bit(NotInspected::kOverBudget)).action == Action::kBlock;
}

/// What an event should tell of its object: whose bytes can be had, their digest.
Interest told_in_event(const Known& known) {
  return known.opaque() != 0 ? Interest::kAccount : Interest::kDigest;
}

Interest record_interest(const CompiledPolicy& policy, const Known& known) {
  if (policy.record == Recorded::kNone) return Interest::kNone;
  const Answer places = both(ask(policy.record_from, known.sender(), known, false),
                             ask(policy.record_to, known.receiver(), known, false));
  if (places.truth == Truth::kNo) return Interest::kNone;
  if (policy.record == Recorded::kAll) return told_in_event(known);
  const Transfer& transfer = known.transfer();
  if (transfer.content == ContentType::kUnknown)
    return known.opaque() != 0 || transfer.ended ? Interest::kNone : Interest::kDigest;
  return is_image(transfer.content) ? Interest::kDigest : Interest::kNone;
}

void raise(Enough& enough, const CountTest& test) {
  enough.count = std::max(enough.count, test.at_least);
  enough.score = std::max(enough.score, test.score);
}

/// What answers all that the rule asks of faces and plates.
void add_enough(const CompiledRule& rule, Demand& demand) {
  for_each_condition(rule.when, [&demand](const Condition& condition) {
    const auto* const test = std::get_if<CountTest>(&condition.test);
    if (test != nullptr) raise(test->kind == FindingKind::kFace ? demand.faces : demand.plates, *test);
  });
  if (rule.contracts.empty()) return;
  raise(demand.faces, {FindingKind::kFace, 1, rule.faces_from});
  raise(demand.plates, {FindingKind::kPlate, 1, rule.plates_from});
}

Demand demand_of(const CompiledPolicy& policy, const Known& known) {
  std::vector<std::pair<const CompiledRule&, Answer>> answers;
  Certain certain;
  known.candidates().for_each([&](std::size_t number) {
    const CompiledRule& rule = policy.rules[number];
    const Answer answer = ask(rule, known);
    if (answer.truth == Truth::kNo) return;
    answers.emplace_back(rule, answer);
    if (answer.truth == Truth::kYes && !rule.shadow()) certain.add(rule);
  });
  Demand demand;
  demand.interest = record_interest(policy, known);
  for (const auto& [rule, answer] : answers) {
    demand.interest = std::max(demand.interest, told_in_event(known));
    demand.may_block = demand.may_block || (may_block(rule, answer) && !known.is_demoted(rule));
    if (answer.truth != Truth::kUnknown || !certain.can_change_by(rule)) continue;
    demand.wants_hash = demand.wants_hash || (rule.count && rule.count->what == Counted::kDistinctImages);
    demand.interest = std::max(demand.interest, answer.needs);
    demand.findings |= answer.findings;
    add_enough(rule, demand);
    if (answer.findings != 0) demand.deadline = std::max(demand.deadline, rule.deadline);
  }
  return demand;
}

void add(Demand& all, const Demand& one) {
  all.interest = std::max(all.interest, one.interest);
  all.findings |= one.findings;
  for (const auto& [to, from] : {std::pair{&all.faces, one.faces}, std::pair{&all.plates, one.plates}})
    *to = {std::max(to->count, from.count), std::max(to->score, from.score)};
  all.wants_hash = all.wants_hash || one.wants_hash;
  all.may_block = all.may_block || one.may_block;
  all.deadline = std::max(all.deadline, one.deadline);
}

Side side_of(const CompiledPolicy& policy, std::uint32_t group, bool is_server) {
  Side side;
  side.group = group;
  side.by_address = policy.addresses.networks(group);
  if (is_server) side.open = policy.with_hosts;
  side.has_host = side.open.any();
  return side;
}

/// Both ends of a connection on which nothing has passed: who sends what is not known.
class FlowEnds {
 public:
  FlowEnds(const CompiledPolicy& policy, std::uint32_t client_group, std::uint32_t server_group)
      : policy_(policy), client_(side_of(policy, client_group, false)), server_(side_of(policy, server_group, true)) {}

  bool either_way(const PlaceTest& from, const PlaceTest& to) const {
    return is_possible(from, to, client_, server_) || is_possible(from, to, server_, client_);
  }
  RuleSet candidates() const {
    RuleSet rules = policy_.index.candidates(client_, server_);
    rules |= policy_.index.candidates(server_, client_);
    return rules;
  }

 private:
  bool is_possible(const PlaceTest& from, const PlaceTest& to, const Side& sender, const Side& receiver) const {
    return ask_addresses(from, sender, policy_) != Truth::kNo && ask_addresses(to, receiver, policy_) != Truth::kNo;
  }

  const CompiledPolicy& policy_;
  Side client_;
  Side server_;
};

}  // namespace

Demand demand(const CompiledPolicy& policy, const Transfer& transfer, const Memory* memory) {
  Known known(policy, transfer, nullptr);
  if (memory != nullptr) memory->tell_demoted(known);
  Demand demand = demand_of(policy, known);
  for (const Parties& parties : transfer.other_parties) add(demand, demand_of(policy, known.between(parties)));
  if (transfer.has_untold_parties) {
    const bool blocks = std::any_of(policy.rules.begin(), policy.rules.end(), [&known](const CompiledRule& rule) {
      return blocks_on_overload(rule) && !known.is_demoted(rule);
    });
    demand.may_block = demand.may_block || blocks;
  }
  if (demand.findings == 0) demand.deadline = policy.deadline;
  return demand;
}

Interest most_interest(const Condition& condition) {
  Interest most = Interest::kDigest;
  for_each_condition(condition, [&most](const Condition& part) {
    if (finding_asked_by(part)) most = Interest::kContent;
  });
  return most;
}

Interest flow_interest(const CompiledPolicy& policy, std::uint32_t client_group, std::uint32_t server_group) {
  const FlowEnds ends(policy, client_group, server_group);
  Interest most = Interest::kNone;
  if (policy.record != Recorded::kNone && ends.either_way(policy.record_from, policy.record_to)) {
    most = Interest::kDigest;
  }
  ends.candidates().for_each([&](std::size_t number) {
    const CompiledRule& rule = policy.rules[number];
    if (rule.interest_most > most && ends.either_way(rule.from, rule.to)) most = rule.interest_most;
  });
  return most;
}

Interest known_flow_interest(const CompiledPolicy& policy, std::uint32_t client_group, std::uint32_t server_group) {
  if (policy.interests.empty()) return flow_interest(policy, client_group, server_group);
  return policy.interests[std::size_t{client_group} * policy.addresses.group_count() + server_group];
}

bool may_block_flow(const CompiledPolicy& policy, std::uint32_t client_group, std::uint32_t server_group) {
  const FlowEnds ends(policy, client_group, server_group);
  bool may_block = false;
  ends.candidates().for_each([&](std::size_t number) {
    const CompiledRule& rule = policy.rules[number];
    may_block = may_block || (rule.state == RuleState::kBlock && ends.either_way(rule.from, rule.to));
  });
  return may_block;
}

std::vector<Interest> interest_table(const CompiledPolicy& policy) {
  const std::uint32_t groups = policy.addresses.group_count();
  std::vector<Interest> table;
  if (std::size_t{groups} * groups > limits::kPolicyInterestPairsMax) return table;
  for (std::uint32_t client = 0; client < groups; ++client) {
    for (std::uint32_t server = 0; server < groups; ++server) table.push_back(flow_interest(policy, client, server));
  }
  return table;
}

}  // namespace sallyport::policy
