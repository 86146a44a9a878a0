#include <algorithm>
#include <nlohmann/json.hpp>

#include "policy/policy_diff.h"

namespace sallyport::policy {
namespace {

std::string_view to_string(Effect effect) {
  switch (effect) {
    case Effect::kStricter:
      return "stricter";
    case Effect::kLooser:
      return "looser";
    case Effect::kOther:
      break;
  }
  return "other";
}

std::size_t count(const std::vector<PolicyChange>& changes, Effect effect) {
  const auto has_it = [effect](const PolicyChange& change) { return change.effect == effect; };
  return static_cast<std::size_t>(std::count_if(changes.begin(), changes.end(), has_it));
}

}  // namespace

std::string diff_text(const std::vector<PolicyChange>& changes) {
  if (changes.empty()) return "same effect\n";
  std::string text;
  for (const PolicyChange& change : changes) {
    std::string mark(change.effect == Effect::kOther ? "" : to_string(change.effect));
    mark.resize(10, ' ');
    text += mark + change.text + '\n';
  }
  text += std::to_string(changes.size()) + (changes.size() == 1 ? " change" : " changes");
  for (const Effect effect : {Effect::kStricter, Effect::kLooser, Effect::kOther}) {
    text += (effect == Effect::kStricter ? ": " : ", ") + std::to_string(count(changes, effect)) + ' ' +
            std::string(to_string(effect));
  }
  return text + '\n';
}

std::string diff_json(const std::vector<PolicyChange>& changes, const ComparedPolicy& before,
                      const ComparedPolicy& after) {
  using Json = nlohmann::ordered_json;
  Json list = Json::array();
  for (const PolicyChange& change : changes)
    list.push_back({{"effect", std::string(to_string(change.effect))}, {"text", change.text}});
  const Json json{{"old", {{"file", before.file}, {"digest", before.digest}}},
                  {"new", {{"file", after.file}, {"digest", after.digest}}},
                  {"same_effect", changes.empty()},
                  {"changes", std::move(list)}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace sallyport::policy
