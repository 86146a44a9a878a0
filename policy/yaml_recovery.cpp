// Reads on behind a fault of syntax. A YAML parser stops at the first; here the text around it is cut along its
// indentation until only the smallest broken piece is lost, so that one run shows every fault.
#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "policy/limits.h"
#include "policy/yaml_advice.h"
#include "policy/yaml_attempt.h"
#include "policy/yaml_source.h"

namespace sallyport::policy {
namespace {

constexpr std::size_t kNoIndent = static_cast<std::size_t>(-1);

struct Block {
  std::vector<std::string> lines;
  std::uint32_t first_line = 1;
  std::uint32_t file = 0;
};

/// Spaces before the first character; kNoIndent for lines that hold nothing but comment.
std::size_t indent_of(std::string_view line) {
  const std::size_t begin = line.find_first_not_of(" \t\r");
  return begin == std::string_view::npos || line[begin] == '#' ? kNoIndent : begin;
}

bool is_item(std::string_view line, std::size_t indent) {
  return line.substr(indent) == "-" || line.substr(indent).starts_with("- ");
}

bool is_closer(std::string_view line, std::size_t indent) {
  return line[indent] == ']' || line[indent] == '}';
}

std::size_t smallest_indent(const Block& block) {
  std::size_t smallest = kNoIndent;
  for (const std::string& line : block.lines) smallest = std::min(smallest, indent_of(line));
  return smallest;
}

std::string joined(const Block& block) {
  std::string text;
  for (const std::string& line : block.lines) text += line + '\n';
  return text;
}

/// The key at the start of the block's first line, if one stands there.
std::optional<YamlEntry> key_at(const Block& block, std::size_t indent) {
  const std::string_view line = std::string_view(block.lines.front()).substr(indent);
  const std::size_t colon = line.find(':');
  const bool ends = colon != std::string_view::npos && (colon + 1 == line.size() || line[colon + 1] == ' ');
  if (!ends || colon == 0 || line.find_first_of("\"'[{ ") < colon) return std::nullopt;
  const Place place{block.first_line, static_cast<std::uint32_t>(indent) + 1, static_cast<std::uint32_t>(colon),
                    block.file};
  return YamlEntry{std::string(line.substr(0, colon)), place, {}};
}

/// Whether more stands below the first line and nothing but the key on it.
bool has_body(const Block& block, std::size_t value_begin) {
  return block.lines.size() > 1 && indent_of(std::string_view(block.lines.front()).substr(value_begin)) == kNoIndent;
}

/// Walks over values, quotes and comments of a piece that cannot be cut further, and finds what was opened and not
/// closed.
class OpenerScan {
 public:
  std::optional<YamlFault> run(const Block& block) {
    for (std::size_t i = 0; i < block.lines.size(); ++i) {
      auto fault = scan_line(block.lines[i], {block.first_line + static_cast<std::uint32_t>(i), 0, 1, block.file});
      if (fault) return fault;
    }
    if (open_.empty()) return std::nullopt;
    return YamlFault{open_.back().place,
                     "unclosed-bracket",
                     std::string("this '") + open_.back().opener + "' is never closed",
                     {"", cut_ ? "' #' begins a comment: quotes keep it in a value" : ""}};
  }

 private:
  struct Opener {
    char opener;
    Place place;
  };

  std::optional<YamlFault> scan_line(std::string_view line, Place place) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      const bool begins = i == 0 || std::string_view(" [{,:").find(line[i - 1]) != std::string_view::npos;
      place.column = static_cast<std::uint32_t>(i) + 1;
      if (line[i] == '#' && begins) {
        cut_ = !open_.empty();
        break;
      }
      if ((line[i] == '"' || line[i] == '\'') && begins) {
        const std::size_t end = closing_quote(line, i);
        if (end == std::string_view::npos) return unclosed_quote(place, line.size() - i);
        i = end;
      } else if (line[i] == '[' || line[i] == '{') {
        open_.push_back({line[i], place});
      } else if (line[i] == ']' || line[i] == '}') {
        if (open_.empty() || open_.back().opener != (line[i] == ']' ? '[' : '{')) return stray(place, line[i]);
        open_.pop_back();
      }
    }
    return std::nullopt;
  }

