#include "policy/yaml_nodes.h"

#include <algorithm>

namespace sallyport::policy {

bool same_nodes(const YamlNode& a, const YamlNode& b) {
  const auto same_entries = [](const YamlEntry& x, const YamlEntry& y) {
    return x.key == y.key && same_nodes(x.value, y.value);
  };
  return a.kind == b.kind && a.text == b.text &&
         std::equal(a.items.begin(), a.items.end(), b.items.begin(), b.items.end(), same_nodes) &&
         std::equal(a.entries.begin(), a.entries.end(), b.entries.begin(), b.entries.end(), same_entries);
}

std::string flow_text(const YamlNode& node) {
  std::string text;
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return "nothing";
    case YamlNode::Kind::kScalar:
      return node.text;
    case YamlNode::Kind::kSequence:
      for (const YamlNode& item : node.items) text += (text.empty() ? "" : ", ") + flow_text(item);
      return '[' + text + ']';
    case YamlNode::Kind::kMapping:
      break;
  }
  for (const YamlEntry& entry : node.entries)
    text += (text.empty() ? "" : ", ") + entry.key + ": " + flow_text(entry.value);
  return '{' + text + '}';
}

const YamlNode* find_value(const YamlNode& mapping, std::string_view key) {
  const auto has_key = [key](const YamlEntry& entry) { return entry.key == key; };
  const auto found = std::find_if(mapping.entries.begin(), mapping.entries.end(), has_key);
  return found == mapping.entries.end() ? nullptr : &found->value;
}

}  // namespace sallyport::policy
