#include "policy/section_reader.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "daemon/base/check.h"
#include "policy/definitions.h"
#include "policy/suggest.h"

namespace sallyport::policy {
namespace {

constexpr std::size_t kNameBytesMax = 64;  // of names that stand in events and metric labels
constexpr std::size_t kNoWord = static_cast<std::size_t>(-1);

bool is_name(std::string_view name) {
  static constexpr std::string_view kFirst = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  static constexpr std::string_view kAll = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
  return !name.empty() && name.size() <= kNameBytesMax && kFirst.find(name[0]) != std::string_view::npos &&
         name.find_first_not_of(kAll) == std::string_view::npos;
}

/// Of tests, whose keys are named like those of rules but mean one value, not many.
bool is_of_tests(SectionId section) {
  return section >= SectionId::kTest && section <= SectionId::kExpect;
}

/// Where a key that stands in the wrong place would belong.
std::string belongs(std::string_view key, SectionId found_in) {
  for (const SchemaSection& section : schema()) {
    if (is_of_tests(section.id) == is_of_tests(found_in) && find_key(section, key) != nullptr) {
      return quoted(key) + " belongs under " + std::string(section.path);
    }
  }
  return {};
}

template <class T>
bool is_outside(T value, std::string_view bound, ValueResult<T> (*parse)(std::string_view), bool below) {
  if (bound.empty()) return false;
  const T limit = *parse(bound);
  return below ? value < limit : limit < value;
}

/// "$$RECYCLE.BIN" is a value that begins with a '$'.
YamlNode meant(YamlNode item) {
  if (item.text.starts_with("$$")) item.text.erase(0, 1);
  return item;
}

std::string joined(const std::vector<std::string_view>& words) {
  std::string text;
  for (const std::string_view word : words) text += (text.empty() ? "" : ", ") + std::string(word);
  return text;
}

}  // namespace

SectionReader::SectionReader(const YamlNode& node, SectionId section, ReadContext& context)
    : node_(node), section_(schema(section)), context_(context) {
  if (node.kind != YamlNode::Kind::kMapping) {
    if (node.kind == YamlNode::Kind::kNull && !context.whole) return;
    context.diagnostics.error(
        node.place, "wrong-type",
        std::string(section_.title) + " must be a mapping of keys, not " + std::string(describe(node.kind)));
    return;
  }
  for (const YamlEntry& entry : node.entries) {
    const SchemaKey* const known = find_key(section_, entry.key);
    if (known == nullptr) {
      report_unknown(entry);
    } else if (entry.value.kind == YamlNode::Kind::kNull && context.whole) {
      context.diagnostics.error(entry.key_place, "no-value", "key " + quoted(entry.key) + " has no value",
                                {"", "leave the key out, or give " + std::string(describe(known->type))});
    }
  }
  for (const SchemaKey& key : section_.keys) {
    const auto is_key = [&key](const YamlEntry& entry) { return entry.key == key.key; };
    if (!key.required || !context.whole || std::any_of(node.entries.begin(), node.entries.end(), is_key)) continue;
    context.diagnostics.error(node.place, "missing-key",
                              std::string(section_.title) + " needs the key '" + std::string(key.key) + '\'');
  }
}

void SectionReader::report_unknown(const YamlEntry& entry) const {
  std::vector<std::string_view> keys;
  for (const SchemaKey& key : section_.keys) keys.push_back(key.key);
  Advice advice{nearest(entry.key, keys), belongs(entry.key, section_.id)};
  if (entry.key.find(':') != std::string::npos) advice = {"", "a space is missing behind the ':'"};
  context_.diagnostics.error(entry.key_place, "unknown-key",
                             "unknown key " + quoted(entry.key) + " in " + std::string(section_.title),
                             std::move(advice));
}

void SectionReader::report_type(const SchemaKey& key, const YamlNode& node) const {
  const bool single = node.kind == YamlNode::Kind::kScalar && node.text.size() <= kNameBytesMax;
  const bool wants_list = describe(key.type).starts_with("a list");
  context_.diagnostics.error(node.place, "wrong-type",
                             '\'' + std::string(key.key) + "' must be " + std::string(describe(key.type)) + ", not " +
                                 std::string(describe(node.kind)),
                             {single && wants_list ? '[' + node.text + ']' : "", ""});
}

void SectionReader::report(const YamlNode& node, const ValueFault& fault) const {
  context_.diagnostics.error(node.place, fault.code, fault.message, {fault.suggestion, ""});
}

const SchemaKey& SectionReader::row(std::string_view key) const {
  const SchemaKey* const found = find_key(section_, key);
  SALLYPORT_CHECK(found != nullptr);
  return *found;
}

const YamlNode* SectionReader::find(std::string_view key) const {
  const SchemaKey& schema_row = row(key);
  for (const YamlEntry& entry : node_.entries) {
    if (entry.key == schema_row.key) return entry.value.kind == YamlNode::Kind::kNull ? nullptr : &entry.value;
  }
  return nullptr;
}

template <class T>
std::optional<Located<T>> SectionReader::value(std::string_view key, ValueResult<T> (*parse)(std::string_view)) const {
  const SchemaKey& schema_row = row(key);
  const YamlNode* const node = find(key);
  std::optional<Located<T>> fallback;
  if (!schema_row.default_text.empty()) fallback = Located<T>{*parse(schema_row.default_text), node_.place};
  if (node == nullptr) return fallback;
  if (node->kind != YamlNode::Kind::kScalar) {
    report_type(schema_row, *node);
    return fallback;
  }
  const auto parsed = parse(node->text);
  if (!parsed) {
    report(*node, parsed.error());
    return fallback;
  }
  if (is_outside(*parsed, schema_row.least, parse, true) || is_outside(*parsed, schema_row.most, parse, false)) {
    const bool one = schema_row.least == schema_row.most;
    const std::string range = one ? std::string(schema_row.least)
                                  : "from " + std::string(schema_row.least) + " to " + std::string(schema_row.most);
    report(*node, {"out-of-range", '\'' + std::string(key) + "' must be " + range + ", not " + quoted(node->text), {}});
    return fallback;
  }
  return Located<T>{*parsed, node->place};
}

std::optional<Located<std::uint64_t>> SectionReader::integer(std::string_view key) const {
  return value(key, parse_integer);
}
std::optional<Located<bool>> SectionReader::flag(std::string_view key) const {
  return value(key, parse_flag);
}
std::optional<Located<float>> SectionReader::score(std::string_view key) const {
  return value(key, parse_score);
}
std::optional<Located<std::chrono::milliseconds>> SectionReader::duration(std::string_view key) const {
  return value(key, parse_duration);
}
std::optional<Located<std::uint64_t>> SectionReader::size(std::string_view key) const {
  return value(key, parse_size);
}
std::optional<Located<Timestamp>> SectionReader::moment(std::string_view key) const {
  return value(key, parse_moment);
}
std::optional<Located<Timestamp>> SectionReader::end(std::string_view key) const {
  return value(key, parse_end);
}

std::optional<Located<std::string>> SectionReader::text(std::string_view key) const {
  const YamlNode* const node = find(key);
  if (node == nullptr) return std::nullopt;
  if (node->kind == YamlNode::Kind::kScalar && !node->text.empty())
    return Located<std::string>{node->text, node->place};
  if (node->kind == YamlNode::Kind::kScalar) {
    context_.diagnostics.error(node->place, "no-value", "key " + quoted(key) + " is empty");
  } else {
    report_type(row(key), *node);
  }
  return std::nullopt;
}

bool SectionReader::check_name(std::string_view name, Place place) const {
  if (is_name(name)) return true;
  context_.diagnostics.error(
      place, "bad-name", quoted(name) + " is not a name",
      {"", "a name has up to 64 letters, digits, '-', '_' and '.', and begins with a letter or digit"});
  return false;
}

std::optional<Located<std::string>> SectionReader::name(std::string_view key) const {
  auto found = text(key);
  if (found && !check_name(found->value, found->place)) return std::nullopt;
  return found;
}

std::size_t SectionReader::read_word(const SchemaKey& key, const YamlNode& node) const {
  const std::vector<std::string_view> words = words_of(key.words);
  const auto found = std::find(words.begin(), words.end(), node.text);
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  context_.diagnostics.error(node.place, "unknown-word", "unknown " + std::string(key.key) + ' ' + quoted(node.text),
                             {nearest(node.text, words), "one of: " + joined(words)});
  return kNoWord;
}

std::optional<Located<std::size_t>> SectionReader::word(std::string_view key) const {
  const SchemaKey& schema_row = row(key);
  const YamlNode* const node = find(key);
  if (node != nullptr && node->kind != YamlNode::Kind::kScalar) report_type(schema_row, *node);
  if (node != nullptr && node->kind == YamlNode::Kind::kScalar) {
    const std::size_t index = read_word(schema_row, *node);
    if (index != kNoWord) return Located<std::size_t>{index, node->place};
  }
  if (schema_row.default_text.empty()) return std::nullopt;
  const auto words = words_of(schema_row.words);
  const auto index = std::find(words.begin(), words.end(), schema_row.default_text) - words.begin();
  return Located<std::size_t>{static_cast<std::size_t>(index), node_.place};
}

std::uint32_t SectionReader::words(std::string_view key) const {
  const SchemaKey& schema_row = row(key);
  const YamlNode* const node = find(key);
  if (node != nullptr && schema_row.type == ValueType::kWordsOrAny && node->text == "any") {
    return (1U << words_of(schema_row.words).size()) - 1;
  }
  std::uint32_t set = 0;
  list(key, [&](const YamlNode& item) {
    const std::size_t index = read_word(schema_row, item);
    if (index != kNoWord) set |= 1U << index;
  });
  return set;
}

std::vector<Located<std::string>> SectionReader::names(std::string_view key) const {
  std::vector<Located<std::string>> all;
  list(key, [&](const YamlNode& item) {
    if (check_name(item.text, item.place)) all.push_back({item.text, item.place});
  });
  return all;
}

std::vector<Located<std::string>> SectionReader::name_or_names(std::string_view key) const {
  const YamlNode* const node = find(key);
  if (node == nullptr || node->kind != YamlNode::Kind::kScalar) return names(key);
  const auto one = name(key);
  return one ? std::vector{*one} : std::vector<Located<std::string>>{};
}

void SectionReader::list(std::string_view key, const std::function<void(const YamlNode&)>& item) const {
  const YamlNode* const node = find(key);
  if (node == nullptr) return;
  if (node->kind != YamlNode::Kind::kSequence) {
    report_type(row(key), *node);
    return;
  }
  if (node->items.empty()) {
    context_.diagnostics.error(node->place, "empty-list", "the list " + quoted(key) + " is empty and can never fit",
                               {"", "leave the key out if it is not to restrict anything"});
  }
  std::set<std::string_view> seen;
  for (const YamlNode& element : node->items) {
    if (element.kind != YamlNode::Kind::kScalar) {
      context_.diagnostics.error(
          element.place, "wrong-type",
          "each item of " + quoted(key) + " must be a single value, not " + std::string(describe(element.kind)));
    } else if (!seen.insert(element.text).second) {
      context_.diagnostics.warning(element.place, "duplicate-item",
                                   quoted(element.text) + " stands in this list already");
    } else if (is_list_reference(element.text)) {
      write_out(row(key), element, item);
    } else {
      item(meant(element));
    }
  }
}

void SectionReader::write_out(const SchemaKey& schema_row, const YamlNode& reference,
                              const std::function<void(const YamlNode&)>& item) const {
  const YamlNode* const list = context_.definitions.list(reference, context_);
  if (list == nullptr) return;
  const std::size_t errors_before = context_.diagnostics.error_count();
  for (const YamlNode& element : list->items) {
    if (element.kind == YamlNode::Kind::kScalar) item(meant(element));
  }
  if (context_.diagnostics.error_count() == errors_before) return;
  context_.diagnostics.error(reference.place, "wrong-list",
                             "list " + quoted(std::string_view(reference.text).substr(1)) + " does not fit here: '" +
                                 std::string(schema_row.key) + "' is " + std::string(describe(schema_row.type)));
}

std::vector<const YamlNode*> SectionReader::sections(std::string_view key) const {
  const YamlNode* const node = find(key);
  std::vector<const YamlNode*> all;
  if (node == nullptr) return all;
  if (node->kind != YamlNode::Kind::kSequence) {
    report_type(row(key), *node);
    return all;
  }
  if (node->items.empty())
    context_.diagnostics.error(node->place, "empty-list", "the list " + quoted(key) + " is empty");
  for (const YamlNode& item : node->items) all.push_back(&item);
  return all;
}

std::vector<const YamlEntry*> SectionReader::named_sections(std::string_view key) const {
  const YamlNode* const node = find(key);
  std::vector<const YamlEntry*> all;
  if (node == nullptr) return all;
  if (node->kind != YamlNode::Kind::kMapping) {
    report_type(row(key), *node);
    return all;
  }
  for (const YamlEntry& entry : node->entries) {
    if (check_name(entry.key, entry.key_place)) all.push_back(&entry);
  }
  return all;
}

}  // namespace sallyport::policy
