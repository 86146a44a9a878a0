#include "policy/json_schema.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "daemon/base/check.h"
#include "policy/schema.h"
#include "policy/schema_examples.h"
#include "policy/values.h"
#include "policy/yaml_source.h"

namespace sallyport::policy {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kNamePattern = "^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$";
constexpr const char* kDurationPattern = "^(0|[1-9][0-9]*)(ms|s|m|h|d)$";
constexpr const char* kSizePattern = "^(0|[1-9][0-9]*)(B|KiB|MiB|GiB)$";
// Loose: whether each group is in its range is for the loader to say.
constexpr const char* kCidrPattern = "^([0-9]{1,3}(\\.[0-9]{1,3}){3}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)(/[0-9]{1,3})?$";
constexpr const char* kMomentPattern =
    "^([0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)?|\\+(0|[1-9][0-9]*)(ms|s|m|h|d))$";
constexpr const char* kDayPattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)?$";
constexpr const char* kDigestPattern = "^[0-9A-Fa-f]{64}$";

/// An editor takes `name: 17` for a number; the loader takes the text as it stands.
Json text_schema() {
  return {{"type", {"string", "number", "boolean"}}, {"minLength", 1}};
}

Json pattern_schema(const char* pattern) {
  return {{"type", "string"}, {"pattern", pattern}};
}

Json name_schema() {
  return {{"type", {"string", "number", "boolean"}}, {"pattern", kNamePattern}};
}

Json score_schema() {
  return {{"type", "number"}, {"minimum", 0}, {"maximum", 1}};
}

/// As many as a rule can ask for.
std::uint64_t detections_max() {
  return *parse_integer(find_key(schema(SectionId::kDetections), "at_least")->most);
}

Json list_of(Json items) {
  return {{"type", "array"}, {"minItems", 1}, {"items", std::move(items)}};
}

constexpr const char* kReferencePattern = "^\\$[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$";

Json either(Json a, Json b) {
  return {{"anyOf", {std::move(a), std::move(b)}}};
}

/// Of single values, or named lists of them.
Json values_of(Json items) {
  return list_of(either(std::move(items), pattern_schema(kReferencePattern)));
}

Json word_schema(WordSet words) {
  return {{"enum", words_of(words)}};
}

/// "a choice of places" -> "choice_of_places".
std::string definition_name(const SchemaSection& section) {
  std::string_view title = section.title;
  for (const std::string_view article : {"a ", "an "}) {
    if (title.starts_with(article)) title.remove_prefix(article.size());
  }
  std::string name(title);
  std::replace(name.begin(), name.end(), ' ', '_');
  return name;
}

Json reference(SectionId section) {
  return {{"$ref", "#/definitions/" + definition_name(schema(section))}};
}

Json integer_schema(const SchemaKey& key) {
  Json type{{"type", "integer"}, {"minimum", 0}};
  if (!key.least.empty()) type["minimum"] = *parse_integer(key.least);
  if (!key.most.empty()) type["maximum"] = *parse_integer(key.most);
  return type;
}

Json named_sections_schema(SectionId section) {
  return {
      {"type", "object"}, {"propertyNames", {{"pattern", kNamePattern}}}, {"additionalProperties", reference(section)}};
}

Json type_schema(const SchemaKey& key) {
  switch (key.type) {
    case ValueType::kName:
      return name_schema();
    case ValueType::kText:
    case ValueType::kPath:
      return text_schema();
    case ValueType::kInteger:
      return integer_schema(key);
    case ValueType::kScore:
      return score_schema();
    case ValueType::kDuration:
      return pattern_schema(kDurationPattern);
    case ValueType::kSize:
      return pattern_schema(kSizePattern);
    case ValueType::kWord:
      return word_schema(key.words);
    case ValueType::kWords:
      return values_of(word_schema(key.words));
    case ValueType::kWordsOrAny:
      return either({{"const", "any"}}, values_of(word_schema(key.words)));
    case ValueType::kNames:
    case ValueType::kTags:
      return values_of(name_schema());
    case ValueType::kNamesOrPlaces:
      return either(values_of(name_schema()), reference(key.section));
    case ValueType::kGlobs:
      return list_of(text_schema());
    case ValueType::kCidrs:
      return values_of(pattern_schema(kCidrPattern));
    case ValueType::kDigests:
      return values_of(pattern_schema(kDigestPattern));
    case ValueType::kSection:
      return reference(key.section);
    case ValueType::kSectionOrAny:
      return either({{"const", "any"}}, reference(key.section));
    case ValueType::kSections:
      return list_of(reference(key.section));
    case ValueType::kAddressOrName:
      return text_schema();
    case ValueType::kDetections:
      return either({{"type", "integer"}, {"minimum", 0}, {"maximum", detections_max()}},
                    {{"type", "array"}, {"items", score_schema()}});
    case ValueType::kDigest:
      return pattern_schema(kDigestPattern);
    case ValueType::kMoment:
      return pattern_schema(kMomentPattern);
    case ValueType::kNamesOrNone:
      return {{"type", "array"}, {"items", name_schema()}};
    case ValueType::kNamedLists:
      return {{"type", "object"},
              {"propertyNames", {{"pattern", kNamePattern}}},
              {"additionalProperties", list_of(text_schema())}};
    case ValueType::kNameOrNames:
      return either(name_schema(), values_of(name_schema()));
    case ValueType::kNamesOrAny:
      return either({{"const", "any"}}, values_of(name_schema()));
    case ValueType::kBegin:
    case ValueType::kEnd:
      return pattern_schema(kDayPattern);
    case ValueType::kAmount:
      return either({{"type", "integer"}, {"minimum", 1}}, pattern_schema(kSizePattern));
    case ValueType::kFlag:
      return {{"type", "boolean"}};
    case ValueType::kNamedSections:
      break;
  }
  return named_sections_schema(key.section);
}

