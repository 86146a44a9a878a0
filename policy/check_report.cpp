#include "policy/check_report.h"

#include <nlohmann/json.hpp>

#include "policy/outcome_table.h"
#include "policy/schema.h"
#include "policy/values.h"

namespace sallyport::policy {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const Outcomes& outcomes, std::chrono::milliseconds deadline) {
  Json json = Json::object();
  for (std::size_t i = 0; i < kOutcomeCount; ++i)
    json[std::string(kOutcomeKeys[i].key)] = std::string(to_string(outcomes[i]));
  json["deadline"] = duration_text(deadline);
  return json;
}

Json outcomes_json(const PolicyDocument& policy) {
  const auto states = words_of(WordSet::kState);
  Json rules = Json::array();
  for (const RuleOutcomes& rule : outcomes_of(policy)) {
    Json json{{"name", rule.rule}, {"state", std::string(states[static_cast<std::size_t>(rule.state)])}};
    json.update(json_of(rule.outcomes, rule.deadline));
    rules.push_back(std::move(json));
  }
  return {{"defaults", json_of(policy.defaults, policy.deadline)}, {"rules", std::move(rules)}};
}

}  // namespace

std::string check_text(const LoadResult& result) {
  return to_text(result) + (result.document ? outcome_table(*result.document) : std::string());
}

std::string check_json(const LoadResult& result, const std::string& file) {
  Json diagnostics = Json::array();
  for (const Diagnostic& diagnostic : result.diagnostics) diagnostics.push_back(Json::parse(to_json(diagnostic)));
  Json json{{"file", file},
            {"loaded", result.policy != nullptr},
            {"errors", result.errors()},
            {"warnings", result.warnings()},
            {"diagnostics", std::move(diagnostics)},
            {"outcomes", result.document ? outcomes_json(*result.document) : Json()}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace sallyport::policy
