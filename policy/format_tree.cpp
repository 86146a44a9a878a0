#include "policy/format_tree.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

namespace sallyport::policy {
namespace {

constexpr std::string_view kEditorLine = "# yaml-language-server:";

struct Comment {
  std::uint32_t line = 0;
  std::uint32_t column = 0;  // 0: a blank line
  bool alone = true;         // on its line
  std::string text;
};

std::string trimmed(std::string_view text) {
  return std::string(text.substr(0, text.find_last_not_of(" \t") + 1));
}

/// Which parts of a source are values in which a '#' is no comment: text blocks and quotes.
class Texts {
 public:
  Texts(const SourceText& source, const YamlNode& root) : source_(source), inside_(source.line_count() + 2) {
    visit(root, 0);
  }

  /// Whether the line belongs to a value that begins with '|' or '>'.
  bool holds(std::uint32_t line) const { return inside_[line]; }

  /// Where a comment begins on a line; npos where none does.
  std::size_t comment_begin(std::uint32_t number) const {
    const std::string_view line = source_.line(number);
    for (std::size_t i = 0; i < line.size(); ++i) {
      const bool apart = i == 0 || line[i - 1] == ' ' || line[i - 1] == '\t';
      if (line[i] == '#' && apart) return i;
      if (quotes_.count({number, i + 1}) != 0) i = quote_end(line, i);
    }
    return std::string_view::npos;
  }

 private:
  static std::size_t quote_end(std::string_view line, std::size_t begin) {
    const char quote = line[begin];
    std::size_t i = begin + 1;
    while (i < line.size() && line[i] != quote) i += quote == '"' && line[i] == '\\' ? 2 : 1;
    const bool doubled = quote == '\'' && i + 1 < line.size() && line[i + 1] == quote;
    return doubled ? quote_end(line, i + 1) : i;
  }

  void note_quote(const Place& place) {
    const std::string_view line = source_.line(place.line);
    if (place.column > line.size()) return;
    const char first = line[place.column - 1];
    if (first == '"' || first == '\'') quotes_.emplace(place.line, place.column);
  }

  /// `column`: of the key or the dash, from one; what stands further in belongs to the text.
  void visit(const YamlNode& node, std::uint32_t column) {
    if (node.kind == YamlNode::Kind::kScalar) note_quote(node.place);
    if (node.kind == YamlNode::Kind::kScalar) mark(node.place, column);
    for (const YamlEntry& entry : node.entries) {
      note_quote(entry.key_place);
      visit(entry.value, entry.key_place.column);
    }
    for (const YamlNode& item : node.items) {
      const std::string_view line = source_.line(item.place.line);
      visit(item, static_cast<std::uint32_t>(line.substr(0, item.place.column - 1).rfind('-') + 1));
    }
  }

  void mark(const Place& place, std::uint32_t column) {
    const std::string_view line = source_.line(place.line);
    const bool begins = place.column <= line.size() && (line[place.column - 1] == '|' || line[place.column - 1] == '>');
    if (!begins) return;
    std::uint32_t last = place.line;
    for (std::uint32_t number = place.line + 1; number <= source_.line_count(); ++number) {
      const std::string_view text = source_.line(number);
      const std::size_t indent = text.find_first_not_of(' ');
      if (indent != std::string_view::npos && indent + 1 <= column) break;
      if (indent != std::string_view::npos) last = number;
    }
    for (std::uint32_t number = place.line + 1; number <= last; ++number) inside_[number] = true;
  }

  const SourceText& source_;
  std::vector<bool> inside_;
  std::set<std::pair<std::size_t, std::size_t>> quotes_;  // line and column, from one
};

std::vector<Comment> find_comments(const SourceText& source, const YamlNode& root) {
  const Texts texts(source, root);
  std::vector<Comment> comments;
  for (std::uint32_t number = 1; number <= source.line_count(); ++number) {
    if (texts.holds(number)) continue;
    const std::string_view line = source.line(number);
    const std::size_t begin = texts.comment_begin(number);
    const std::size_t text = line.find_first_not_of(" \t");
    if (text == std::string_view::npos) {
      comments.push_back({number, 0, true, {}});
    } else if (begin != std::string_view::npos) {
      comments.push_back({number, static_cast<std::uint32_t>(begin) + 1, begin == text, trimmed(line.substr(begin))});
    }
  }
  return comments;
}

/// Gives each comment to the piece it belongs to. One thread; for one tree.
class Attacher {
 public:
  Attacher(const SourceText& source, FormatTree& tree) : source_(source), tree_(tree) { list(tree.root, kNone); }

  void attach(const std::vector<Comment>& comments) {
    for (const Comment& comment : comments) {
      if (comment.alone) {
        attach_line(comment);
      } else {
        attach_behind(comment);
      }
    }
    take_head();
  }

 private:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  struct Listed {
    FormatPiece* piece;
    std::size_t parent;
  };

