#include "daemon/cli/shadow_report.h"

#include <nlohmann/json.hpp>

#include "daemon/cli/time_text.h"

namespace sallyport::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string line(std::string text, std::uint64_t number) {
  constexpr std::size_t kColumn = 52;
  text = "  " + text;
  const std::string digits = std::to_string(number);
  const std::size_t used = text.size() + digits.size();
  return text + std::string(used < kColumn ? kColumn - used : 1, ' ') + digits + '\n';
}

std::string places(const std::string& label, const std::map<std::string, std::uint64_t>& counts) {
  std::string text;
  for (const auto& [network, count] : counts) {
    text += (text.empty() ? "" : ", ") + network + ' ' + std::to_string(count);
  }
  return "  " + label + text + '\n';
}

std::string examples(const ShadowEvidence& rule) {
  std::string text;
  for (const EvidenceExample& example : rule.examples) {
    text += "  row " + std::to_string(example.row) + ", " + time_text(example.time) + ": " + example.what + '\n';
    text += "      " + example.reason + '\n';
  }
  return text;
}

std::string matches(const ShadowEvidence& rule) {
  std::string text = line("matched", rule.matched);
  if (rule.matched == 0) return text;
  text += line("  of these not inspected", rule.not_inspected);
  text += line("  days with a match", rule.days.size()) + line("  most on one day", rule.most_a_day());
  text += line("  distinct senders", rule.sender_addresses.size());
  text += line("in state alert: alerts that there are not now", rule.new_alerts);
  text += line("in state block: blocks that there are not now", rule.new_blocks);
  text += line("in state block: alerts that there are not now", rule.new_alerts_only);
  return text;
}

std::string one_rule(const std::string& name, const ShadowEvidence& rule) {
  std::string text = '\n' + name + '\n' + matches(rule);
  if (rule.unknown > 0) text += line("unknown: nobody looked then", rule.unknown);
  if (rule.matched > 0) text += places("from  ", rule.senders) + places("to    ", rule.receivers);
  return text + examples(rule);
}

Json json_of(const ShadowEvidence& rule) {
  Json json{{"matched", rule.matched},
            {"not_inspected", rule.not_inspected},
            {"days", rule.days.size()},
            {"most_a_day", rule.most_a_day()},
            {"distinct_senders", rule.sender_addresses.size()},
            {"unknown", rule.unknown},
            {"in_state_alert", {{"new_alerts", rule.new_alerts}}},
            {"senders", rule.senders},
            {"receivers", rule.receivers},
            {"examples", Json::array()}};
  json["in_state_block"] = {{"new_blocks", rule.new_blocks}, {"new_alerts", rule.new_alerts_only}};
  for (const EvidenceExample& example : rule.examples) {
    json["examples"].push_back(
        {{"row", example.row}, {"time", time_text(example.time)}, {"what", example.what}, {"reason", example.reason}});
  }
  return json;
}

}  // namespace

std::string shadow_text(const EvidenceCollector& evidence, const std::string& policy, std::uint64_t damaged) {
  std::string text = "shadow rules of " + policy + " over " + std::to_string(evidence.rows()) + " transfers";
  if (evidence.rows() > 0) text += " from " + time_text(evidence.first()) + " to " + time_text(evidence.last());
  text += '\n';
  if (damaged > 0) text += std::to_string(damaged) + " rows are damaged, and left out\n";
  for (const auto& [name, rule] : evidence.rules()) text += one_rule(name, rule);
  return text;
}

std::string shadow_json(const EvidenceCollector& evidence, const std::string& policy, std::uint64_t damaged) {
  Json json{{"policy", policy}, {"rows", evidence.rows()}, {"damaged", damaged}};
  if (evidence.rows() > 0) json.update({{"first", time_text(evidence.first())}, {"last", time_text(evidence.last())}});
  json["rules"] = Json::object();
  for (const auto& [name, rule] : evidence.rules()) json["rules"][name] = json_of(rule);
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace sallyport::cli
