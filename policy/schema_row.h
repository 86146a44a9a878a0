// How the rows of the table are written down; only the schema's own files include it.
#pragma once

#include <string_view>

#include "policy/schema.h"

namespace sallyport::policy::schema_row {

using enum ValueType;

constexpr SchemaKey row(std::string_view key, ValueType type, std::string_view doc) {
  return {key, type, false, {}, WordSet::kNone, SectionId::kPolicy, {}, {}, doc};
}
constexpr SchemaKey required(SchemaKey key) {
  key.required = true;
  return key;
}
constexpr SchemaKey by_default(SchemaKey key, std::string_view text) {
  key.default_text = text;
  return key;
}
constexpr SchemaKey one_of(SchemaKey key, WordSet words) {
  key.words = words;
  return key;
}
constexpr SchemaKey inside(SchemaKey key, SectionId section) {
  key.section = section;
  return key;
}
constexpr SchemaKey between(SchemaKey key, std::string_view least, std::string_view most) {
  key.least = least;
  key.most = most;
  return key;
}
constexpr SchemaKey outcome(std::string_view key, std::string_view text, std::string_view doc) {
  return by_default(one_of(row(key, kWord, doc), WordSet::kOutcome), text);
}

}  // namespace sallyport::policy::schema_row
