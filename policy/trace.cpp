#include "policy/trace.h"

#include <algorithm>
#include <utility>

#include "policy/diagnostic.h"
#include "policy/evaluate.h"
#include "policy/explain.h"
#include "policy/permission.h"
#include "policy/printer.h"
#include "policy/trace_found.h"

namespace sallyport::policy {
namespace {

constexpr std::string_view kExceptions = "exceptions[";
constexpr std::string_view kContracts = "permitted_by[";

/// Of a transfer that has ended: what could still be learnt could have been, had somebody looked.
bool nobody_looked(const Answer& answer) {
  return answer.truth == Truth::kUnknown && answer.needs != Interest::kNone;
}

std::string why_unknown(const Answer& answer) {
  if (answer.truth != Truth::kUnknown) return {};
  return nobody_looked(answer) ? "nobody looked for it then" : "not known: " + reasons_text(answer.reasons);
}

class Tracer {
 public:
  Tracer(const CompiledRule& rule, const Known& known) : rule_(rule), known_(known) {}

  std::vector<TraceNode> trace() {
    add_places(rule_.from, known_.sender(), "from");
    add_places(rule_.to, known_.receiver(), "to");
    if (rule_.protocols != 0) add_protocols();
    for (std::size_t i = 0; i < rule_.exceptions.size(); ++i) {
      TraceNode node = exception(rule_.exceptions[i]);
      node.key = std::string(kExceptions) + std::to_string(i + 1) + ']';
      const bool excuses = node.answer.truth == Truth::kYes;
      add(std::move(node), excuses);
    }
    for (const std::size_t number : rule_.contracts) {
      TraceNode node = contract(known_.policy().contracts[number]);
      const bool permits = node.answer.truth == Truth::kYes;
      add(std::move(node), permits);
    }
    if (!std::get<GroupTest>(rule_.when.test).parts.empty()) {
      TraceNode when = alone(rule_.when, stopped_by_.empty());
      when.key = "when";
      const bool stops = when.answer.truth == Truth::kNo;
      add(std::move(when), stops);
    }
    if (rule_.count) add(count(), false);
    return std::move(nodes_);
  }

 private:
  /// Both ends are always asked; what stands behind them only until something is a no.
  void add_places(const PlaceTest& places, const Side& side, std::string_view key) {
    if (places.any.none() && places.excluded.none()) return;
    TraceNode node = place(places, side, key, false);
    const bool stops = node.answer.truth == Truth::kNo;
    nodes_.push_back(std::move(node));
    if (stops && stopped_by_.empty()) stopped_by_ = '\'' + std::string(key) + "' does not hold";
  }

  void add_protocols() {
    TraceNode node;
    node.key = "protocols";
    node.wanted = print_protocols(rule_.protocols);
    node.found = to_string(known_.transfer().facts.protocol);
    node.answer = ask_protocol(rule_.protocols, known_);
    node.why = why_unknown(node.answer);
    const bool stops = node.answer.truth == Truth::kNo;
    add(std::move(node), stops);
  }

  TraceNode count() const {
    TraceNode node;
    node.key = "count";
    node.wanted = to_text(*rule_.count);
    node.found = count_text(rule_, known_);
    node.answer = ask_count(rule_, known_);
    node.why = why_unknown(node.answer);
    if (known_.has_tallies() && known_.tally(rule_) == nullptr) node.why = "nothing in this transfer counts";
    return node;
  }

  /// A condition of the rule itself; `stops`: nothing behind it needs to be asked.
  void add(TraceNode node, bool stops) {
    if (!stopped_by_.empty()) {
      node = unasked(std::move(node));
      node.why = stopped_by_;
    } else if (stops) {
      const bool permits = node.key.starts_with(kContracts);
      stopped_by_ = '\'' + node.key +
                    (permits              ? "' permits the transfer"
                     : is_exception(node) ? "' excuses the transfer"
                                          : "' does not hold");
    }
    nodes_.push_back(std::move(node));
  }

  /// The same question with the answers taken out.
  static TraceNode unasked(TraceNode node) {
    node.asked = false;
    node.answer = {};
    node.found.clear();
    node.why.clear();
    for (TraceNode& part : node.parts) part = unasked(std::move(part));
    return node;
  }

  TraceNode place(const PlaceTest& places, const Side& side, std::string_view key, bool excuse) const {
    const TransferFacts& facts = known_.transfer().facts;
    TraceNode node;
    node.key = key;
    node.wanted = wanted_text(places, known_.policy());
    node.found = found_text(side, &side == &known_.sender() ? facts.sender : facts.receiver, known_);
    node.answer = ask(places, side, known_, excuse);
    node.why = why_unknown(node.answer);
    return node;
  }

