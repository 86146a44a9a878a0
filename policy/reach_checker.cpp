#include "policy/reach_checker.h"

#include <algorithm>
#include <tuple>

#include "policy/implication.h"

namespace sallyport::policy {
namespace {

/// How an end of a rule can be who it must be.
struct Reach {
  bool by_address = false;
  bool by_host = false;
};

/// What addresses and host names say of places, for all transfers there can be. Where it is not sure it says "can".
class Ends {
 public:
  explicit Ends(const CompiledPolicy& policy) : policy_(policy) {}

  /// As place_truth() in ask.cpp, for a rule: a claimed host name can lead into a network.
  Reach reach(const PlaceTest& places) const {
    Reach reach;
    for_each_group([&](const NetworkSet& networks) {
      if ((places.excluded & networks).any()) return;
      reach.by_address = reach.by_address || is_inside(places, networks);
      reach.by_host = reach.by_host || (places.any & policy_.with_hosts).any();
    });
    return reach;
  }

  /// Whether some end that the rule takes can be excused by the exception.
  bool can_excuse(const PlaceTest& exception, const PlaceTest& rule) const {
    bool can = false;
    for_each_group(
        [&](const NetworkSet& networks) { can = can || (can_match(rule, networks) && can_fit(exception, networks)); });
    return can;
  }

  /// Whether the exception excuses every end that the rule takes.
  bool excuses_all(const PlaceTest& exception, const PlaceTest& rule) const {
    const bool proven = (rule.any & policy_.with_hosts & ~policy_.hosts_trusted).none();
    if (proven && lists_all(exception, rule)) return true;
    bool all = true;
    for_each_group([&](const NetworkSet& networks) {
      all = all && (!can_match(rule, networks) || must_fit(exception, networks));
    });
    return all;
  }

  /// Whether `earlier` fits every end that `later`, an exception too, fits.
  bool covers(const PlaceTest& earlier, const PlaceTest& later) const {
    if (lists_all(earlier, later)) return true;
    bool all = true;
    for_each_group(
        [&](const NetworkSet& networks) { all = all && (!can_fit(later, networks) || must_fit(earlier, networks)); });
    return all;
  }

  /// A network that only claims lead into, which the checker has told already.
  bool names_claimed(const PlaceTest& exception) const {
    return (exception.any & policy_.with_hosts & ~policy_.hosts_trusted).any();
  }

 private:
  template <class Visitor>
  void for_each_group(const Visitor& visit) const {
    for (std::uint32_t i = 0; i < policy_.addresses.group_count(); ++i) visit(policy_.addresses.networks(i));
  }

  static bool is_inside(const PlaceTest& places, const NetworkSet& networks) {
    return places.anywhere || (places.any & networks).any();
  }
  static bool lists_all(const PlaceTest& wide, const PlaceTest& narrow) {
    return wide.excluded.none() && narrow.any.any() && (narrow.any & ~wide.any).none();
  }
  bool can_match(const PlaceTest& rule, const NetworkSet& networks) const {
    return (rule.excluded & networks).none() && (is_inside(rule, networks) || (rule.any & policy_.with_hosts).any());
  }
  bool can_fit(const PlaceTest& exception, const NetworkSet& networks) const {
    const bool inside = is_inside(exception, networks) || (exception.any & policy_.hosts_trusted).any();
    return (exception.excluded & networks).none() && inside;
  }
  bool must_fit(const PlaceTest& exception, const NetworkSet& networks) const {
    return (exception.excluded & (networks | policy_.with_hosts)).none() && is_inside(exception, networks);
  }

  const CompiledPolicy& policy_;
};

class ReachChecker {
 public:
  ReachChecker(const CompiledPolicy& policy, Diagnostics& diagnostics)
      : policy_(policy), ends_(policy), groups_(policy.addresses.group_count()), diagnostics_(diagnostics) {}

  void check(const RuleDocument& document, const CompiledRule& rule) {
    if (!check_rule(document, rule)) return;
    for (const Located<std::string>& name : document.permitted_by.contracts) check_contract(name, rule);
    for (std::size_t i = 0; i < rule.exceptions.size(); ++i) {
      steps_ += groups_ * (1 + std::min(i, kComparedMax));
      if (steps_ <= kStepsMax) check_exception(document, rule, i);
    }
  }

 private:
  /// Earlier exceptions that each is compared with: far more than a rule that people can read has.
  static constexpr std::size_t kComparedMax = 64;
  /// Groups of addresses looked at for one policy: some seconds. Beyond, exceptions are taken for good.
  static constexpr std::size_t kStepsMax = 50'000'000;

  static Place first_place(const PlacesDocument& places) {
    return places.any.empty() ? places.excluded.front().place : places.any.front().place;
  }

