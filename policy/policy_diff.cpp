#include "policy/policy_diff.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "daemon/base/check.h"
#include "policy/cidr_set.h"
#include "policy/yaml_nodes.h"

namespace sallyport::policy {
namespace {

const YamlNode kNothing;

YamlNode parsed(const std::string& text) {
  const SourceText source(text);
  Diagnostics diagnostics("policy", source);
  YamlDocument document = read_yaml(source, diagnostics);
  SALLYPORT_CHECK(diagnostics.error_count() == 0);
  return std::move(document.root);
}

const YamlNode& value_of(const YamlNode& mapping, std::string_view key) {
  const YamlNode* const value = find_value(mapping, key);
  return value == nullptr ? kNothing : *value;
}

/// Of "off", "shadow", "alert", "block" and of "allow": how much it does.
int rank(std::string_view word) {
  if (word == "block") return 2;
  return word == "alert" ? 1 : 0;
}

Effect effect_of(int before, int after) {
  if (before == after) return Effect::kOther;
  return after > before ? Effect::kStricter : Effect::kLooser;
}

/// What one entry of a section is called.
std::string_view singular(std::string_view section) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kWords{
      {{"networks", "network"},
       {"fingerprints", "fingerprint set"},
       {"cameras", "camera"},
       {"contractors", "contractor"}}};
  const auto found =
      std::find_if(kWords.begin(), kWords.end(), [section](const auto& pair) { return pair.first == section; });
  return found == kWords.end() ? section : found->second;
}

std::vector<Cidr> cidrs_of(const YamlNode& network) {
  std::vector<Cidr> cidrs;
  for (const YamlNode& item : value_of(network, "cidrs").items) cidrs.push_back(*parse_cidr(item.text));
  return cidrs;
}

/// The first of them, and how many there are.
std::string addresses(const std::vector<Cidr>& cidrs) {
  constexpr std::size_t kShown = 5;
  std::string text;
  for (std::size_t i = 0; i < std::min(cidrs.size(), kShown); ++i)
    text += (text.empty() ? "" : ", ") + to_string(cidrs[i]);
  return cidrs.size() <= kShown ? text : text + " and " + std::to_string(cidrs.size() - kShown) + " more networks";
}

YamlNode without_keys(const YamlNode& mapping, const std::vector<std::string_view>& keys) {
  YamlNode rest = mapping;
  std::erase_if(rest.entries, [&keys](const YamlEntry& entry) {
    return std::find(keys.begin(), keys.end(), entry.key) != keys.end();
  });
  return rest;
}

bool is_outcome(std::string_view key) {
  return key.starts_with("on_") || key == "deadline";
}

/// What decides whether a rule matches: all but how it is called and what it does.
YamlNode question_of(const YamlNode& rule) {
  YamlNode question = without_keys(rule, {"name", "description", "state", "severity", "tags", "breaker"});
  std::erase_if(question.entries, [](const YamlEntry& entry) { return is_outcome(entry.key); });
  return question;
}

class PolicyDiff {
 public:
  PolicyDiff(const YamlNode& before, const YamlNode& after) : before_(before), after_(after) {}

  std::vector<PolicyChange> run() {
    for (const std::string_view section : {"networks", "fingerprints", "cameras", "contractors"}) named(section);
    contracts();
    outcomes("defaults: ", value_of(before_, "defaults"), value_of(after_, "defaults"), {2, 2});
    diff_.mappings("defaults: ", only(value_of(before_, "defaults"), "breaker"),
                   only(value_of(after_, "defaults"), "breaker"), Sense::kNone);
    rules();
    const std::vector<std::string_view> done{"networks",  "fingerprints", "cameras", "contractors",
                                             "contracts", "defaults",     "rules"};
    diff_.mappings("", without_keys(before_, done), without_keys(after_, done), Sense::kNone);
    return std::move(changes_);
  }

 private:
  /// How much a rule may do, before and after.
  struct Ranks {
    int before;
    int after;
  };

