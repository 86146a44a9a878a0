// One mapping of the file, read by the schema: unknown, missing and ill-typed keys are reported here and nowhere else.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/diagnostic.h"
#include "policy/schema.h"
#include "policy/values.h"
#include "policy/yaml_source.h"

namespace sallyport::policy {

class Definitions;

/// What every reader of one file shares.
struct ReadContext {
  Diagnostics& diagnostics;
  Definitions& definitions;
  bool whole;  ///< false: keys may be hidden by a fault of syntax, so none is called missing
};

/// Each value function gives the value, else the default of the schema, else nothing. Faults are reported when a value
/// is asked for. Borrows node and context.
class SectionReader {
 public:
  /// Reports at once what the section has no key for, and required keys that are not there.
  SectionReader(const YamlNode& node, SectionId section, ReadContext& context);

  Place place() const { return node_.place; }
  /// The value as a node; null where the key is absent or has no value.
  const YamlNode* find(std::string_view key) const;

  std::optional<Located<std::string>> name(std::string_view key) const;
  std::optional<Located<std::string>> text(std::string_view key) const;
  std::optional<Located<std::uint64_t>> integer(std::string_view key) const;
  std::optional<Located<bool>> flag(std::string_view key) const;
  std::optional<Located<float>> score(std::string_view key) const;
  std::optional<Located<std::chrono::milliseconds>> duration(std::string_view key) const;
  std::optional<Located<std::uint64_t>> size(std::string_view key) const;
  std::optional<Located<Timestamp>> moment(std::string_view key) const;
  std::optional<Located<Timestamp>> end(std::string_view key) const;
  /// The place of the word in words_of().
  std::optional<Located<std::size_t>> word(std::string_view key) const;
  /// One bit for each word given, by its place in words_of(); zero where none is. `any` sets all.
  std::uint32_t words(std::string_view key) const;
  std::vector<Located<std::string>> names(std::string_view key) const;
  /// The same of a key that takes one name, too.
  std::vector<Located<std::string>> name_or_names(std::string_view key) const;
  /// The items of a list of single values, named lists ($name) written out, with the faults of each reported by `item`.
  void list(std::string_view key, const std::function<void(const YamlNode&)>& item) const;
  /// The items of a list of mappings; a fault is reported where it is none.
  std::vector<const YamlNode*> sections(std::string_view key) const;
  /// The entries of a mapping of names of one's own.
  std::vector<const YamlEntry*> named_sections(std::string_view key) const;

  /// Reports that the value is not of its kind.
  void report(const YamlNode& node, const ValueFault& fault) const;
  /// A valid name at `place`, or a reported fault.
  bool check_name(std::string_view name, Place place) const;

 private:
  const SchemaKey& row(std::string_view key) const;
  void write_out(const SchemaKey& row, const YamlNode& reference,
                 const std::function<void(const YamlNode&)>& item) const;
  void report_unknown(const YamlEntry& entry) const;
  void report_type(const SchemaKey& row, const YamlNode& node) const;
  /// The text of a single value, or of the default; nothing where there is neither.
  const std::string* scalar(const SchemaKey& row) const;
  template <class T>
  std::optional<Located<T>> value(std::string_view key, ValueResult<T> (*parse)(std::string_view)) const;
  std::size_t read_word(const SchemaKey& row, const YamlNode& node) const;

  const YamlNode& node_;
  const SchemaSection& section_;
  ReadContext& context_;
};

}  // namespace sallyport::policy