  /// False where it never matches.
  bool check_rule(const RuleDocument& document, const CompiledRule& rule) {
    const Reach from = ends_.reach(rule.from);
    const Reach to = ends_.reach(rule.to);
    const std::string never = "rule " + quoted(rule.name) + " can never match: ";
    for (const auto& [reach, places, key] :
         {std::tuple(from, &document.from, "from"), std::tuple(to, &document.to, "to")}) {
      if (reach.by_address || reach.by_host) continue;
      diagnostics_.warning(first_place(*places), "unreachable-rule",
                           never + "every address of '" + key + "' is taken out by its 'not'",
                           {"", "a network under 'not' holds all of the others"});
      return false;
    }
    if (opens(rule.when, from, to)) return true;
    const PlacesDocument& by_host = from.by_address ? document.to : document.from;
    diagnostics_.warning(first_place(by_host), "unreachable-rule",
                         never + "this end is known by its host name only, and cannot be the server",
                         {"", "only the side that was connected to has a host name: give the network cidrs"});
    return false;
  }

  /// Whether one end can be the server that its host name says, and the other one the client.
  static bool opens(const Condition& when, const Reach& from, const Reach& to) {
    bool by_sender = true;
    bool by_receiver = true;
    for (const Condition& part : std::get<GroupTest>(when.test).parts) {
      const auto* opened = std::get_if<OpenedByTest>(&part.test);
      if (opened == nullptr) continue;
      by_sender = by_sender && opened->sender;
      by_receiver = by_receiver && !opened->sender;
    }
    if (!by_sender && !by_receiver) return true;  // a contradiction, which is told as one
    return (by_sender && from.by_address) || (by_receiver && to.by_address);
  }

  void check_contract(const Located<std::string>& name, const CompiledRule& rule) {
    const auto is_it = [&name](const CompiledContract& contract) { return contract.name == name.value; };
    const auto contract = std::find_if(policy_.contracts.begin(), policy_.contracts.end(), is_it);
    if (ends_.can_excuse(contract->from, rule.from) && ends_.can_excuse(contract->to, rule.to)) return;
    if (ends_.names_claimed(contract->from) || ends_.names_claimed(contract->to)) return;
    diagnostics_.warning(name.place, "unreachable-contract",
                         "contract " + quoted(name.value) + " can never cover what rule " + quoted(rule.name) +
                             " matches: they have no places in common",
                         {"", "compare from and to of the rule with the contract and the networks of its contractor"});
  }

  void check_exception(const RuleDocument& document, const CompiledRule& rule, std::size_t index) {
    const CompiledException& exception = rule.exceptions[index];
    const Place place = document.exceptions[index].place;
    if (!can_excuse(exception, rule)) {
      diagnostics_.warning(place, "unreachable-exception",
                           "this exception can never fit: rule " + quoted(rule.name) + " matches no such places",
                           {"", "compare its from and to with those of the rule"});
      return;
    }
    if (!exception.expires && excuses_all(exception, rule)) {
      diagnostics_.warning(
          place, "excused-rule",
          "this exception fits all that rule " + quoted(rule.name) + " asks for: the rule never matches",
          {"", "narrow the exception, or set the rule's state to off"});
    }
    for (std::size_t i = index - std::min(index, kComparedMax); i < index; ++i) {
      if (!covers(rule.exceptions[i], exception)) continue;
      diagnostics_.warning(place, "shadowed-exception",
                           "this exception changes nothing: the one at " +
                               diagnostics_.place_text(document.exceptions[i].place, place) + " fits all it fits",
                           {"", "leave one of the two out, or narrow the earlier one"});
      return;
    }
  }

  bool can_excuse(const CompiledException& exception, const CompiledRule& rule) const {
    return (ends_.names_claimed(exception.from) || ends_.can_excuse(exception.from, rule.from)) &&
           (ends_.names_claimed(exception.to) || ends_.can_excuse(exception.to, rule.to));
  }

  bool excuses_all(const CompiledException& exception, const CompiledRule& rule) {
    if (!ends_.excuses_all(exception.from, rule.from) || !ends_.excuses_all(exception.to, rule.to)) return false;
    return std::all_of(exception.names.begin(), exception.names.end(),
                       [&](const Condition& name) { return implication_.implies(rule.when, name); });
  }

  bool covers(const CompiledException& earlier, const CompiledException& later) {
    const bool lasts = !earlier.expires || (later.expires && *later.expires <= *earlier.expires);
    if (!lasts || !ends_.covers(earlier.from, later.from) || !ends_.covers(earlier.to, later.to)) return false;
    std::vector<const Condition*> parts;
    for (const Condition& name : later.names) parts.push_back(&name);
    return std::all_of(earlier.names.begin(), earlier.names.end(),
                       [&](const Condition& name) { return implication_.imply(parts, name); });
  }

  const CompiledPolicy& policy_;
  const Ends ends_;
  const std::size_t groups_;
  std::size_t steps_ = 0;
  Diagnostics& diagnostics_;
  Implication implication_;
};

}  // namespace

void check_reach(const PolicyDocument& document, const CompiledPolicy& compiled, Diagnostics& diagnostics) {
  ReachChecker checker(compiled, diagnostics);
  auto rule = compiled.rules.begin();
  for (const RuleDocument& written : document.rules) {
    if (written.state.value != RuleState::kOff) checker.check(written, *rule++);
  }
}

}  // namespace sallyport::policy
