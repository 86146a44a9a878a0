#include "policy/format.h"

#include <algorithm>
#include <utility>

#include "policy/format_scalar.h"
#include "policy/format_tree.h"
#include "policy/schema.h"
#include "policy/yaml_nodes.h"

namespace sallyport::policy {
namespace {

constexpr std::size_t kWidth = 120;  // of a line with brackets; longer ones are written in lines of their own

using Kind = YamlNode::Kind;

/// What the reference says of the keys inside a value.
struct Around {
  const SchemaSection* section = nullptr;  ///< of a mapping; null: keys keep their order
  const SchemaKey* row = nullptr;          ///< of the value
  std::size_t depth = 0;                   ///< 0: the policy itself
};

/// Of the value of an entry, or of an item.
Around inside(const Around& around, const FormatPiece& piece) {
  if (piece.key == nullptr) {  // an item
    const bool sections = around.row != nullptr && around.row->type == ValueType::kSections;
    return {sections ? &schema(around.row->section) : nullptr, nullptr, around.depth + 1};
  }
  if (around.section == nullptr) {  // a name of one's own
    const bool named = around.row != nullptr && around.row->type == ValueType::kNamedSections;
    return {named ? &schema(around.row->section) : nullptr, nullptr, around.depth + 1};
  }
  const SchemaKey* const row = find_key(*around.section, *piece.key);
  const bool section = row != nullptr && (row->type == ValueType::kSection || row->type == ValueType::kSectionOrAny ||
                                          row->type == ValueType::kNamesOrPlaces);
  return {section ? &schema(row->section) : nullptr, row, around.depth + 1};
}

/// The pieces in the order of the reference; what it does not know comes last.
std::vector<const FormatPiece*> ordered(const FormatPiece& piece, const Around& around) {
  std::vector<const FormatPiece*> pieces;
  for (const FormatPiece& inner : piece.inside) pieces.push_back(&inner);
  if (piece.value->kind != Kind::kMapping || around.section == nullptr) return pieces;
  const auto place = [&around](const FormatPiece* one) {
    const SchemaKey* const row = find_key(*around.section, *one->key);
    return row == nullptr ? around.section->keys.size() : static_cast<std::size_t>(row - around.section->keys.data());
  };
  std::stable_sort(pieces.begin(), pieces.end(),
                   [&place](const FormatPiece* a, const FormatPiece* b) { return place(a) < place(b); });
  return pieces;
}

bool is_comment(const std::string& line) {
  return !line.empty();
}

bool has_comment(const std::vector<std::string>& lines) {
  return std::any_of(lines.begin(), lines.end(), is_comment);
}

/// A comment, or a text of several lines, that no bracket can hold.
bool needs_lines(const FormatPiece& piece) {
  if (has_comment(piece.below)) return true;
  return std::any_of(piece.inside.begin(), piece.inside.end(), [](const FormatPiece& inner) {
    const bool block = inner.value->kind == Kind::kScalar && is_block_text(inner.value->text);
    return block || has_comment(inner.above) || !inner.behind.empty() || needs_lines(inner);
  });
}

/// Whether it holds a list of mappings, such as `any`: each of those is read on a line of its own.
bool holds_sections(const FormatPiece& piece, const Around& around) {
  return std::any_of(piece.inside.begin(), piece.inside.end(), [&around](const FormatPiece& inner) {
    const Around within = inside(around, inner);
    const bool sections = within.row != nullptr && within.row->type == ValueType::kSections;
    return (sections && !inner.inside.empty()) || holds_sections(inner, within);
  });
}

std::string flow(const FormatPiece& piece, const Around& around) {
  const YamlNode& value = *piece.value;
  if (value.kind == Kind::kNull) return {};
  if (value.kind == Kind::kScalar) return scalar_text(value.text, ScalarPlace::kFlow);
  std::string text;
  for (const FormatPiece* inner : ordered(piece, around)) {
    text += text.empty() ? "" : ", ";
    if (inner->key != nullptr) text += scalar_text(*inner->key, ScalarPlace::kFlow) + ": ";
    text += flow(*inner, inside(around, *inner));
  }
  return value.kind == Kind::kMapping ? '{' + text + '}' : '[' + text + ']';
}

/// One thread; for one file.
class Writer {
 public:
  std::string write(const FormatTree& tree) {
    for (const std::string& line : tree.head) add(0, line);
    write_inside(tree.root, {&schema(SectionId::kPolicy), nullptr, 0}, 0);
    while (text_.ends_with("\n\n")) text_.pop_back();
    return std::move(text_);
  }

 private:
  void add(std::size_t indent, const std::string& line) {
    const bool again = line.empty() && (text_.empty() || text_.ends_with("\n\n"));
    if (!again) text_ += line.empty() ? "\n" : std::string(indent, ' ') + line + '\n';
  }

  void write_inside(const FormatPiece& piece, const Around& around, std::size_t indent) {
    bool first = around.depth > 0;
    for (const FormatPiece* inner : ordered(piece, around)) {
      for (const std::string& line : inner->above) {
        if (!(first && line.empty())) add(indent, line);
        first = first && line.empty();
      }
      first = false;
      write_piece(*inner, inside(around, *inner), indent);
    }
    for (const std::string& line : piece.below) {
      if (!line.empty() || around.depth == 0) add(indent, line);
    }
  }

