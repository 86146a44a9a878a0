// The one table of the policy language: each key with its type, range, default and meaning. Checks, suggestions,
// defaults and docs/policy-reference.md all come from here.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace sallyport::policy {

enum class SectionId : std::uint8_t {
  kPolicy,
  kNetwork,
  kFingerprints,
  kCamera,
  kCameraSign,
  kOverlay,
  kContractor,
  kContract,
  kQuota,
  kDefaults,
  kRecord,
  kRule,
  kPlaces,
  kException,
  kCondition,
  kImage,
  kDetections,
  kNear,
  kSize,
  kDelivered,
  kCount,
  kBreaker,
  kTest,
  kStep,
  kScenario,
  kSeen,
  kExpect,
};

enum class ValueType : std::uint8_t {
  kName,  ///< letters, digits, '-', '_', '.'
  kText,  ///< one line or a block
  kInteger,
  kScore,          ///< 0 to 1
  kDuration,       ///< 2s
  kSize,           ///< 20MiB
  kPath,           ///< of a file
  kWord,           ///< one of some words
  kWords,          ///< a list of them
  kWordsOrAny,     ///< a list of them, or the word any
  kNames,          ///< a list of network names
  kNamesOrPlaces,  ///< a list of network names, or {any: [...], not: [...]}
  kTags,           ///< a list of names
  kGlobs,          ///< a list of patterns
  kCidrs,
  kDigests,        ///< a list of SHA-256 in hexadecimal
  kSection,        ///< a mapping
  kSectionOrAny,   ///< a mapping, or the word any
  kSections,       ///< a list of mappings
  kNamedSections,  ///< a mapping of names of your own to mappings
  kAddressOrName,  ///< an address, or the name of a network
  kDetections,     ///< how many, or a list of their scores
  kDigest,         ///< 64 hexadecimal digits
  kMoment,         ///< a time, or "+2h" behind the one before
  kNamesOrNone,    ///< a list of names that may be empty
  kNamedLists,     ///< a mapping of names of your own to lists of values
  kNameOrNames,    ///< a name, or a list of them
  kNamesOrAny,     ///< a list of names, or the word any
  kBegin,          ///< a day, which it includes, or a time
  kEnd,            ///< a day, which it includes, or a time
  kAmount,         ///< a whole number, or of bytes a size
  kFlag,           ///< true or false
};

/// The words that a kWord or kWords key takes.
enum class WordSet : std::uint8_t {
  kNone,
  kOutcome,
  kState,
  kSeverity,
  kProtocol,
  kContent,
  kImageFormat,
  kEvasion,
  kReason,
  kRecorded,
  kOpenedBy,
  kCounted,
  kWindow,
  kGroupedBy,
  kTrust,
  kCopies,
  kReceived,
};

struct SchemaKey {
  std::string_view key;
  ValueType type = ValueType::kText;
  bool required = false;
  std::string_view default_text;  ///< as it would be written; empty: none
  WordSet words = WordSet::kNone;
  SectionId section = SectionId::kPolicy;  ///< of the mapping inside, where the type has one
  std::string_view least;                  ///< as it would be written; empty: no bound but that of the type
  std::string_view most;
  std::string_view doc;
};

struct SchemaSection {
  SectionId id;
  std::string_view title;  ///< for messages: "a rule"
  std::string_view path;   ///< for the reference: "rules[]"
  std::string_view doc;
  std::span<const SchemaKey> keys;
};

std::span<const SchemaSection> schema();
const SchemaSection& schema(SectionId id);
/// Null where the section has no such key.
const SchemaKey* find_key(const SchemaSection& section, std::string_view key);
/// The words in the order of the reference.
std::vector<std::string_view> words_of(WordSet set);
/// "a whole number", "a list of names": for messages and the reference.
std::string_view describe(ValueType type);

}  // namespace sallyport::policy
