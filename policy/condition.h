// The conditions of a rule as a tree of tests. Values: made by the parser, kept by the compiled policy.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "daemon/base/sha256.h"
#include "daemon/contract/content_type.h"
#include "daemon/contract/finding.h"
#include "daemon/contract/transfer.h"
#include "policy/glob.h"
#include "policy/outcomes.h"
#include "policy/source_text.h"

namespace sallyport::policy {

/// A set of content types, one bit each.
using ContentSet = std::uint32_t;
constexpr ContentSet bit(ContentType type) {
  return 1U << static_cast<unsigned>(type);
}
inline constexpr ContentSet kAllImages = (bit(ContentType::kOtherImage) << 1U) - bit(ContentType::kJpeg);

struct ContentTest {
  ContentSet types = 0;
  bool image = false;  ///< written as image:, for messages
};
struct CountTest {
  FindingKind kind = FindingKind::kFace;  ///< kFace or kPlate
  std::uint64_t at_least = 1;
  float score = 0;
};
struct NearTest {
  Located<std::string> set;
  std::optional<Located<std::uint64_t>> distance_max;  ///< absent until compiled: then always there
};
/// Stands for all cameras.
inline constexpr std::string_view kAnyCamera = "any";
/// An image is from one of these cameras.
struct CameraTest {
  std::vector<Located<std::string>> cameras;  ///< empty: from any that is enrolled
};
struct SizeTest {
  std::optional<std::uint64_t> at_least;
  std::optional<std::uint64_t> at_most;
};
/// Bytes of the object that had left for its receiver before the verdict.
struct DeliveredTest {
  std::uint64_t at_least = 1;
};
enum class NameField : std::uint8_t { kHost, kUser, kShare, kPath, kFileName };
inline constexpr std::size_t kNameFieldCount = 5;
struct NameTest {
  NameField field = NameField::kHost;
  std::vector<Glob> globs;
};
struct DigestTest {
  std::vector<Sha256Digest> digests;
};
struct OpenedByTest {
  bool sender = true;
};
struct EvasionTest {
  EvasionSet evasions = 0;
};
struct ReasonTest {
  ReasonSet reasons = 0;
};
struct Condition;
struct GroupTest {
  enum class Kind : std::uint8_t { kAll, kAny, kNot };

  Kind kind = Kind::kAll;
  std::vector<Condition> parts;  ///< exactly one for kNot
  std::string name = {};         ///< under which it stands in conditions:, of kAll; empty: it was written here
};

struct Condition {
  Place place;
  std::variant<GroupTest, ContentTest, CountTest, NearTest, CameraTest, SizeTest, DeliveredTest, NameTest, DigestTest,
               OpenedByTest, EvasionTest, ReasonTest>
      test;
};

/// The key a test is written under: "faces", "paths", "all", "is".
std::string_view key_of(const Condition& condition);
/// What it asks of the images in an object; nothing where it does not.
std::optional<FindingKind> finding_asked_by(const Condition& condition);
/// "hosts", "users", ...
std::string_view key_of(NameField field);

/// Calls `visit` with each condition of the tree, parents first.
template <class Visitor>
void for_each_condition(const Condition& condition, const Visitor& visit) {
  visit(condition);
  const auto* group = std::get_if<GroupTest>(&condition.test);
  if (group == nullptr) return;
  for (const Condition& part : group->parts) for_each_condition(part, visit);
}

}  // namespace sallyport::policy