  /// Sections of names of one's own.
  void named(std::string_view section) {
    const YamlNode& before = value_of(before_, section);
    const YamlNode& after = value_of(after_, section);
    const std::string word(singular(section));
    for (const YamlEntry& entry : before.entries) {
      const std::string path = word + ' ' + entry.key + ": ";
      const YamlNode* const now = find_value(after, entry.key);
      if (now == nullptr) {
        diff_.add(word + ' ' + entry.key + " removed", Effect::kOther);
        continue;
      }
      networks(path, entry.value, *now);
      diff_.mappings(path, without_keys(entry.value, {"cidrs"}), without_keys(*now, {"cidrs"}), Sense::kNone);
    }
    for (const YamlEntry& entry : after.entries) {
      if (find_value(before, entry.key) != nullptr) continue;
      diff_.add(word + ' ' + entry.key + " added: " + flow_text(entry.value), Effect::kOther);
    }
  }

  void networks(const std::string& path, const YamlNode& before, const YamlNode& after) {
    const std::vector<Cidr> gained = without(cidrs_of(after), cidrs_of(before));
    const std::vector<Cidr> lost = without(cidrs_of(before), cidrs_of(after));
    if (!gained.empty()) diff_.add(path + "addresses gained: " + addresses(gained), Effect::kOther);
    if (!lost.empty()) diff_.add(path + "addresses lost: " + addresses(lost), Effect::kOther);
  }

  void contracts() {
    const YamlNode& before = value_of(before_, "contracts");
    const YamlNode& after = value_of(after_, "contracts");
    for (const YamlNode& contract : before.items) {
      const std::string& name = value_of(contract, "name").text;
      const YamlNode* const now = find_named(after, name);
      if (now == nullptr) diff_.add("contract " + name + " removed", contract_effect(name, Effect::kStricter));
      const bool decides = contract_effect(name, Effect::kLooser) == Effect::kLooser;
      const Sense sense = decides ? Sense::kMoreIsLooser : Sense::kNone;
      if (now != nullptr) diff_.mappings("contract " + name + ": ", contract, *now, sense);
    }
    for (const YamlNode& contract : after.items) {
      const std::string& name = value_of(contract, "name").text;
      if (find_named(before, name) != nullptr) continue;
      diff_.add("contract " + name + " added: " + flow_text(without_keys(contract, {"name"})),
                contract_effect(name, Effect::kLooser));
    }
  }

  /// `effect` where some rule that acts, before and after, heeds the contract.
  Effect contract_effect(std::string_view name, Effect effect) const {
    return is_heeded(name, before_) && is_heeded(name, after_) ? effect : Effect::kOther;
  }

  static bool is_heeded(std::string_view contract, const YamlNode& policy) {
    const auto heeds = [contract](const YamlNode& rule) {
      const YamlNode& permits = value_of(rule, "permitted_by");
      const auto is_it = [contract](const YamlNode& name) { return name.text == contract; };
      const bool named = std::any_of(permits.items.begin(), permits.items.end(), is_it);
      return rank(value_of(rule, "state").text) > 0 && (permits.text == "any" || named);
    };
    const std::vector<YamlNode>& rules = value_of(policy, "rules").items;
    return std::any_of(rules.begin(), rules.end(), heeds);
  }

  void outcomes(const std::string& path, const YamlNode& before, const YamlNode& after, Ranks most) {
    for (const YamlEntry& entry : before.entries) {
      const YamlNode& now = value_of(after, entry.key);
      if (!is_outcome(entry.key) || now.text.empty() || now.text == entry.value.text) continue;
      const int was = std::min(rank(entry.value.text), most.before);
      const int is = std::min(rank(now.text), most.after);
      diff_.add(path + entry.key + ": " + entry.value.text + " -> " + now.text,
                entry.key == "deadline" ? Effect::kOther : effect_of(was, is));
    }
  }

  void rules() {
    const YamlNode& before = value_of(before_, "rules");
    const YamlNode& after = value_of(after_, "rules");
    std::vector<const YamlNode*> added;
    for (const YamlNode& rule : after.items) {
      if (find_named(before, value_of(rule, "name").text) == nullptr) added.push_back(&rule);
    }
    for (const YamlNode& rule : before.items) {
      const YamlNode* now = find_named(after, value_of(rule, "name").text);
      if (now == nullptr) now = renamed(rule, added);
      if (now == nullptr) told_alone(rule, false);
      if (now != nullptr) compare(rule, *now);
    }
    for (const YamlNode* rule : added) told_alone(*rule, true);
  }

