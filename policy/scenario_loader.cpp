#include "policy/scenario_loader.h"

#include <utility>

#include "policy/definitions.h"
#include "policy/scenario_place.h"
#include "policy/test_checker.h"
#include "policy/yaml_source.h"

namespace sallyport::policy {

ScenarioResult load_scenario_text(std::string text, std::string name, const PolicyDocument& policy) {
  const SourceText source(std::move(text));
  Diagnostics diagnostics(std::move(name), source);
  const YamlDocument yaml = read_yaml(source, diagnostics);
  Definitions none;
  ReadContext context{diagnostics, none, yaml.whole};
  const ScenarioDocument scenario = parse_scenario(yaml.root, context);
  check_scenario(scenario, policy, diagnostics);
  ScenarioResult result;
  if (diagnostics.error_count() == 0) {
    result.played = play(scenario, policy.networks, {scenario.at.value_or(default_start() + scenario.after), 1});
  }
  result.diagnostics = diagnostics.sorted();
  return result;
}

}  // namespace sallyport::policy