  void list(FormatPiece& piece, std::size_t parent) {
    const std::size_t self = listed_.size();
    listed_.push_back({&piece, parent});
    for (FormatPiece& inner : piece.inside) list(inner, self);
  }

  /// The first piece below the line; the number of pieces where there is none. The root is no such piece.
  std::size_t first_below(std::uint32_t line) const {
    const auto is_above = [line](const Listed& one) { return one.parent == kNone || one.piece->begin.line <= line; };
    return static_cast<std::size_t>(std::partition_point(listed_.begin(), listed_.end(), is_above) - listed_.begin());
  }

  void attach_line(const Comment& comment) {
    const std::size_t next = first_below(comment.line);
    FormatPiece* const around = comment.column == 0 ? nullptr : closing(comment.column, next);
    std::vector<std::string>& place = around != nullptr       ? around->below
                                      : next < listed_.size() ? listed_[next].piece->above
                                                              : tree_.root.below;
    const bool repeated = comment.column == 0 && !place.empty() && place.back().empty();
    if (!repeated) place.push_back(comment.text);
  }

  /// The innermost piece that ends before `next` and whose inside stands at the comment's column or further left.
  FormatPiece* closing(std::uint32_t column, std::size_t next) const {
    if (next < listed_.size() && column <= listed_[next].piece->column) return nullptr;
    for (std::size_t i = next - 1; i != kNone; i = listed_[i].parent) {
      FormatPiece& piece = *listed_[i].piece;
      if (is_around(i, next) || piece.inside.empty() || is_flow(piece)) continue;
      if (piece.inside.front().column <= column) return &piece;
    }
    return nullptr;
  }

  bool is_around(std::size_t outer, std::size_t inner) const {
    if (inner >= listed_.size()) return outer == 0;
    std::size_t i = inner;
    while (i != kNone && i != outer) i = listed_[i].parent;
    return i == outer;
  }

  bool is_flow(const FormatPiece& piece) const {
    const Place& place = piece.value->place;
    const std::string_view line = source_.line(place.line);
    return place.column <= line.size() && (line[place.column - 1] == '{' || line[place.column - 1] == '[');
  }

  /// To what begins first on its line; an item that is a mapping in lines of its own leaves it to its first entry.
  void attach_behind(const Comment& comment) {
    const std::size_t end = first_below(comment.line);
    std::size_t i = first_below(comment.line - 1);
    while (i < end && listed_[i].piece->key == nullptr && !listed_[i].piece->inside.empty() &&
           !is_flow(*listed_[i].piece)) {
      ++i;
    }
    if (i < end && listed_[i].piece->behind.empty()) {
      listed_[i].piece->behind = comment.text;
    } else {
      (end < listed_.size() ? listed_[end].piece->above : tree_.root.below).push_back(comment.text);
    }
  }

  /// What stands above the first entry and a blank line speaks of the file; so does the line that editors read.
  void take_head() {
    if (tree_.root.inside.empty()) return;
    std::vector<std::string>& above = tree_.root.inside.front().above;
    auto end = std::find(above.rbegin(), above.rend(), std::string()).base();
    if (end == above.begin() && !above.empty() && above.front().starts_with(kEditorLine)) ++end;
    tree_.head.assign(above.begin(), end);
    above.erase(above.begin(), end);
    while (!tree_.head.empty() && tree_.head.front().empty()) tree_.head.erase(tree_.head.begin());
  }

  const SourceText& source_;
  FormatTree& tree_;
  std::vector<Listed> listed_;  // in the order of the file
};

FormatPiece piece_of(const YamlNode& value, const SourceText& source) {
  FormatPiece piece;
  piece.value = &value;
  piece.begin = value.place;
  piece.column = value.place.column;
  for (const YamlEntry& entry : value.entries) {
    FormatPiece inner = piece_of(entry.value, source);
    inner.key = &entry.key;
    inner.begin = entry.key_place;
    inner.column = entry.key_place.column;
    piece.inside.push_back(std::move(inner));
  }
  for (const YamlNode& item : value.items) {
    FormatPiece inner = piece_of(item, source);
    const std::string_view line = source.line(item.place.line).substr(0, item.place.column - 1);
    const std::size_t dash = line.find_last_not_of(' ');
    if (dash != std::string_view::npos && line[dash] == '-') inner.column = static_cast<std::uint32_t>(dash) + 1;
    piece.inside.push_back(std::move(inner));
  }
  return piece;
}

}  // namespace

FormatTree format_tree(const SourceText& source, const YamlNode& root) {
  FormatTree tree;
  tree.root = piece_of(root, source);
  Attacher(source, tree).attach(find_comments(source, root));
  return tree;
}

std::vector<std::string> comments_of(const SourceText& source, const YamlNode& root) {
  std::vector<std::string> texts;
  for (Comment& comment : find_comments(source, root)) {
    if (comment.column != 0) texts.push_back(std::move(comment.text));
  }
  return texts;
}

}  // namespace sallyport::policy
