#include "policy/implication.h"

#include <algorithm>
#include <limits>

namespace sallyport::policy {
namespace {

bool holds_all(std::uint64_t a, std::uint64_t b) {
  return (a & ~b) == 0;
}

template <class Item>
bool is_in(const Item& item, const std::vector<Item>& items) {
  return std::find(items.begin(), items.end(), item) != items.end();
}

bool covers(const std::vector<Glob>& globs, const Glob& glob) {
  const auto covers_it = [&glob](const Glob& other) {
    return other == glob || other.pattern() == "*" || (is_exact(glob) && other.matches(glob.pattern()));
  };
  return std::any_of(globs.begin(), globs.end(), covers_it);
}

/// Two tests of one kind: whether what fits `a` fits `b`.
struct Follows {
  bool operator()(const ContentTest& a, const ContentTest& b) const { return holds_all(a.types, b.types); }
  bool operator()(const CountTest& a, const CountTest& b) const {
    return a.kind == b.kind && a.at_least >= b.at_least && a.score >= b.score;
  }
  bool operator()(const NearTest& a, const NearTest& b) const {
    const auto distance = [](const NearTest& test) { return test.distance_max ? test.distance_max->value : 0; };
    return a.set.value == b.set.value && distance(a) <= distance(b);
  }
  bool operator()(const CameraTest& a, const CameraTest& b) const {
    if (a.cameras.empty() || b.cameras.empty()) return b.cameras.empty();
    const auto is_same = [](const auto& one, const auto& other) { return one.value == other.value; };
    return std::all_of(a.cameras.begin(), a.cameras.end(), [&](const auto& name) {
      return std::any_of(b.cameras.begin(), b.cameras.end(), [&](const auto& other) { return is_same(name, other); });
    });
  }
  bool operator()(const SizeTest& a, const SizeTest& b) const {
    constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
    return a.at_least.value_or(0) >= b.at_least.value_or(0) && a.at_most.value_or(kMost) <= b.at_most.value_or(kMost);
  }
  bool operator()(const DeliveredTest& a, const DeliveredTest& b) const { return a.at_least >= b.at_least; }
  bool operator()(const NameTest& a, const NameTest& b) const {
    const auto covered = [&b](const Glob& glob) { return covers(b.globs, glob); };
    return a.field == b.field && std::all_of(a.globs.begin(), a.globs.end(), covered);
  }
  bool operator()(const DigestTest& a, const DigestTest& b) const {
    const auto listed = [&b](const Sha256Digest& digest) { return is_in(digest, b.digests); };
    return std::all_of(a.digests.begin(), a.digests.end(), listed);
  }
  bool operator()(const OpenedByTest& a, const OpenedByTest& b) const { return a.sender == b.sender; }
  bool operator()(const EvasionTest& a, const EvasionTest& b) const { return holds_all(a.evasions, b.evasions); }
  bool operator()(const ReasonTest& a, const ReasonTest& b) const { return holds_all(a.reasons, b.reasons); }
  template <class A, class B>
  bool operator()(const A&, const B&) const {
    return false;
  }
};

}  // namespace

bool is_exact(const Glob& glob) {
  return glob.pattern().find_first_of("*?") == std::string::npos;
}

bool Implication::implies(const Condition& a, const Condition& b) {
  if (++steps_ > kStepsMax) return false;
  const auto* of_a = std::get_if<GroupTest>(&a.test);
  const auto* of_b = std::get_if<GroupTest>(&b.test);
  if (of_b != nullptr && of_b->kind == GroupTest::Kind::kAll) return implies_group(a, *of_b);
  if (of_a != nullptr && of_a->kind != GroupTest::Kind::kNot && group_implies(*of_a, b)) return true;
  if (of_b != nullptr) return implies_group(a, *of_b);
  return of_a == nullptr && std::visit(Follows(), a.test, b.test);
}

bool Implication::imply(const std::vector<const Condition*>& parts, const Condition& b, const Condition* without) {
  const auto* group = std::get_if<GroupTest>(&b.test);
  if (group != nullptr && group->kind == GroupTest::Kind::kAll) {
    return std::all_of(group->parts.begin(), group->parts.end(),
                       [&](const Condition& part) { return imply(parts, part, without); });
  }
  return std::any_of(parts.begin(), parts.end(),
                     [&](const Condition* part) { return part != without && implies(*part, b); });
}

bool Implication::group_implies(const GroupTest& a, const Condition& b) {
  const auto implies_b = [this, &b](const Condition& part) { return implies(part, b); };
  if (a.kind == GroupTest::Kind::kAny) return std::all_of(a.parts.begin(), a.parts.end(), implies_b);
  return std::any_of(a.parts.begin(), a.parts.end(), implies_b);
}

bool Implication::implies_group(const Condition& a, const GroupTest& b) {
  const auto follows = [this, &a](const Condition& part) { return implies(a, part); };
  if (b.kind == GroupTest::Kind::kAll) return std::all_of(b.parts.begin(), b.parts.end(), follows);
  if (b.kind == GroupTest::Kind::kAny) return std::any_of(b.parts.begin(), b.parts.end(), follows);
  const auto* denied = std::get_if<GroupTest>(&a.test);
  return denied != nullptr && denied->kind == GroupTest::Kind::kNot && implies(b.parts.front(), denied->parts.front());
}

}  // namespace sallyport::policy
