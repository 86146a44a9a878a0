#include "policy/definitions.h"

#include <algorithm>
#include <set>
#include <utility>

#include "policy/limits.h"
#include "policy/parser.h"
#include "policy/suggest.h"

namespace sallyport::policy {
namespace {

std::size_t count_of(const Condition& condition) {
  std::size_t count = 0;
  for_each_condition(condition, [&count](const Condition&) { ++count; });
  return count;
}

/// Levels of YAML that it takes, the mapping around it counted; a named one is an item of `all`.
std::size_t levels(const Condition& condition) {
  constexpr std::size_t kOfLeaf = 3;  // {image: {formats: [...]}}
  const auto* group = std::get_if<GroupTest>(&condition.test);
  if (group == nullptr) return kOfLeaf;
  std::size_t most = 1;
  for (const Condition& part : group->parts) {
    const auto* inner = std::get_if<GroupTest>(&part.test);
    if (inner == nullptr) {
      most = std::max(most, levels(part));
    } else if (inner->kind == GroupTest::Kind::kNot) {
      most = std::max(most, 1 + levels(inner->parts.front()));
    } else if (!inner->name.empty()) {
      most = std::max(most, 2 + levels(part));
    } else {
      for (const Condition& item : inner->parts) most = std::max(most, 2 + levels(item));
    }
  }
  return most;
}

bool has_named(const Condition& condition) {
  bool has = false;
  for_each_condition(condition, [&has](const Condition& part) {
    const auto* group = std::get_if<GroupTest>(&part.test);
    has = has || (group != nullptr && !group->name.empty());
  });
  return has;
}

}  // namespace

bool is_list_reference(std::string_view item) {
  return item.starts_with('$') && !item.starts_with("$$");
}

void Definitions::add_list(const YamlEntry& entry, ReadContext& context) {
  const YamlNode& node = entry.value;
  if (node.kind == YamlNode::Kind::kNull && !context.whole) return;
  const std::string name = "list " + quoted(entry.key);
  if (node.kind != YamlNode::Kind::kSequence) {
    context.diagnostics.error(entry.key_place, "wrong-type",
                              name + " must be a list of single values, not " + std::string(describe(node.kind)));
    return;
  }
  if (node.items.empty()) context.diagnostics.error(node.place, "empty-list", name + " is empty and can never fit");
  std::set<std::string_view> seen;
  for (const YamlNode& item : node.items) {
    if (item.kind != YamlNode::Kind::kScalar) {
      context.diagnostics.error(
          item.place, "wrong-type",
          "each item of " + name + " must be a single value, not " + std::string(describe(item.kind)));
    } else if (is_list_reference(item.text)) {
      context.diagnostics.error(item.place, "nested-list", "a list cannot hold another one",
                                {"", "name both where they are used: [$one, $other]"});
    } else if (!seen.insert(item.text).second) {
      context.diagnostics.warning(item.place, "duplicate-item", quoted(item.text) + " stands in this list already");
    }
  }
  lists_[entry.key] = {entry.key_place, &node, false};
}

void Definitions::add_condition(const YamlEntry& entry) {
  conditions_[entry.key] = {entry.key_place, &entry.value, std::nullopt, 0, 1, false};
}

const YamlNode* Definitions::list(const YamlNode& reference, ReadContext& context) {
  const std::string_view name = std::string_view(reference.text).substr(1);
  const auto found = lists_.find(name);
  if (found == lists_.end()) {
    const std::string meant = nearest_key(name, lists_);
    context.diagnostics.error(reference.place, "unknown-list", "unknown list " + quoted(name),
                              {meant.empty() ? "" : '$' + meant, "a value that begins with '$' is written '$$'"});
    return nullptr;
  }
  found->second.used = true;
  return spend(found->second.items->items.size(), reference.place, context) ? found->second.items : nullptr;
}

std::optional<Condition> Definitions::condition(const Located<std::string>& name, ReadContext& context) {
  const auto found = conditions_.find(name.value);
  if (found == conditions_.end()) {
    context.diagnostics.error(name.place, "unknown-condition", "unknown condition " + quoted(name.value),
                              {nearest_key(name.value, conditions_), ""});
    return std::nullopt;
  }
  NamedCondition& named = found->second;
  named.used = true;
  if (!read(name.value, named, name.place, context)) return std::nullopt;
  chain_below_ = std::max(chain_below_, named.chain);
  if (!spend(named.size, name.place, context)) return std::nullopt;
  Condition copy = *named.condition;
  copy.place = name.place;
  return copy;
}

bool Definitions::read(const std::string& name, NamedCondition& named, Place use, ReadContext& context) {
  if (named.condition) return true;
  const auto begin = std::find(reading_.begin(), reading_.end(), name);
  if (begin != reading_.end()) {
    std::string chain;
    for (auto link = begin; link != reading_.end(); ++link) chain += *link + " -> ";
    context.diagnostics.error(use, "condition-cycle",
                              "condition " + quoted(name) + " rests on itself: " + chain + name);
    return false;
  }
  if (reading_.size() >= limits::kPolicyConditionChainMax) {
    context.diagnostics.error(
        use, "too-deep",
        "conditions rest on each other more than " + std::to_string(limits::kPolicyConditionChainMax) + " deep here");
    return false;
  }
  const std::size_t chain_beside = std::exchange(chain_below_, 0);
  reading_.push_back(name);
  Condition condition = parse_condition(*named.node, context);
  reading_.pop_back();
  named.chain = 1 + std::exchange(chain_below_, chain_beside);
  if (named.chain > limits::kPolicyConditionChainMax) {
    context.diagnostics.error(named.place, "too-deep",
                              "condition " + quoted(name) + " rests on others more than " +
                                  std::to_string(limits::kPolicyConditionChainMax) + " deep");
    condition.test = GroupTest{};  // what rests on it must not grow deeper still
    named.chain = 1;
  }
  std::get<GroupTest>(condition.test).name = name;
  named.size = count_of(condition);
  named.condition = std::move(condition);
  return true;
}

bool Definitions::spend(std::size_t size, Place use, ReadContext& context) {
  spent_ += size;
  if (spent_ <= limits::kPolicyNodesMax) return true;
  context.diagnostics.error(
      use, "too-large",
      "lists and conditions written out have more than " + std::to_string(limits::kPolicyNodesMax) + " values here");
  return false;
}

std::vector<ConditionDocument> Definitions::all_conditions(ReadContext& context) {
  std::vector<ConditionDocument> all;
  for (auto& [name, named] : conditions_) {
    if (read(name, named, named.place, context)) all.push_back({{name, named.place}, *named.condition});
  }
  return all;
}

std::vector<DefinedName> Definitions::unused() const {
  std::vector<DefinedName> names;
  for (const auto& [name, list] : lists_) {
    if (!list.used) names.push_back({"list", {name, list.place}});
  }
  for (const auto& [name, condition] : conditions_) {
    if (!condition.used) names.push_back({"condition", {name, condition.place}});
  }
  return names;
}

void check_levels(const Condition& when, ReadContext& context) {
  constexpr std::size_t kAround = 3;  // the policy, its rules, the rule
  if (!has_named(when) || kAround + levels(when) <= limits::kPolicyDepthMax) return;
  context.diagnostics.error(when.place, "too-deep",
                            "with named conditions written out this is nested deeper than " +
                                std::to_string(limits::kPolicyDepthMax) + " levels");
}

}  // namespace sallyport::policy