  TraceNode expiry(Timestamp end, const Answer& answer) const {
    TraceNode node{"expires", end_text(end), moment_text(known_.now()), true, answer, {}, {}};
    if (answer.truth == Truth::kNo) node.why = "expired on " + node.wanted;
    return node;
  }

  TraceNode contract(const CompiledContract& contract) const {
    const PermissionAnswers answers = ask_each(contract, rule_, known_);
    const TransferFacts& facts = known_.transfer().facts;
    TraceNode node;
    node.key = std::string(kContracts) + contract.name + ']';
    node.wanted = quoted(contract.purpose);
    node.answer = ask_permission(contract, rule_, known_);
    node.why = why_unknown(node.answer);
    const auto add_part = [&node](TraceNode part) {
      const auto is_no = [](const TraceNode& other) { return other.asked && other.answer.truth == Truth::kNo; };
      const bool stopped = std::any_of(node.parts.begin(), node.parts.end(), is_no);
      if (stopped) part = unasked(std::move(part));
      if (stopped) part.why = "another part of the contract does not fit";
      node.parts.push_back(std::move(part));
    };
    if (contract.starts) add_part(beginning(*contract.starts, answers.started));
    add_part(expiry(contract.expires, answers.unexpired));
    add_part({"contractor",
              contract.contractor,
              found_text(known_.receiver(), facts.receiver, known_),
              true,
              answers.contractor,
              why_unknown(answers.contractor),
              {}});
    if (contract.from.any.any() || contract.from.excluded.any()) {
      add_part({"from",
                wanted_text(contract.from, known_.policy()),
                found_text(known_.sender(), facts.sender, known_),
                true,
                answers.from,
                why_unknown(answers.from),
                {}});
    }
    add_part(receivable(contract, answers.may_receive));
    if (contract.quota) add_part(quota(contract, answers.quota));
    return node;
  }

  TraceNode beginning(Timestamp begin, const Answer& answer) const {
    return {"starts", begin_text(begin), moment_text(known_.now()), true, answer, {}, {}};
  }

  TraceNode quota(const CompiledContract& contract, const Answer& answer) const {
    const Tally* const tally = known_.quota_tally(contract);
    const auto images = tally != nullptr ? static_cast<std::uint64_t>(tally->sure) : images_in(known_);
    TraceNode node{"quota",
                   quota_text(*contract.quota),
                   std::to_string(images) + " with this transfer",
                   true,
                   answer,
                   why_unknown(answer),
                   {}};
    if (answer.truth == Truth::kNo) node.why = "the quota is used up";
    return node;
  }

  TraceNode receivable(const CompiledContract& contract, const Answer& answer) const {
    const ReceivedSet found = received(rule_, known_);
    TraceNode node{"may_receive",
                   '[' + received_text(contract.may_receive) + ']',
                   found == 0 ? "nothing" : received_text(found),
                   true,
                   answer,
                   why_unknown(answer),
                   {}};
    if (answer.truth != Truth::kNo || (found & ~contract.may_receive) != 0) return node;
    const bool no_image = known_.has_content_type() && !may_hold_images(known_.transfer().content);
    node.why = no_image ? "no image, and none can be inside" : "what was not inspected is not permitted";
    return node;
  }

  TraceNode exception(const CompiledException& exception) const {
    TraceNode node;
    node.wanted = quoted(exception.reason);
    node.answer = ask_exception(exception, known_);
    node.why = why_unknown(node.answer);
    const auto add_place = [&](const PlaceTest& places, const Side& side, std::string_view key) {
      if (places.any.any() || places.excluded.any()) node.parts.push_back(place(places, side, key, true));
    };
    if (exception.expires) {
      node.parts.push_back(expiry(*exception.expires, Answer::of(!has_expired(exception, known_))));
    }
    add_place(exception.from, known_.sender(), "from");
    add_place(exception.to, known_.receiver(), "to");
    const auto is_no = [](const TraceNode& part) { return part.answer.truth == Truth::kNo; };
    bool stopped = std::any_of(node.parts.begin(), node.parts.end(), is_no);
    for (const Condition& name : exception.names) {
      node.parts.push_back(condition(name, !stopped));
      if (stopped) node.parts.back().why = "another part of the exception does not fit";
      stopped = stopped || is_no(node.parts.back());
    }
    return node;
  }

  /// An item of any: is a group of one or more conditions; where it is one, the group says nothing.
  TraceNode condition(const Condition& test, bool asked) const {
    const auto* group = std::get_if<GroupTest>(&test.test);
    const bool single =
        group != nullptr && group->kind == GroupTest::Kind::kAll && group->parts.size() == 1 && group->name.empty();
    return single ? condition(group->parts.front(), asked) : alone(test, asked);
  }

