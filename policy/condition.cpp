#include "policy/condition.h"

#include <array>

namespace sallyport::policy {
namespace {

struct KeyOf {
  std::string_view operator()(const GroupTest& test) const {
    static constexpr std::array<std::string_view, 3> kKeys{"all", "any", "not"};
    if (!test.name.empty()) return "is";
    return kKeys[static_cast<std::size_t>(test.kind)];
  }
  std::string_view operator()(const ContentTest& test) const { return test.image ? "image" : "content"; }
  std::string_view operator()(const CountTest& test) const {
    return test.kind == FindingKind::kFace ? "faces" : "plates";
  }
  std::string_view operator()(const NearTest&) const { return "near"; }
  std::string_view operator()(const CameraTest&) const { return "camera"; }
  std::string_view operator()(const SizeTest&) const { return "size"; }
  std::string_view operator()(const DeliveredTest&) const { return "delivered"; }
  std::string_view operator()(const NameTest& test) const { return key_of(test.field); }
  std::string_view operator()(const DigestTest&) const { return "sha256"; }
  std::string_view operator()(const OpenedByTest&) const { return "opened_by"; }
  std::string_view operator()(const EvasionTest&) const { return "evasion"; }
  std::string_view operator()(const ReasonTest&) const { return "not_inspected"; }
};

}  // namespace

std::string_view key_of(const Condition& condition) {
  return std::visit(KeyOf(), condition.test);
}

std::optional<FindingKind> finding_asked_by(const Condition& condition) {
  if (const auto* count = std::get_if<CountTest>(&condition.test)) return count->kind;
  if (std::holds_alternative<NearTest>(condition.test)) return FindingKind::kFingerprint;
  if (std::holds_alternative<CameraTest>(condition.test)) return FindingKind::kCamera;
  return std::nullopt;
}

std::string_view key_of(NameField field) {
  static constexpr std::array<std::string_view, 5> kKeys{"hosts", "users", "shares", "paths", "file_names"};
  return kKeys[static_cast<std::size_t>(field)];
}

}  // namespace sallyport::policy
