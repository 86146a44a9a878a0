// A policy file as entries and items with the comments that belong to each; only the formatter uses it.
#pragma once

#include <string>
#include <vector>

#include "policy/source_text.h"
#include "policy/yaml_source.h"

namespace sallyport::policy {

/// An entry of a mapping or an item of a list. Borrows the nodes.
struct FormatPiece {
  const std::string* key = nullptr;  ///< of an entry
  const YamlNode* value = nullptr;
  Place begin;                     ///< of the key, or of the item's value
  std::uint32_t column = 0;        ///< of the key, or of the item's dash
  std::vector<std::string> above;  ///< comments; an empty one is a blank line
  std::string behind;              ///< comment on its line
  std::vector<FormatPiece> inside;
  std::vector<std::string> below;  ///< behind the last of `inside`
};

struct FormatTree {
  std::vector<std::string> head;  ///< comments that speak of the whole file
  FormatPiece root;               ///< the policy: no key, nothing above
};

/// `root`: the nodes of `source`, which has no fault. Every comment of the source is in the tree once.
FormatTree format_tree(const SourceText& source, const YamlNode& root);
/// The comments of a source, in its order.
std::vector<std::string> comments_of(const SourceText& source, const YamlNode& root);

}  // namespace sallyport::policy
