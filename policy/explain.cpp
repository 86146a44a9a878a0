#include "policy/explain.h"

#include <array>
#include <charconv>
#include <cstdio>
#include <string_view>
#include <vector>

#include "policy/diagnostic.h"
#include "policy/group_windows.h"
#include "policy/permission.h"

namespace sallyport::policy {
namespace {

void add(std::string& sentence, std::string_view part, std::string_view separator = "; ") {
  if (!sentence.empty() && !part.empty()) sentence += separator;
  sentence += part;
}

std::string names_of(const NetworkSet& set, const CompiledPolicy& policy) {
  std::string names;
  for_each_network(set, [&](std::size_t network) { add(names, policy.network_names[network], ", "); });
  return names;
}

std::string explain_places(std::string_view preposition, const PlaceTest& places, const Side& side,
                           const CompiledPolicy& policy) {
  std::string text;
  const NetworkSet inside = places.any & (side.by_address | side.by_host);
  if (inside.any()) text = std::string(preposition) + ' ' + names_of(inside, policy);
  if (places.excluded.any()) {
    const std::string outside = "outside " + names_of(places.excluded, policy);
    text += text.empty() ? std::string(preposition) + ' ' + outside : ", " + outside;
  }
  return text;
}

std::string words_text(const std::vector<std::string_view>& words) {
  std::string text;
  for (const std::string_view word : words) add(text, word, ", ");
  return text;
}

/// As printf's %.2f, which takes a tenth of a verdict.
std::string two_decimals(float number) {
  std::array<char, 64> text;
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), static_cast<double>(number), std::chars_format::fixed, 2);
  return {text.data(), end.ptr};
}

std::string explain(const Condition& condition, const Known& known);

/// What makes a test true that is true.
class Explainer {
 public:
  explicit Explainer(const Known& known) : known_(known) {}

  std::string operator()(const GroupTest& group) const {
    if (group.kind == GroupTest::Kind::kNot) return "not (" + keys_below(group.parts.front()) + ")";
    std::string text;
    for (const Condition& part : group.parts) {
      const bool holds = group.kind == GroupTest::Kind::kAll || ask(part, known_).truth == Truth::kYes;
      if (holds) add(text, explain(part, known_));
    }
    if (!group.name.empty()) return "is " + group.name + " (" + text + ')';
    return text;
  }
  std::string operator()(const ContentTest& test) const {
    return (test.image ? "image: " : "content: ") + std::string(to_string(known_.transfer().content));
  }
  std::string operator()(const CountTest& test) const {
    std::string text = test.kind == FindingKind::kFace ? "faces: " : "plates: ";
    text += std::to_string(count_of(test, *known_.findings()));
    text += " with score " + two_decimals(test.score) + " or more, ";
    return text + std::to_string(test.at_least) + " needed";
  }
  std::string operator()(const NearTest& test) const {
    const FingerprintMatch& match = *nearest_match(test, *known_.findings());
    const std::string what = "near " + test.set.value + ": " + match.item;
    if (match.exact) return what + " itself, byte for byte";
    return what + " at distance " + std::to_string(match.distance) + ", up to " +
           std::to_string(test.distance_max->value) + " counts";
  }
  std::string operator()(const SizeTest& test) const {
    std::string text = "size: " + std::to_string(known_.transfer().size) + " bytes";
    if (test.at_least) text += ", " + size_text(*test.at_least) + " or more needed";
    if (test.at_most) text += ", " + size_text(*test.at_most) + " or less needed";
    return text;
  }
  std::string operator()(const DeliveredTest& test) const {
    return "delivered: " + std::to_string(known_.transfer().account.delivered) + " bytes before the verdict, " +
           size_text(test.at_least) + " or more needed";
  }
  std::string operator()(const NameTest& test) const {
    return std::string(key_of(test.field)) + ": fits '" + fitting(test, known_)->pattern() + '\'';
  }
  std::string operator()(const DigestTest&) const { return "sha256: listed"; }
  std::string operator()(const OpenedByTest& test) const {
    return test.sender ? "opened by the sender" : "opened by the receiver";
  }
  std::string operator()(const EvasionTest& test) const {
    return "evasion: " + words_text(to_strings(test.evasions & known_.transfer().evasions));
  }
  std::string operator()(const ReasonTest& test) const {
    std::string text;
    for (std::size_t i = 0; i < kNotInspectedCount; ++i) {
      const auto reason = static_cast<NotInspected>(i);
      const bool given = ((known_.reasons() | reasons_of(*known_.findings())) & bit(reason)) != 0;
      if (given && (test.reasons & bit(reason)) != 0) add(text, to_string(reason), ", ");
    }
    return "not inspected: " + text;
  }

