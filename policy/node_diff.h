// What changed between two pieces of normalised YAML, in words, and whether a rule that asks so now fits more.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policy/yaml_source.h"

namespace sallyport::policy {

/// What a change means for transfers, where that is sure: more, or fewer, of them are told or stopped.
enum class Effect : std::uint8_t { kStricter, kLooser, kOther };

struct PolicyChange {
  std::string text;  ///< one sentence without a full stop
  Effect effect = Effect::kOther;
};

/// Whether fitting more transfers makes the policy stricter, as of a rule, or looser, as of an exception.
enum class Sense : std::uint8_t { kNone, kMoreIsStricter, kMoreIsLooser };

/// Walks both at once. The order of items means nothing. Keys that it does not know are told all the same, with effect
/// kOther. One thread.
class NodeDiff {
 public:
  explicit NodeDiff(std::vector<PolicyChange>& changes) : changes_(changes) {}

  /// `path`: what stands before each sentence, such as "rule x: ".
  void mappings(const std::string& path, const YamlNode& before, const YamlNode& after, Sense sense);
  void add(std::string text, Effect effect) { changes_.push_back({std::move(text), effect}); }

 private:
  struct Key;
  using Items = std::vector<const YamlNode*>;

  void values(const Key& key, const YamlNode& before, const YamlNode& after);
  /// Tells of items that are in both lists under one name, or are the only ones that changed, and takes them out.
  void pairs(const Key& key, Items& removed, Items& added);
  void lists(const Key& key, const YamlNode& before, const YamlNode& after);
  void scalars(const Key& key, const YamlNode& before, const YamlNode& after);
  void add_or_remove(const std::string& path, const YamlEntry& entry, bool added, Sense sense);

  std::vector<PolicyChange>& changes_;
};

}  // namespace sallyport::policy