  void write_piece(const FormatPiece& piece, const Around& around, std::size_t indent) {
    const std::string begin = piece.key == nullptr ? "-" : scalar_text(*piece.key, ScalarPlace::kLine) + ':';
    const std::string behind = piece.behind.empty() ? "" : "  " + piece.behind;
    const YamlNode& value = *piece.value;
    if (value.kind == Kind::kScalar && is_block_text(value.text)) {
      const std::vector<std::string> lines = block_lines(value.text);
      add(indent, begin + ' ' + lines.front() + behind);
      for (std::size_t i = 1; i < lines.size(); ++i)
        text_ += lines[i].empty() ? "\n" : std::string(indent + 2, ' ') + lines[i] + '\n';
    } else if (value.kind == Kind::kNull) {
      add(indent, begin + behind);
    } else if (value.kind == Kind::kScalar) {
      add(indent, begin + ' ' + scalar_text(value.text, ScalarPlace::kLine) + behind);
    } else if (const std::string line = begin + ' ' + flow(piece, around); fits(piece, around, indent + line.size())) {
      add(indent, line + behind);
    } else if (piece.key != nullptr) {
      add(indent, begin + behind);
      write_inside(piece, around, indent + 2);
    } else {
      write_item(piece, around, indent);
    }
  }

  /// Sections of the policy, and lists of mappings, are easier to read in lines of their own.
  static bool fits(const FormatPiece& piece, const Around& around, std::size_t width) {
    if (piece.inside.empty()) return true;
    if (needs_lines(piece) || holds_sections(piece, around) || width > kWidth) return false;
    const bool section = around.depth == 1 && piece.value->kind == Kind::kMapping;
    const bool sections = around.row != nullptr && around.row->type == ValueType::kSections;
    const bool of_policy = around.depth == 2 && piece.key == nullptr;
    return !section && !sections && !of_policy;
  }

  /// The first line of what is inside stands behind the dash; comments that would come between stand above.
  void write_item(const FormatPiece& piece, const Around& around, std::size_t indent) {
    if (!piece.behind.empty()) add(indent, piece.behind);
    const auto pieces = ordered(piece, around);
    for (const std::string& line : pieces.front()->above) {
      if (!line.empty()) add(indent, line);
    }
    const std::size_t begin = text_.size();
    FormatPiece rest = piece;
    rest.inside.clear();
    for (const FormatPiece* inner : pieces) rest.inside.push_back(*inner);
    rest.inside.front().above.clear();
    write_inside(rest, around, indent + 2);
    text_[begin + indent] = '-';
  }

  std::string text_;
};

const YamlEntry* find_entry(const YamlNode& mapping, const std::string& key) {
  const auto has_key = [&key](const YamlEntry& entry) { return entry.key == key; };
  const auto found = std::find_if(mapping.entries.begin(), mapping.entries.end(), has_key);
  return found == mapping.entries.end() ? nullptr : &*found;
}

/// The same but for the order of keys.
bool same_meaning(const YamlNode& a, const YamlNode& b) {
  if (a.kind != b.kind || a.text != b.text) return false;
  const auto same = [](const YamlNode& one, const YamlNode& other) { return same_meaning(one, other); };
  if (!std::equal(a.items.begin(), a.items.end(), b.items.begin(), b.items.end(), same)) return false;
  return a.entries.size() == b.entries.size() &&
         std::all_of(a.entries.begin(), a.entries.end(), [&b](const YamlEntry& entry) {
           const YamlEntry* const other = find_entry(b, entry.key);
           return other != nullptr && same_meaning(entry.value, other->value);
         });
}

std::vector<std::string> sorted(std::vector<std::string> texts) {
  std::sort(texts.begin(), texts.end());
  return texts;
}

/// Nothing was lost: what cannot be laid out is left as it is.
bool says_the_same(const SourceText& before, const YamlNode& root, const std::string& text) {
  const SourceText after(text);
  Diagnostics diagnostics("formatted", after);
  const YamlDocument again = read_yaml(after, diagnostics);
  return diagnostics.error_count() == 0 && same_meaning(root, again.root) &&
         sorted(comments_of(before, root)) == sorted(comments_of(after, again.root));
}

}  // namespace

FormatResult format_policy(std::string text, std::string name) {
  const SourceText source(std::move(text));
  Diagnostics diagnostics(std::move(name), source);
  const YamlDocument yaml = read_yaml(source, diagnostics);
  if (diagnostics.error_count() == 0 && yaml.root.kind != Kind::kMapping) {
    diagnostics.error(yaml.root.place, "wrong-type",
                      "a policy must be a mapping of keys, not " + std::string(describe(yaml.root.kind)));
  }
  if (diagnostics.error_count() != 0) return {std::nullopt, diagnostics.sorted()};
  std::string formatted = Writer().write(format_tree(source, yaml.root));
  if (says_the_same(source, yaml.root, formatted)) return {std::move(formatted), {}};
  diagnostics.error({}, "not-formatted", "this file cannot be laid out anew without a loss: it is left as it is");
  return {std::nullopt, diagnostics.sorted()};
}

}  // namespace sallyport::policy
