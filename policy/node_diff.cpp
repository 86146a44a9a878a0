#include "policy/node_diff.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "policy/values.h"
#include "policy/yaml_nodes.h"

namespace sallyport::policy {
namespace {

/// What more of it does to what stands around it.
enum class More : std::uint8_t { kUnknown, kFitsMore, kFitsLess };

struct KnownKey {
  std::string_view key;
  More item = More::kUnknown;    ///< one more in its list
  More number = More::kUnknown;  ///< a larger number
  bool turns = false;            ///< what fits more inside fits less outside
};
constexpr std::array<KnownKey, 38> kKnown{{
    {"from", More::kFitsMore},
    {"to", More::kFitsMore},
    {"protocols", More::kFitsMore},
    {"when"},
    {"exceptions", More::kFitsLess, More::kUnknown, true},
    {"any", More::kFitsMore},
    {"all", More::kFitsLess},
    {"not", More::kFitsMore, More::kUnknown, true},
    {"image"},
    {"formats", More::kFitsMore},
    {"faces"},
    {"plates"},
    {"near"},
    {"camera", More::kFitsMore},
    {"content", More::kFitsMore},
    {"size"},
    {"delivered"},
    {"sha256", More::kFitsMore},
    {"hosts", More::kFitsMore},
    {"users", More::kFitsMore},
    {"shares", More::kFitsMore},
    {"paths", More::kFitsMore},
    {"file_names", More::kFitsMore},
    {"evasion", More::kFitsMore},
    {"not_inspected", More::kFitsMore},
    {"opened_by"},
    {"at_least", More::kUnknown, More::kFitsLess},
    {"score", More::kUnknown, More::kFitsLess},
    {"at_most", More::kUnknown, More::kFitsMore},
    {"distance_max", More::kUnknown, More::kFitsMore},
    {"copies"},
    {"expires", More::kUnknown, More::kFitsMore},
    {"starts", More::kUnknown, More::kFitsLess},
    {"may_receive", More::kFitsMore},
    {"permitted_by", More::kFitsLess},
    {"count"},
    {"more_than", More::kUnknown, More::kFitsLess},
    {"within", More::kUnknown, More::kFitsMore},
}};

const KnownKey* known(std::string_view key) {
  const auto found = std::find_if(kKnown.begin(), kKnown.end(), [key](const KnownKey& row) { return row.key == key; });
  return found == kKnown.end() ? nullptr : &*found;
}

Sense turned(Sense sense) {
  if (sense == Sense::kNone) return sense;
  return sense == Sense::kMoreIsStricter ? Sense::kMoreIsLooser : Sense::kMoreIsStricter;
}

Effect effect_of(More more, Sense sense, bool grows) {
  if (more == More::kUnknown || sense == Sense::kNone) return Effect::kOther;
  const bool fits_more = (more == More::kFitsMore) == grows;
  return fits_more == (sense == Sense::kMoreIsStricter) ? Effect::kStricter : Effect::kLooser;
}

/// A number, a score, a size or a time, to be compared.
std::optional<double> number(const YamlNode& node) {
  if (const auto score = parse_score(node.text)) return *score;
  if (const auto integer = parse_integer(node.text)) return static_cast<double>(*integer);
  if (const auto size = parse_size(node.text)) return static_cast<double>(*size);
  if (const auto time = parse_duration(node.text)) return static_cast<double>(time->count());
  if (const auto end = parse_end(node.text)) return static_cast<double>(end->time_since_epoch().count());
  return std::nullopt;
}

/// `from: [a]` is `from: {any: [a]}`.
YamlNode as_places(const YamlNode& list) {
  YamlNode places;
  places.kind = YamlNode::Kind::kMapping;
  places.entries.push_back({"any", list.place, list});
  return places;
}

std::vector<const YamlNode*> items_without(const YamlNode& list, const YamlNode& other) {
  std::vector<const YamlNode*> left;
  for (const YamlNode& item : list.items) {
    const auto same = [&item](const YamlNode& candidate) { return same_nodes(item, candidate); };
    if (std::none_of(other.items.begin(), other.items.end(), same)) left.push_back(&item);
  }
  return left;
}

std::string joined(const std::vector<const YamlNode*>& items) {
  std::string text;
  for (const YamlNode* item : items) text += (text.empty() ? "" : ", ") + flow_text(*item);
  return text;
}

/// What tells an item of a list from others: its name or reason.
std::string label(const YamlNode& item) {
  for (const std::string_view key : {"name", "reason"}) {
    const YamlNode* const value = find_value(item, key);
    if (value != nullptr) return value->text;
  }
  return {};
}

/// "at_least" is spoken with its number.
std::string spoken(std::string_view key) {
  if (key == "at_least") return "at least ";
  if (key == "more_than") return "more than ";
  return key == "at_most" ? "at most " : std::string(key) + ": ";
}

}  // namespace

/// The key whose values are compared.
struct NodeDiff::Key {
  std::string path;  ///< of what it stands in
  std::string name;
  Sense sense;
  const KnownKey* row;