  TraceNode alone(const Condition& test, bool asked) const {
    TraceNode node;
    node.key = key_of(test);
    node.asked = asked;
    const auto* group = std::get_if<GroupTest>(&test.test);
    node.wanted = group == nullptr ? print_value(test) : group->name;
    if (asked) {
      node.answer = ask(test, known_);
      node.found = found_text(test, known_);
      node.why = group == nullptr ? why(test, node.answer) : std::string();
    }
    if (group != nullptr) add_parts(*group, node);
    return node;
  }

  /// The parts of a group up to the one that settles it are asked.
  void add_parts(const GroupTest& group, TraceNode& node) const {
    const Truth settles = group.kind == GroupTest::Kind::kAny ? Truth::kYes : Truth::kNo;
    bool settled = false;
    for (const Condition& part : group.parts) {
      node.parts.push_back(condition(part, node.asked && !settled));
      TraceNode& added = node.parts.back();
      if (node.asked && settled) {
        added.why = settles == Truth::kYes ? "another one holds already" : "another one does not hold";
      }
      settled = settled || (added.asked && group.kind != GroupTest::Kind::kNot && added.answer.truth == settles);
    }
  }

  /// Findings that nobody looked for count as absent: that must be told.
  std::string why(const Condition& test, const Answer& answer) const {
    if (answer.truth != Truth::kNo || known_.findings() == nullptr) return why_unknown(answer);
    const auto asked_for = finding_asked_by(test);
    if (!asked_for) return {};
    if (known_.has_content_type() && !may_hold_images(known_.transfer().content)) return "no image can be inside";
    FindingSet looked_for = 0;
    for_each_image(*known_.findings(), [&](const ImageFindings& image) { looked_for |= image.looked_for; });
    return (looked_for & bit(*asked_for)) == 0 ? "taken for absent: nobody looked for it" : std::string();
  }

  const CompiledRule& rule_;
  const Known& known_;
  std::vector<TraceNode> nodes_;
  std::string stopped_by_;
};

bool stands_against(const TraceNode& node) {
  return node.asked && node.answer.truth == (is_exception(node) ? Truth::kYes : Truth::kNo);
}

/// The part of a group that alone makes it a no; null where several do.
const TraceNode* culprit(const TraceNode& node) {
  const bool single = node.parts.size() == 1 && node.key != "not";
  if (node.key != "when" && node.key != "all" && node.key != "is" && !single) return nullptr;
  const auto found = std::find_if(node.parts.begin(), node.parts.end(), stands_against);
  return found == node.parts.end() ? nullptr : &*found;
}

/// "plates: {at_least: 1, score: 0.5}; found: 0". Of alternatives each one.
std::string told(const TraceNode& node) {
  std::string text = node.key;
  if (!node.wanted.empty()) text += ": " + node.wanted;
  if (!node.found.empty()) text += "; found: " + node.found;
  if (!node.why.empty()) text += " (" + node.why + ')';
  if (node.key != "any") return text;
  text = "none of";
  for (const TraceNode& part : node.parts) {
    const TraceNode* const one = culprit(part);
    text += (&part == &node.parts.front() ? " (" : "), (") + told(one == nullptr ? part : *one);
  }
  return text + ')';
}

}  // namespace

bool is_exception(const TraceNode& node) {
  return node.key.starts_with(kExceptions) || node.key.starts_with(kContracts);
}

RuleTrace trace(const CompiledRule& rule, const Known& known) {
  const Answer answer = ask(rule, known);
  std::optional<RuleMatch> found = nobody_looked(answer) ? std::nullopt : match(rule, known);
  return {&rule, answer, std::move(found), Tracer(rule, known).trace()};
}

std::vector<const TraceNode*> deciding_path(const RuleTrace& trace) {
  std::vector<const TraceNode*> path;
  const auto found = std::find_if(trace.conditions.begin(), trace.conditions.end(), stands_against);
  if (found == trace.conditions.end()) return path;
  for (const TraceNode* node = &*found; node != nullptr; node = is_exception(*node) ? nullptr : culprit(*node)) {
    path.push_back(node);
  }
  return path;
}

std::string deciding_condition(const RuleTrace& trace) {
  std::string text;
  const auto path = deciding_path(trace);
  for (const TraceNode* node : path) {
    const bool last = node == path.back();
    const std::string key = node->key == "is" ? "is " + node->wanted : node->key;
    text += (text.empty() ? "" : ": ") + (last ? told(*node) : key);
  }
  return text;
}

}  // namespace sallyport::policy
