#include "policy/schema_doc.h"

#include "policy/schema.h"
#include "policy/schema_examples.h"

namespace sallyport::policy {
namespace {

std::string code(std::string_view text) {
  return text.empty() ? "" : '`' + std::string(text) + '`';
}

std::string type_text(const SchemaKey& key) {
  std::string text(describe(key.type));
  if (!key.least.empty()) text += ", " + std::string(key.least) + " to " + std::string(key.most);
  std::string words;
  for (const std::string_view word : words_of(key.words)) words += (words.empty() ? ": " : ", ") + code(word);
  return text + words;
}

std::string default_text(const SchemaKey& key) {
  return key.required ? "required" : code(key.default_text);
}

std::string section_text(const SchemaSection& section) {
  std::string text = "\n## " + std::string(section.path) + "\n\n";
  if (!section.doc.empty()) text += std::string(section.doc) + "\n\n";
  text += "| key | value | default | example | meaning |\n|---|---|---|---|---|\n";
  for (const SchemaKey& key : section.keys) {
    text += "| " + code(key.key) + " | " + type_text(key) + " | " + default_text(key) + " | " +
            code(example_of(section.id, key)) + " | " + std::string(key.doc) + " |\n";
  }
  return text;
}

}  // namespace

std::string schema_reference() {
  std::string text =
      "# Policy reference\n\nWritten by `sallyport-policy-reference` from `policy/schema.cpp`; do not edit. "
      "The language in one page: [policy/README.md](../policy/README.md).\n\n"
      "Units: times `500ms`, `2s`, `1m`, `1h`; sizes `512B`, `10KiB`, `20MiB`, `1GiB`. There are no booleans and no "
      "numbers in "
      "other than decimal form.\n"
      "Patterns: `*` any characters, `?` one; ASCII in either case; `/` and `\\` are one.\n"
      "A file is UTF-8 and at most one document; anchors, aliases, merge keys, tags, duplicate keys, tabs as "
      "indentation and "
      "values that run over several lines (but for `|` and `>`) are errors.\n";
  for (const SchemaSection& section : schema()) text += section_text(section);
  return text;
}

}  // namespace sallyport::policy
