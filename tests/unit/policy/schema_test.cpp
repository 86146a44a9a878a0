// The table of the language: what it shows as examples loads.
#include "policy/schema.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>

#include "policy/loader.h"
#include "policy/schema_examples.h"

namespace sallyport::policy {
namespace {

/// What a section needs beside the key that is shown, where not each key alone is required.
struct Companion {
  SectionId section;
  std::string_view key;
  std::string_view unless;  ///< this one is shown
};
constexpr std::array<Companion, 5> kCompanions{{{SectionId::kNetwork, "cidrs", "hosts"},
                                                {SectionId::kCameraSign, "make", "serial"},
                                                {SectionId::kException, "to", "from"},
                                                {SectionId::kTest, "transfer", "sequence"},
                                                {SectionId::kTest, "expect", "sequence"}}};

bool is_needed(const SchemaSection& section, const SchemaKey& row, std::string_view key) {
  const auto is_companion = [&section, &row, key](const Companion& other) {
    return other.section == section.id && other.key == row.key && other.unless != key;
  };
  return row.key != key && (row.required || std::any_of(kCompanions.begin(), kCompanions.end(), is_companion));
}

/// A section on one line: what it needs, and `text` under `key`.
std::string flow(const SchemaSection& section, std::string_view key, const std::string& text) {
  std::string inside = std::string(key) + ": " + text;
  for (const SchemaKey& row : section.keys) {
    const std::string example(example_of(section.id, row));
    if (is_needed(section, row, key)) inside += ", " + std::string(row.key) + ": " + example;
  }
  return '{' + inside + '}';
}

/// The row that leads from another section into this one.
const SchemaKey* way_into(SectionId section, SectionId& from) {
  for (const SchemaSection& other : schema()) {
    for (const SchemaKey& row : other.keys) {
      const bool leads = row.section == section && other.id != section;
      if (leads) from = other.id;
      if (leads) return &row;
    }
  }
  return nullptr;
}

/// As `row` of section `at` holds it; a named section stands beside those of the example, which others speak of.
std::string wrapped(SectionId at, const SchemaKey& row, const std::string& inside) {
  if (row.type == ValueType::kSections) return '[' + inside + ']';
  if (row.type != ValueType::kNamedSections) return inside;
  return "{made-up: " + inside + ", " + std::string(example_of(at, row).substr(1));
}

/// A policy with the example of one key, and the names that examples speak of.
std::string policy_with(const SchemaSection& section, const SchemaKey& key) {
  SectionId at = section.id;
  std::string_view outer = key.key;
  std::string text(example_of(section.id, key));
  while (at != SectionId::kPolicy) {
    const std::string inside = flow(schema(at), outer, text);
    const SchemaKey* const way = way_into(at, at);
    if (way == nullptr) return {};
    outer = way->key;
    text = wrapped(at, *way, inside);
  }
  std::string policy;
  for (const SchemaKey& row : schema(SectionId::kPolicy).keys) {
    if (row.key == outer) policy += std::string(outer) + ": " + text + '\n';
    if (row.key == outer || row.key == "tests") continue;
    policy += std::string(row.key) + ": " + std::string(example_of(SectionId::kPolicy, row)) + '\n';
  }
  return policy;
}

TEST(Schema, EveryKeyHasAnExampleThatLoads) {
  for (const SchemaSection& section : schema()) {
    for (const SchemaKey& key : section.keys) {
      ASSERT_FALSE(example_of(section.id, key).empty()) << section.path << ' ' << key.key;
      const std::string text = policy_with(section, key);
      const LoadResult result = load_policy_text(text, "example");
      EXPECT_EQ(result.errors(), 0U) << section.path << ' ' << key.key << '\n' << text << to_text(result);
    }
  }
}

}  // namespace
}  // namespace sallyport::policy
