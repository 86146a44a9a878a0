#include "policy/yaml_source.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <optional>
#include <sstream>
#include <utility>

#include "policy/limits.h"
#include "policy/yaml_attempt.h"

namespace sallyport::policy {
namespace {

/// Leaves yaml-cpp from inside an event; the fault is in the attempt already.
struct Stop {};

/// The end of the quoted text that begins at `begin`, or nothing where its line ends first.
std::optional<std::size_t> quote_end(std::string_view line, std::size_t begin) {
  const char quote = line[begin];
  for (std::size_t i = begin + 1; i < line.size(); ++i) {
    if (quote == '"' && line[i] == '\\') {
      ++i;
    } else if (line[i] == quote && quote == '\'' && line.substr(i + 1).starts_with('\'')) {
      ++i;
    } else if (line[i] == quote) {
      return i + 1;
    }
  }
  return std::nullopt;
}

/// yaml-cpp's events to nodes. Marks of yaml-cpp count from zero.
class NodeBuilder : public YAML::EventHandler {
 public:
  NodeBuilder(const SourceText& source, std::uint32_t first_line, YamlAttempt& attempt)
      : source_(source), first_line_(first_line), attempt_(attempt) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ == 0) return;
    const bool marked = line_at(mark).starts_with("---");
    if (!marked)
      stop(place_at(mark, 1), "syntax", "this does not belong to what stands before it", YamlAttempt::Outcome::kBroken);
    attempt_.faults.push_back(
        {place_at(mark, 3), "extra-document", "a second document begins here", {"", kOneDocument}});
    throw Stop{};
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_anchor(mark, anchor);
    YamlNode node;
    node.place = place_at(mark, 1);
    add(std::move(node));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    attempt_.faults.push_back(
        {place_at(mark, 1), "alias", "aliases are not part of the policy language", {"", kWriteOut}});
    YamlNode node;
    node.place = place_at(mark, 1);
    add(std::move(node));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    YamlNode node;
    node.kind = YamlNode::Kind::kScalar;
    node.place = place_at(mark, scalar_width(mark, value));
    node.text = value;
    add(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, YamlNode::Kind::kSequence);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, YamlNode::Kind::kMapping);
  }
  void OnMapEnd() override { close(); }

 private:
  static constexpr const char* kOneDocument = "a policy is one document; what follows '---' would not be read";
  static constexpr const char* kWriteOut = "write the value out where it is needed";

  struct Frame {
    YamlNode node;
    std::optional<YamlEntry> entry;  // its key was read, its value was not
  };

  std::string_view line_at(const YAML::Mark& mark) const {
    return source_.line(static_cast<std::size_t>(std::max(mark.line, 0)) + 1);
  }
  Place place_at(const YAML::Mark& mark, std::size_t width) const {
    return {static_cast<std::uint32_t>(std::max(mark.line, 0)) + first_line_,
            static_cast<std::uint32_t>(std::max(mark.column, 0)) + 1,
            static_cast<std::uint32_t>(std::max<std::size_t>(1, width)), source_.file()};
  }

  [[noreturn]] void stop(Place place, std::string_view code, std::string message, YamlAttempt::Outcome outcome,
                         std::string hint = {}) {
    attempt_.faults.push_back({place, code, std::move(message), {"", std::move(hint)}});
    attempt_.outcome = outcome;
    throw Stop{};
  }

  void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor == 0) return;
    attempt_.faults.push_back(
        {place_at(mark, 1), "alias", "anchors are not part of the policy language", {"", kWriteOut}});
  }
  void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    attempt_.faults.push_back({place_at(mark, 1),
                               "tag",
                               "tags such as '!!str' are not part of the policy language",
                               {"", "leave the tag out: the key alone says what its value is"}});
  }

  // Quoted and plain values end on their line: a forgotten quote or dash else swallows what follows without a word.
  std::size_t scalar_width(const YAML::Mark& mark, const std::string& value) {
    const std::string_view line = line_at(mark);
    const auto begin = static_cast<std::size_t>(std::max(mark.column, 0));
    if (begin >= line.size() || std::string_view("|>!&").find(line[begin]) != std::string_view::npos) return 1;
    if (line[begin] == '"' || line[begin] == '\'') {
      const auto end = quote_end(line, begin);
      if (end) return *end - begin;
      stop(place_at(mark, line.size() - begin), "unclosed-quote", "this quote is not closed on its line",
           YamlAttempt::Outcome::kBroken);
    }
    if (line.substr(begin).starts_with(value)) return value.size();
    stop(place_at(mark, line.size() - begin), "many-lines", "this value runs on into the next line",
         YamlAttempt::Outcome::kBroken, "check indentation and ':' of the next line, or begin a long text with '|'");
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YamlNode::Kind kind) {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    if (frames_.size() >= limits::kPolicyDepthMax) {
      stop(place_at(mark, 1), "too-deep", "nested deeper than " + std::to_string(limits::kPolicyDepthMax) + " levels",
           YamlAttempt::Outcome::kRefused);
    }
    YamlNode node;
    node.kind = kind;
    node.place = place_at(mark, 1);
    frames_.push_back({std::move(node), std::nullopt});
  }
  void close() {
    YamlNode node = std::move(frames_.back().node);
    frames_.pop_back();
    add(std::move(node));
  }

  void add(YamlNode node) {
    if (++nodes_ > limits::kPolicyNodesMax) {
      stop(node.place, "too-large", "more than " + std::to_string(limits::kPolicyNodesMax) + " values in one policy",
           YamlAttempt::Outcome::kRefused);
    }
    if (frames_.empty()) {
      attempt_.root = std::move(node);
    } else if (frames_.back().node.kind == YamlNode::Kind::kSequence) {
      frames_.back().node.items.push_back(std::move(node));
    } else {
      add_to_mapping(frames_.back(), std::move(node));
    }
  }
  void add_to_mapping(Frame& frame, YamlNode node) {
    if (frame.entry) {
      frame.entry->value = std::move(node);
      add_entry(frame.node, std::move(*frame.entry), attempt_.faults);
      frame.entry.reset();
      return;
    }
    if (node.kind != YamlNode::Kind::kScalar) {
      attempt_.faults.push_back({node.place, "bad-key", "a key must be a single word", {}});
    }
    if (frame.node.entries.size() >= limits::kPolicyKeysMax) {
      stop(node.place, "too-large", "more than " + std::to_string(limits::kPolicyKeysMax) + " keys in one mapping",
           YamlAttempt::Outcome::kRefused);
    }
    frame.entry = YamlEntry{std::move(node.text), node.place, {}};
  }

  const SourceText& source_;
  const std::uint32_t first_line_;
  YamlAttempt& attempt_;
  std::vector<Frame> frames_;
  std::size_t nodes_ = 0;
  int documents_ = 0;
};

}  // namespace