  /// Of what stands behind it.
  std::string inner() const {
    const bool silent = name == "when" || (name == "any" && (path.ends_with("from: ") || path.ends_with("to: ")));
    return silent ? path : path + spoken(name);
  }
  Sense inner_sense() const {
    if (row == nullptr) return Sense::kNone;
    return row->turns ? turned(sense) : sense;
  }
};

void NodeDiff::mappings(const std::string& path, const YamlNode& before, const YamlNode& after, Sense sense) {
  for (const YamlEntry& entry : before.entries) {
    const YamlNode* const value = find_value(after, entry.key);
    if (value == nullptr) add_or_remove(path, entry, false, sense);
    if (value != nullptr) values({path, entry.key, sense, known(entry.key)}, entry.value, *value);
  }
  for (const YamlEntry& entry : after.entries) {
    if (find_value(before, entry.key) == nullptr) add_or_remove(path, entry, true, sense);
  }
}

void NodeDiff::add_or_remove(const std::string& path, const YamlEntry& entry, bool added, Sense sense) {
  const More more = known(entry.key) == nullptr ? More::kUnknown : More::kFitsLess;  // all that is listed must hold
  add(path + (added ? "added " : "removed ") + entry.key + ": " + flow_text(entry.value),
      effect_of(more, sense, added));
}

void NodeDiff::values(const Key& key, const YamlNode& before, const YamlNode& after) {
  using Kind = YamlNode::Kind;
  if (same_nodes(before, after)) return;
  const bool places = key.name == "from" || key.name == "to";
  if (places && before.kind != after.kind && before.kind != Kind::kScalar && after.kind != Kind::kScalar) {
    const bool first = before.kind == Kind::kSequence;
    mappings(key.inner(), first ? as_places(before) : before, first ? after : as_places(after), key.inner_sense());
  } else if (before.kind == Kind::kMapping && after.kind == Kind::kMapping) {
    mappings(key.inner(), before, after, key.inner_sense());
  } else if (before.kind == Kind::kSequence && after.kind == Kind::kSequence) {
    lists(key, before, after);
  } else {
    scalars(key, before, after);
  }
}

void NodeDiff::scalars(const Key& key, const YamlNode& before, const YamlNode& after) {
  const auto from = number(before);
  const auto to = number(after);
  const More more = key.row == nullptr || !from || !to ? More::kUnknown : key.row->number;
  add(key.path + spoken(key.name) + flow_text(before) + " -> " + flow_text(after),
      effect_of(more, key.sense, from && to && *to > *from));
}

void NodeDiff::pairs(const Key& key, Items& removed, Items& added) {
  for (auto old = removed.begin(); old != removed.end();) {
    const bool alone = removed.size() == 1 && added.size() == 1;
    const std::string name = label(**old);
    const auto is_it = [&](const YamlNode* now) {
      const bool both = now->kind == YamlNode::Kind::kMapping && (*old)->kind == YamlNode::Kind::kMapping;
      return both && label(*now) == name && (alone || !name.empty());
    };
    const auto now = std::find_if(added.begin(), added.end(), is_it);
    if (now == added.end()) {
      ++old;
      continue;
    }
    mappings(key.inner() + (name.empty() ? "" : quoted(name) + ": "), **old, **now, key.inner_sense());
    added.erase(now);
    old = removed.erase(old);
  }
}

void NodeDiff::lists(const Key& key, const YamlNode& before, const YamlNode& after) {
  Items removed = items_without(before, after);
  Items added = items_without(after, before);
  pairs(key, removed, added);
  const More more = key.row == nullptr ? More::kUnknown : key.row->item;
  const Sense sense = key.name == "not" ? turned(key.sense) : key.sense;
  if (!added.empty()) add(key.inner() + "added " + joined(added), effect_of(more, sense, true));
  if (!removed.empty()) add(key.inner() + "removed " + joined(removed), effect_of(more, sense, false));
}

}  // namespace sallyport::policy
