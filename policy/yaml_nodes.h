// YAML nodes compared and shown on one line.
#pragma once

#include <string>

#include "policy/yaml_source.h"

namespace sallyport::policy {

/// The same kinds, texts, keys and order, wherever they stand.
bool same_nodes(const YamlNode& a, const YamlNode& b);
/// "{at_least: 2, score: 0.7}", for people: quotes are left out.
std::string flow_text(const YamlNode& node);
/// Null where there is none.
const YamlNode* find_value(const YamlNode& mapping, std::string_view key);

}  // namespace sallyport::policy