  /// The item of this name in a list of mappings.
  static const YamlNode* find_named(const YamlNode& list, std::string_view name) {
    const auto has_name = [name](const YamlNode& item) { return value_of(item, "name").text == name; };
    const auto found = std::find_if(list.items.begin(), list.items.end(), has_name);
    return found == list.items.end() ? nullptr : &*found;
  }

  /// The one of `added` that asks the same; it is taken out.
  const YamlNode* renamed(const YamlNode& rule, std::vector<const YamlNode*>& added) {
    const YamlNode question = question_of(rule);
    const auto asks_it = [&question](const YamlNode* other) { return same_nodes(question, question_of(*other)); };
    const auto found = std::find_if(added.begin(), added.end(), asks_it);
    if (found == added.end()) return nullptr;
    const YamlNode* const other = *found;
    added.erase(found);
    diff_.add(name_of(rule) + " renamed to " + value_of(*other, "name").text, Effect::kOther);
    return other;
  }

  static std::string name_of(const YamlNode& rule) { return "rule " + value_of(rule, "name").text; }

  void told_alone(const YamlNode& rule, bool added) {
    const int does = rank(value_of(rule, "state").text);
    diff_.add(name_of(rule) + (added ? " added" : " removed") + " (" + value_of(rule, "state").text +
                  "): " + flow_text(question_of(rule)),
              added ? effect_of(0, does) : effect_of(does, 0));
  }

  void compare(const YamlNode& before, const YamlNode& after) {
    const std::string path = name_of(after) + ": ";
    const std::string& old_state = value_of(before, "state").text;
    const std::string& new_state = value_of(after, "state").text;
    const Ranks most{rank(old_state), rank(new_state)};
    if (old_state != new_state) diff_.add(path + old_state + " -> " + new_state, effect_of(most.before, most.after));
    const bool decides = most.before > 0 && most.after > 0;
    diff_.mappings(path, question_of(before), question_of(after), decides ? Sense::kMoreIsStricter : Sense::kNone);
    rule_outcomes(path, before, after, most);
    const std::vector<std::string_view> others{"description", "severity", "tags", "breaker"};
    for (const std::string_view key : others) {
      diff_.mappings(path, only(before, key), only(after, key), Sense::kNone);
    }
  }

  static YamlNode only(const YamlNode& mapping, std::string_view key) {
    YamlNode one;
    one.kind = YamlNode::Kind::kMapping;
    for (const YamlEntry& entry : mapping.entries) {
      if (entry.key == key) one.entries.push_back(entry);
    }
    return one;
  }

  /// A rule's own outcomes are written only where they differ from the defaults, which are told once for all rules.
  void rule_outcomes(const std::string& path, const YamlNode& before, const YamlNode& after, Ranks most) {
    const auto effective = [](const YamlNode& rule, const YamlNode& other, const YamlNode& defaults) {
      YamlNode all;
      for (const YamlEntry& entry : defaults.entries) {
        const YamlNode* const own = find_value(rule, entry.key);
        if (own != nullptr || find_value(other, entry.key) != nullptr)
          all.entries.push_back({entry.key, entry.key_place, own == nullptr ? entry.value : *own});
      }
      return all;
    };
    outcomes(path, effective(before, after, value_of(before_, "defaults")),
             effective(after, before, value_of(after_, "defaults")), most);
  }

  const YamlNode& before_;
  const YamlNode& after_;
  std::vector<PolicyChange> changes_;
  NodeDiff diff_{changes_};
};

}  // namespace

std::vector<PolicyChange> diff_policies(const std::string& before, const std::string& after) {
  const YamlNode old_root = parsed(before);
  const YamlNode new_root = parsed(after);
  return PolicyDiff(old_root, new_root).run();
}

}  // namespace sallyport::policy
