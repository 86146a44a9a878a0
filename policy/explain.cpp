#include "policy/explain.h"

#include <cmath>
#include <cstdio>
#include <string_view>
#include <vector>

#include "policy/diagnostic.h"
#include "policy/group_windows.h"
#include "policy/match_text.h"
#include "policy/permission.h"

namespace sallyport::policy {
namespace {

void add(std::string& sentence, std::string_view part, std::string_view separator = "; ") {
  if (!sentence.empty() && !part.empty()) sentence += separator;
  sentence += part;
}

/// Appends what `write` appends, behind "; " where something stands since `begin`; nothing where it appends nothing.
template <class Writer>
void add_part(std::string& sentence, std::size_t begin, const Writer& write) {
  const std::size_t end = sentence.size();
  if (end != begin) sentence += "; ";
  const std::size_t part = sentence.size();
  write();
  if (sentence.size() == part) sentence.resize(end);
}

void add_names(std::string& text, const NetworkSet& set, const CompiledPolicy& policy) {
  const char* separator = "";
  for_each_network(set, [&](std::size_t network) {
    text += separator;
    text += policy.network_names[network];
    separator = ", ";
  });
}

void add_places(std::string& text, std::string_view preposition, const PlaceTest& places, const Side& side,
                const CompiledPolicy& policy) {
  const NetworkSet inside = places.any & (side.by_address | side.by_host);
  const bool is_inside = inside.any();
  const bool excludes = places.excluded.any();
  if (!is_inside && !excludes) return;
  text += preposition;
  text += ' ';
  add_names(text, inside, policy);
  if (!excludes) return;
  text += is_inside ? ", outside " : "outside ";
  add_names(text, places.excluded, policy);
}

std::string words_text(const std::vector<std::string_view>& words) {
  std::string text;
  for (const std::string_view word : words) add(text, word, ", ");
  return text;
}

/// Of a score, 0 to 1. As printf's %.2f, which takes a tenth of a verdict.
std::string two_decimals(float score) {
  const std::string digits = std::to_string(std::lrint(100 + score * 100));
  return std::to_string(digits[0] - '1') + '.' + digits.substr(1);
}

/// Appends what makes a test true that is true.
class Explainer {
 public:
  Explainer(const Known& known, std::string& text) : known_(known), text_(text) {}

  void explain(const Condition& condition) const { std::visit(*this, condition.test); }

  void operator()(const GroupTest& group) const {
    if (!group.name.empty()) text_ += "is " + group.name + " (";
    if (group.kind == GroupTest::Kind::kNot) {
      text_ += "not (" + keys_below(group.parts.front()) + ")";
    } else {
      explain_parts(group);
    }
    if (!group.name.empty()) text_ += ')';
  }
  void operator()(const ContentTest& test) const {
    text_ += test.image ? "image: " : "content: ";
    text_ += to_string(known_.transfer().content);
  }
  void operator()(const CountTest& test) const {
    text_ += test.kind == FindingKind::kFace ? "faces: " : "plates: ";
    text_ += std::to_string(count_of(test, *known_.findings()));
    text_ += " with score ";
    text_ += two_decimals(test.score);
    text_ += " or more, ";
    text_ += std::to_string(test.at_least);
    text_ += " needed";
  }
  void operator()(const NearTest& test) const {
    const FingerprintMatch& match = *nearest_match(test, *known_.findings());
    text_ += "near " + test.set.value + ": " + match.item;
    text_ += match.exact        ? " itself, byte for byte"
             : match.by_parts() ? ' ' + part_text(match)
                                : " at distance " + std::to_string(match.distance) + form_text(match) + ", up to " +
                                      std::to_string(test.distance_max->value) + " counts";
  }
  void operator()(const CameraTest& test) const {
    const CameraMatch& match = *camera_of(test, *known_.findings());
    text_ += "camera: " + match.camera + ", by its " + std::string(to_string(match.sign));
  }
  void operator()(const SizeTest& test) const {
    text_ += "size: " + std::to_string(known_.transfer().size) + " bytes";
    if (test.at_least) text_ += ", " + size_text(*test.at_least) + " or more needed";
    if (test.at_most) text_ += ", " + size_text(*test.at_most) + " or less needed";
  }
  void operator()(const DeliveredTest& test) const {
    text_ += "delivered: " + std::to_string(known_.transfer().account.delivered) + " bytes before the verdict, " +
             size_text(test.at_least) + " or more needed";
  }
  void operator()(const NameTest& test) const {
    text_ += key_of(test.field);
    text_ += ": fits '";
    text_ += fitting(test, known_)->pattern();
    text_ += '\'';
  }
  void operator()(const DigestTest&) const { text_ += "sha256: listed"; }
  void operator()(const OpenedByTest& test) const {
    text_ += test.sender ? "opened by the sender" : "opened by the receiver";
  }
  void operator()(const EvasionTest& test) const {
    text_ += "evasion: " + words_text(to_strings(test.evasions & known_.transfer().evasions));
  }
  void operator()(const ReasonTest& test) const {
    std::string text;
    for (std::size_t i = 0; i < kNotInspectedCount; ++i) {
      const auto reason = static_cast<NotInspected>(i);
      const bool given = ((known_.reasons() | reasons_of(*known_.findings())) & bit(reason)) != 0;
      if (given && (test.reasons & bit(reason)) != 0) add(text, to_string(reason), ", ");
    }
    text_ += "not inspected: " + text;
  }

 private:
  void explain_parts(const GroupTest& group) const {
    const std::size_t begin = text_.size();
    for (const Condition& part : group.parts) {
      const bool holds = group.kind == GroupTest::Kind::kAll || ask(part, known_).truth == Truth::kYes;
      if (holds) add_part(text_, begin, [&] { explain(part); });
    }
  }
  static std::string keys_below(const Condition& condition) {
    std::string text;
    for (const Condition& part : std::get<GroupTest>(condition.test).parts) add(text, key_of(part), ", ");
    return text;
  }

  const Known& known_;
  std::string& text_;
};

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
  constexpr std::size_t kUsual = 160;  // characters; saves growing in steps
  std::string text;
  text.reserve(kUsual);
  add_places(text, "from", rule.from, known.sender(), known.policy());
  add_part(text, 0, [&] { add_places(text, "to", rule.to, known.receiver(), known.policy()); });
  add_part(text, 0, [&] { Explainer(known, text).explain(rule.when); });
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
