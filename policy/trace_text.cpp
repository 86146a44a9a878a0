#include "policy/trace_text.h"

#include <array>

#include "policy/schema.h"

namespace sallyport::policy {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kTruthWidth = 9;    // of the longest word and a space
constexpr std::size_t kWantedWidth = 56;  // what is longer pushes what was found to the right

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.resize(width, ' ');
  return text;
}

std::string_view truth_word(const TraceNode& node) {
  if (!node.asked) return "-";
  const bool holds = node.answer.truth == Truth::kYes;
  if (is_exception(node) && holds) return node.key.starts_with("permitted_by") ? "permits" : "excuses";
  return to_string(node.answer.truth);
}

void add_lines(const TraceNode& node, std::size_t depth, const std::string& margin, std::string& text) {
  std::string line = padded(std::string(truth_word(node)), kTruthWidth) + std::string(2 * depth, ' ') + node.key;
  if (!node.wanted.empty()) line += ": " + node.wanted;
  std::string behind = node.found;
  if (!node.why.empty()) behind += behind.empty() ? node.why : " (" + node.why + ')';
  if (!behind.empty()) line = padded(std::move(line), kWantedWidth) + "  " + behind;
  text += margin + line + '\n';
  for (const TraceNode& part : node.parts) add_lines(part, depth + 1, margin, text);
}

Json node_json(const TraceNode& node) {
  Json json = {{"key", node.key}};
  if (!node.wanted.empty()) json["wanted"] = node.wanted;
  json["asked"] = node.asked;
  if (node.asked) json["holds"] = to_string(node.answer.truth);
  if (!node.found.empty()) json["found"] = node.found;
  if (!node.why.empty()) json["why"] = node.why;
  for (const TraceNode& part : node.parts) json["parts"].push_back(node_json(part));
  return json;
}

std::string outcome_text(const RuleTrace& trace) {
  if (trace.match) {
    const RuleMatch& match = *trace.match;
    const std::string what = match.shadow ? "would " + std::string(to_string(match.action)) + " (shadow)"
                                          : std::string(to_string(match.action));
    return (match.because_not_inspected ? "is not answered, so it says " : "matches: ") + what + "; " + match.reason;
  }
  if (trace.answer.truth == Truth::kUnknown && trace.answer.needs != Interest::kNone) {
    return "is unknown: it asks what nobody looked for then";
  }
  if (trace.answer.truth == Truth::kUnknown) {
    return "is not answered (" + std::string("its outcome for that is allow)");
  }
  return "does not match: " + deciding_condition(trace);
}

}  // namespace

std::string_view to_string(Truth truth) {
  static constexpr std::array<std::string_view, 3> kWords{"no", "unknown", "yes"};
  return kWords[static_cast<std::size_t>(truth)];
}

std::string_view to_string(RuleState state) {
  return words_of(WordSet::kState)[static_cast<std::size_t>(state)];
}

std::string headline(const RuleTrace& trace) {
  return "rule " + trace.rule->name + " (" + std::string(to_string(trace.rule->state)) + ", " +
         std::string(to_string(trace.rule->severity)) + ") " + outcome_text(trace);
}

std::string to_text(const RuleTrace& trace, std::size_t indent) {
  std::string text;
  const std::string margin(indent, ' ');
  for (const TraceNode& node : trace.conditions) add_lines(node, 0, margin, text);
  return text;
}

Json to_json(const RuleTrace& trace) {
  Json json = {{"rule", trace.rule->name},
               {"state", to_string(trace.rule->state)},
               {"severity", to_string(trace.rule->severity)},
               {"holds", to_string(trace.answer.truth)}};
  if (trace.match) {
    json["action"] = to_string(trace.match->action);
    json["shadow"] = trace.match->shadow;
    json["reason"] = trace.match->reason;
    if (trace.match->because_not_inspected)
      json["because_not_inspected"] = to_string(*trace.match->because_not_inspected);
  }
  const std::string deciding = deciding_condition(trace);
  if (!deciding.empty()) json["decided_by"] = deciding;
  json["conditions"] = Json::array();
  for (const TraceNode& node : trace.conditions) json["conditions"].push_back(node_json(node));
  return json;
}

}  // namespace sallyport::policy
