// YAML text to nodes that know their place. A strict subset: what YAML libraries accept silently and people do not
// expect - duplicate keys, further documents, anchors, merge keys, tags, values over several lines - is a fault here.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "policy/diagnostic.h"
#include "policy/source_text.h"

namespace sallyport::policy {

struct YamlEntry;

/// A value. Nesting is at most limits::kPolicyDepthMax in well-formed files and twice that in recovered ones.
struct YamlNode {
  enum class Kind : std::uint8_t { kNull, kScalar, kSequence, kMapping };

  Kind kind = Kind::kNull;
  Place place;
  std::string text;  ///< of a scalar, as meant: quotes and escapes removed, never taken for a number or boolean
  std::vector<YamlNode> items;     ///< of a sequence
  std::vector<YamlEntry> entries;  ///< of a mapping, in the order of the file, keys distinct
};

struct YamlEntry {
  std::string key;
  Place key_place;
  YamlNode value;
};

struct YamlDocument {
  YamlNode root;
  /// False where a fault of syntax hid part of the text: then what is missing may only be hidden.
  bool whole = true;
};

/// Reads the one document of `source` and reports every fault it can find, also beyond the first fault of syntax. Never
/// throws.
YamlDocument read_yaml(const SourceText& source, Diagnostics& diagnostics);

/// "nothing", "a single value", "a list" or "a mapping of keys".
std::string_view describe(YamlNode::Kind kind);

}  // namespace sallyport::policy
