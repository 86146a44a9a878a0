// What a policy names once and uses in many places: lists of values ($name in a list) and conditions (is: name).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/condition.h"
#include "policy/document.h"
#include "policy/yaml_source.h"

namespace sallyport::policy {

struct ReadContext;

/// Whether an item of a list stands for a named list: it begins with one '$'. "$$" is a '$' that was meant.
bool is_list_reference(std::string_view item);

/// Of one policy, filled before the rules are read; empty for what stands alone. What is written out has at most
/// limits::kPolicyNodesMax items and conditions. Borrows the nodes. One thread.
class Definitions {
 public:
  void add_list(const YamlEntry& entry, ReadContext& context);
  void add_condition(const YamlEntry& entry);

  /// The items of the list that `reference` stands for, now taken for used. Null, and told, where there is none.
  const YamlNode* list(const YamlNode& reference, ReadContext& context);
  /// The condition written out, as a group of that name. Nothing, and told, where there is none or it is too large.
  std::optional<Condition> condition(const Located<std::string>& name, ReadContext& context);

  /// Reads those conditions too that nothing speaks of, for their faults.
  std::vector<ConditionDocument> all_conditions(ReadContext& context);
  /// Of what was added, in the order of the names.
  std::vector<DefinedName> unused() const;

 private:
  struct NamedList {
    Place place;
    const YamlNode* items = nullptr;
    bool used = false;
  };
  struct NamedCondition {
    Place place;
    const YamlNode* node = nullptr;
    std::optional<Condition> condition;
    std::size_t size = 0;   // conditions in it
    std::size_t chain = 1;  // names from this one down to one that rests on none
    bool used = false;
  };

  bool read(const std::string& name, NamedCondition& named, Place use, ReadContext& context);
  bool spend(std::size_t size, Place use, ReadContext& context);

  std::map<std::string, NamedList, std::less<>> lists_;
  std::map<std::string, NamedCondition, std::less<>> conditions_;
  std::vector<std::string> reading_;  // names of conditions, outermost first
  std::size_t chain_below_ = 0;       // the longest chain that the one being read rests on
  std::size_t spent_ = 0;             // items and conditions written out
};

/// Reports a condition that is nested too deep once named ones are written out.
void check_levels(const Condition& when, ReadContext& context);

}  // namespace sallyport::policy