  static std::size_t closing_quote(std::string_view line, std::size_t begin) {
    const char quote = line[begin];
    std::size_t i = begin + 1;
    while (i < line.size() && line[i] != quote) i += quote == '"' && line[i] == '\\' ? 2 : 1;
    return i < line.size() ? i : std::string_view::npos;
  }
  static YamlFault unclosed_quote(Place place, std::size_t width) {
    place.width = static_cast<std::uint32_t>(width);
    return {place, "unclosed-quote", "this quote is not closed on its line", {}};
  }
  YamlFault stray(Place place, char closer) const {
    if (open_.empty())
      return {place, "syntax", std::string("nothing was opened that this '") + closer + "' could close", {}};
    return {place,
            "syntax",
            std::string("'") + closer + "' cannot close the '" + open_.back().opener + "' at " +
                to_string(open_.back().place),
            {}};
  }

  std::vector<Opener> open_;
  bool cut_ = false;  // by a comment, between brackets
};

class Reader {
 public:
  explicit Reader(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  bool whole() const { return whole_; }

  /// Reports the faults of the block and gives what of it can be read.
  YamlNode read(const Block& block, std::size_t depth) {
    YamlAttempt attempt = parse_yaml(joined(block), block.first_line, block.file);
    const auto hides = [](const YamlFault& fault) { return fault.code == "alias"; };
    const bool hidden = std::any_of(attempt.faults.begin(), attempt.faults.end(), hides);
    if (hidden || attempt.outcome != YamlAttempt::Outcome::kRead) whole_ = false;
    const bool final = attempt.outcome != YamlAttempt::Outcome::kBroken || depth >= limits::kPolicyDepthMax;
    if (final) {
      report(attempt.faults);
      return attempt.outcome == YamlAttempt::Outcome::kRead ? std::move(attempt.root) : YamlNode{};
    }
    const std::size_t errors_before = diagnostics_.error_count();
    YamlNode node = read_pieces(block, depth);
    if (diagnostics_.error_count() == errors_before) report({explain(block, std::move(attempt.faults.back()))});
    return node;
  }

 private:
  static YamlFault explain(const Block& block, YamlFault fault) {
    if (fault.code != "syntax") return fault;
    if (auto opener = OpenerScan().run(block)) return std::move(*opener);
    const std::size_t line = fault.place.line - block.first_line;
    if (line < block.lines.size()) explain_syntax(block.lines[line], fault);
    return fault;
  }

  void report(const std::vector<YamlFault>& faults) {
    for (const YamlFault& fault : faults) diagnostics_.error(fault.place, fault.code, fault.message, fault.advice);
  }

  YamlNode read_pieces(const Block& block, std::size_t depth) {
    const std::vector<Block> pieces = cut(block);
    if (pieces.size() <= 1) return pieces.empty() ? YamlNode{} : read_inside(pieces.front(), depth);
    YamlNode all;
    for (const Block& piece : pieces) merge(all, read(piece, depth + 1));
    return all;
  }

  /// At each line with the smallest indentation a piece begins. Items on the level of the key they belong to stay with
  /// it.
  static std::vector<Block> cut(const Block& block) {
    const std::size_t indent = smallest_indent(block);
    const auto starts = [indent](const std::string& line) {
      return indent_of(line) == indent && !is_closer(line, indent);
    };
    const auto is_key = [&](const std::string& line) { return starts(line) && !is_item(line, indent); };
    const bool has_keys = std::any_of(block.lines.begin(), block.lines.end(), is_key);
    std::vector<Block> pieces;
    for (std::size_t i = 0; i < block.lines.size(); ++i) {
      const std::string& line = block.lines[i];
      const bool empty = indent_of(line) == kNoIndent;
      const bool begins = starts(line) && !(has_keys && is_item(line, indent));
      if (pieces.empty() && empty) continue;
      if (pieces.empty() || begins)
        pieces.push_back({{}, block.first_line + static_cast<std::uint32_t>(i), block.file});
      pieces.back().lines.push_back(line);
    }
    return pieces;
  }

  /// One piece: the value below its key, or the item behind its dash. Of a broken value the key is kept, so that the
  /// name of a broken network is still known.
  YamlNode read_inside(Block piece, std::size_t depth) {
    const std::size_t indent = indent_of(piece.lines.front());
    YamlNode node;
    if (indent == kNoIndent) return node;
    node.place = {piece.first_line, static_cast<std::uint32_t>(indent) + 1, 1, piece.file};
    if (is_item(piece.lines.front(), indent)) {
      piece.lines.front()[indent] = ' ';
      node.kind = YamlNode::Kind::kSequence;
      node.items.push_back(read(piece, depth + 1));
    } else if (auto entry = key_at(piece, indent)) {
      const bool body = has_body(piece, indent + entry->key.size() + 1);
      piece.lines.front().clear();
      node.kind = YamlNode::Kind::kMapping;
      if (body) entry->value = read(piece, depth + 1);
      node.entries.push_back(std::move(*entry));
    }
    return node;
  }

  void merge(YamlNode& all, YamlNode piece) {
    if (piece.kind == YamlNode::Kind::kNull) return;
    if (piece.kind == YamlNode::Kind::kScalar) {
      const bool glued = piece.text.find(':') != std::string::npos;
      diagnostics_.error(piece.place, "syntax", "a key, a ':' and a value are expected here",
                         {"", glued ? "a space is missing behind the ':'" : ""});
      return;
    }
    if (all.kind == YamlNode::Kind::kNull) {
      all = std::move(piece);
      return;
    }
    std::vector<YamlFault> faults;
    if (all.kind == piece.kind) {
      for (YamlEntry& entry : piece.entries) add_entry(all, std::move(entry), faults);
      std::move(piece.items.begin(), piece.items.end(), std::back_inserter(all.items));
    } else {
      faults.push_back(
          {piece.place, "syntax", "list items and keys stand on one level here", {"", "check the indentation"}});
    }
    report(faults);
  }

  Diagnostics& diagnostics_;
  bool whole_ = true;
};

/// Reports characters that no policy needs, and blanks out the lines they stand on.
bool check_characters(Block& block, Diagnostics& diagnostics) {
  bool clean = true;
  const auto fault = [&](std::size_t line, std::size_t column, std::string_view code, const char* message,
                         Advice advice = {}) {
    const Place place{static_cast<std::uint32_t>(line) + 1, static_cast<std::uint32_t>(column) + 1, 1, block.file};
    diagnostics.error(place, code, message, std::move(advice));
    block.lines[line].clear();
    clean = false;
  };
  for (std::size_t i = 0; i < block.lines.size(); ++i) {
    const std::string_view line = block.lines[i];
    const std::size_t text = line.find_first_not_of(" \t");
    const std::size_t tab = line.substr(0, text).find('\t');
    if (tab != std::string_view::npos && text != std::string_view::npos) {
      fault(i, tab, "tab", "a tab indents this line", {"", "YAML is indented by spaces"});
      continue;
    }
    for (std::size_t at = 0; at < line.size();) {
      const std::size_t size = utf8_sequence_size(line.substr(at));
      const auto byte = static_cast<unsigned char>(line[at]);
      if (size == 0) fault(i, at, "not-utf8", "this is not UTF-8 text", {"", "save the file as UTF-8"});
      if (size == 1 && (byte < 0x20 || byte == 0x7F) && byte != '\t')
        fault(i, at, "control-character", "a control character");
      if (block.lines[i].empty()) break;
      at += size;
    }
  }
  return clean;
}

}  // namespace

YamlDocument read_yaml(const SourceText& source, Diagnostics& diagnostics) {
  const Place whole{0, 0, 1, source.file()};
  if (source.text().size() > limits::kPolicyBytesMax) {
    diagnostics.error(whole, "too-large", "larger than " + std::to_string(limits::kPolicyBytesMax >> 20U) + " MiB");
    return {{}, false};
  }
  Block block{{}, 1, source.file()};
  for (std::size_t i = 1; i <= source.line_count(); ++i) block.lines.emplace_back(source.line(i));
  const bool clean = check_characters(block, diagnostics);
  Reader reader(diagnostics);
  YamlDocument document;
  document.root = reader.read(block, 0);
  document.whole = clean && reader.whole();
  if (document.root.kind == YamlNode::Kind::kNull && document.whole) {
    diagnostics.error(whole, "empty-file", "there is no policy in this file",
                      {"", "a policy begins with 'version: 1'"});
  }
  return document;
}

}  // namespace sallyport::policy