Json to_json(const YamlNode& node, const SchemaKey& key);

/// Below a mapping of names of one's own each value is a section; below a section each key has its row.
Json mapping_to_json(const YamlNode& node, const SchemaKey& key, bool named) {
  Json object = Json::object();
  for (const YamlEntry& entry : node.entries) {
    if (named) {
      const bool lists = key.type == ValueType::kNamedLists;
      object[entry.key] = lists ? to_json(entry.value, key) : mapping_to_json(entry.value, key, false);
      continue;
    }
    const SchemaKey* const row = find_key(schema(key.section), entry.key);
    SALLYPORT_CHECK(row != nullptr);
    object[entry.key] = to_json(entry.value, *row);
  }
  return object;
}

Json to_json(const YamlNode& node, const SchemaKey& key) {
  if (node.kind == YamlNode::Kind::kMapping) {
    const bool named = key.type == ValueType::kNamedSections || key.type == ValueType::kNamedLists;
    return mapping_to_json(node, key, named);
  }
  if (node.kind == YamlNode::Kind::kSequence) {
    Json list = Json::array();
    for (const YamlNode& item : node.items) list.push_back(to_json(item, key));
    return list;
  }
  if (key.type == ValueType::kInteger) return *parse_integer(node.text);
  if (key.type == ValueType::kFlag) return *parse_flag(node.text);
  if (key.type == ValueType::kAmount && parse_integer(node.text)) return *parse_integer(node.text);
  // From the text, not from the float, which would print as 0.699999988.
  if (key.type == ValueType::kScore || key.type == ValueType::kDetections) return Json::parse(node.text);
  return node.text;
}

/// A value of the table, as an editor would read it.
Json value_of(std::string_view text, const SchemaKey& key) {
  const SourceText source{std::string(text)};
  Diagnostics diagnostics("schema", source);
  const YamlDocument document = read_yaml(source, diagnostics);
  SALLYPORT_CHECK(diagnostics.error_count() == 0);
  return to_json(document.root, key);
}

std::string description(const SchemaKey& key) {
  std::string text(key.doc);
  const bool duration = key.type == ValueType::kDuration || key.type == ValueType::kSize;
  if (duration && !key.least.empty()) text += " From " + std::string(key.least) + " to " + std::string(key.most) + '.';
  return text;
}

/// Draft-07 looks at nothing beside a $ref, so that the reference stands in a list of one.
Json property(SectionId section, const SchemaKey& key) {
  Json type = type_schema(key);
  if (type.contains("$ref")) type = {{"allOf", Json::array({std::move(type)})}};
  Json result{{"description", description(key)}};
  result.update(type);
  if (!key.default_text.empty()) result["default"] = value_of(key.default_text, key);
  const std::string_view example = example_of(section, key);
  if (!example.empty()) result["examples"] = Json::array({value_of(example, key)});
  return result;
}

Json section_schema(const SchemaSection& section) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const SchemaKey& key : section.keys) {
    properties[std::string(key.key)] = property(section.id, key);
    // Of a policy in several files one has the name.
    const bool elsewhere = section.id == SectionId::kPolicy && key.key == "name";
    if (key.required && !elsewhere) required.push_back(key.key);
  }
  Json result{{"title", section.title}};
  if (!section.doc.empty()) result["description"] = section.doc;
  result["type"] = "object";
  result["properties"] = std::move(properties);
  if (!required.empty()) result["required"] = std::move(required);
  result["additionalProperties"] = false;
  return result;
}

}  // namespace

std::string json_schema() {
  Json definitions = Json::object();
  for (const SchemaSection& section : schema()) {
    if (section.id == SectionId::kPolicy) continue;
    definitions[definition_name(section)] = section_schema(section);
  }
  Json all{{"$schema", "http://json-schema.org/draft-07/schema#"},
           {"$comment", "Written by `sallyport policy schema` from policy/schema.cpp; do not edit."}};
  all.update(section_schema(schema(SectionId::kPolicy)));
  all["definitions"] = std::move(definitions);
  return all.dump(2) + '\n';
}

}  // namespace sallyport::policy