YamlAttempt parse_yaml(const std::string& text, std::uint32_t first_line, std::uint32_t file) {
  YamlAttempt attempt;
  const SourceText source(text, file);
  NodeBuilder builder(source, first_line, attempt);
  try {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) continue;
  } catch (const Stop&) {
  } catch (const YAML::Exception& exception) {
    const auto line = static_cast<std::uint32_t>(std::max(exception.mark.line, 0)) + first_line;
    const auto column = static_cast<std::uint32_t>(std::max(exception.mark.column, 0)) + 1;
    attempt.faults.push_back({{line, column, 1, file}, "syntax", "not valid YAML: " + exception.msg, {}});
    attempt.outcome = YamlAttempt::Outcome::kBroken;
  }
  return attempt;
}

void add_entry(YamlNode& mapping, YamlEntry entry, std::vector<YamlFault>& faults) {
  if (entry.key == "<<") {
    faults.push_back({entry.key_place,
                      "merge-key",
                      "merge keys are not part of the policy language",
                      {"", "write the merged keys out: YAML readers disagree about what '<<' does"}});
    return;
  }
  const auto same = [&entry](const YamlEntry& other) { return other.key == entry.key; };
  const auto first = std::find_if(mapping.entries.begin(), mapping.entries.end(), same);
  if (first == mapping.entries.end()) {
    mapping.entries.push_back(std::move(entry));
    return;
  }
  faults.push_back({entry.key_place,
                    "duplicate-key",
                    "key " + quoted(entry.key) + " is given twice, first at " + to_string(first->key_place),
                    {}});
}

std::string_view describe(YamlNode::Kind kind) {
  switch (kind) {
    case YamlNode::Kind::kNull:
      return "nothing";
    case YamlNode::Kind::kScalar:
      return "a single value";
    case YamlNode::Kind::kSequence:
      return "a list";
    case YamlNode::Kind::kMapping:
      break;
  }
  return "a mapping of keys";
}

}  // namespace sallyport::policy