 private:
  static std::string keys_below(const Condition& condition) {
    std::string text;
    for (const Condition& part : std::get<GroupTest>(condition.test).parts) add(text, key_of(part), ", ");
    return text;
  }

  const Known& known_;
};

std::string explain(const Condition& condition, const Known& known) {
  return std::visit(Explainer(known), condition.test);
}

/// Of a decaying count to a tenth.
std::string amount_text(const Counting& counting, double amount) {
  char text[32];
  std::snprintf(text, sizeof text, counting.decaying ? "%.1f" : "%.0f", amount);
  return text;
}

std::string explain_count(const CompiledRule& rule, const Known& known) {
  return "count: " + count_text(rule, known) + "; more than " + threshold_text(*rule.count) +
         (rule.count->decaying ? " at half-life " : " within ") + duration_text(rule.count->within) + " needed";
}

/// The keys of the conditions that could not be answered, each once.
void collect_unknown(const Condition& condition, const Known& known, std::string& keys) {
  if (ask(condition, known).truth != Truth::kUnknown) return;
  if (const auto* group = std::get_if<GroupTest>(&condition.test)) {
    for (const Condition& part : group->parts) collect_unknown(part, known, keys);
  } else if ((", " + keys + ", ").find(", " + std::string(key_of(condition)) + ", ") == std::string::npos) {
    add(keys, key_of(condition), ", ");
  }
}

/// An exception that would excuse the transfer, had it not run out: the first, for one is enough to ask about.
std::string explain_expired(const CompiledRule& rule, const Known& known) {
  for (const CompiledException& exception : rule.exceptions) {
    if (!has_expired(exception, known) || ask_in_time(exception, known).truth != Truth::kYes) continue;
    return "exception " + quoted(exception.reason) + " expired on " + end_text(*exception.expires);
  }
  return {};
}

}  // namespace

std::string explain_match(const CompiledRule& rule, const Known& known) {
  std::string text = explain_places("from", rule.from, known.sender(), known.policy());
  add(text, explain_places("to", rule.to, known.receiver(), known.policy()));
  add(text, explain(rule.when, known));
  if (rule.count) add(text, explain_count(rule, known));
  add(text, explain_expired(rule, known));
  add(text, explain_contracts(rule, known));
  return text.empty() ? "every transfer matches" : text;
}

std::string count_text(const CompiledRule& rule, const Known& known) {
  const Tally* const tally = known.tally(rule);
  if (tally == nullptr) return {};
  const bool least = tally->at_least || tally->is_incomplete;
  std::string text =
      (least ? "at least " : "") + amount_text(*rule.count, tally->sure) + ' ' + std::string(noun(rule.count->what));
  if (tally->possible > 0) text += ", and " + amount_text(*rule.count, tally->possible) + " more that may be";
  const std::string group = group_text(*rule.count, known);
  return group.empty() ? text : text + "; " + group;
}

std::string explain_not_inspected(const CompiledRule& rule, const Known& known, NotInspected reason) {
  std::string keys;
  collect_unknown(rule.when, known, keys);
  if (rule.count && ask_count(rule, known).truth == Truth::kUnknown)
    add(keys, "count (" + count_text(rule, known) + ')', ", ");
  if (keys.empty()) keys = "protocol or names";
  const std::size_t index = outcome_index(reason);
  return "not inspected (" + std::string(to_string(reason)) + "): " + keys + " unknown; " +
         std::string(kOutcomeKeys[index].key) + ": " + std::string(to_string(rule.outcomes[index]));
}

}  // namespace sallyport::policy
