#include "policy/contradiction_checker.h"

#include <algorithm>
#include <utility>

#include "policy/implication.h"

namespace sallyport::policy {
namespace {

using Parts = std::vector<const Condition*>;

/// What must hold together: lists of `all` inside each other are one.
void flatten(const GroupTest& all, Parts& parts) {
  for (const Condition& part : all.parts) {
    const auto* group = std::get_if<GroupTest>(&part.test);
    if (group != nullptr && group->kind == GroupTest::Kind::kAll) {
      flatten(*group, parts);
    } else {
      parts.push_back(&part);
    }
  }
}

/// Tests of one kind that no transfer can pass both.
struct Excludes {
  bool operator()(const OpenedByTest& a, const OpenedByTest& b) const { return a.sender != b.sender; }
  bool operator()(const SizeTest& a, const SizeTest& b) const { return is_below(a, b) || is_below(b, a); }
  bool operator()(const DigestTest& a, const DigestTest& b) const {
    return std::none_of(a.digests.begin(), a.digests.end(), [&b](const Sha256Digest& digest) {
      return std::find(b.digests.begin(), b.digests.end(), digest) != b.digests.end();
    });
  }
  /// Paths and file names have two forms, as sent and decoded, of which each may fit one.
  bool operator()(const NameTest& a, const NameTest& b) const {
    if (a.field != b.field || a.field == NameField::kPath || a.field == NameField::kFileName) return false;
    return no_name_of(a, b) || no_name_of(b, a);
  }
  template <class A, class B>
  bool operator()(const A&, const B&) const {
    return false;
  }

 private:
  static bool is_below(const SizeTest& a, const SizeTest& b) {
    return a.at_most && b.at_least && *a.at_most < *b.at_least;
  }
  /// Each name that `a` lets through is known, and `b` lets none of them through.
  static bool no_name_of(const NameTest& a, const NameTest& b) {
    return std::all_of(a.globs.begin(), a.globs.end(), [&b](const Glob& name) {
      const auto fits = [&name](const Glob& glob) { return glob.matches(name.pattern()); };
      return is_exact(name) && std::none_of(b.globs.begin(), b.globs.end(), fits);
    });
  }
};

/// One thread; for one policy.
class ContradictionChecker {
 public:
  explicit ContradictionChecker(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  /// `beside`: what holds wherever `all` does.
  void check(const GroupTest& all, Parts beside) {
    const std::size_t begin = beside.size();
    flatten(all, beside);
    for (std::size_t i = begin; i < beside.size(); ++i) check_pairs(beside, i);
    for (std::size_t i = begin; i < beside.size(); ++i) check_group(beside, i);
  }

 private:
  /// Conditions looked at in one policy, again for each beside it: a person's policy takes some hundreds, and one that
  /// a program wrote would else take minutes.
  static constexpr std::size_t kStepsMax = 1'000'000;

  bool take_steps(std::size_t steps) {
    steps_ += steps;
    return steps_ <= kStepsMax;
  }

  void check_pairs(const Parts& parts, std::size_t last) {
    if (!take_steps(last)) return;
    for (std::size_t i = 0; i < last; ++i) {
      if (!std::visit(Excludes(), parts[i]->test, parts[last]->test)) continue;
      const std::string key(key_of(*parts[last]));
      const std::string other = diagnostics_.place_text(parts[i]->place, parts[last]->place);
      warn(*parts[last], "'" + key + "' can never hold beside '" + key + "' at " + other);
      return;
    }
  }

  void check_group(const Parts& parts, std::size_t index) {
    const auto* group = std::get_if<GroupTest>(&parts[index]->test);
    if (group == nullptr || !take_steps(parts.size())) return;
    if (group->kind == GroupTest::Kind::kNot) {
      check_denied(parts, *parts[index], group->parts.front());
      return;
    }
    Parts beside = parts;
    beside.erase(beside.begin() + static_cast<std::ptrdiff_t>(index));
    for (const Condition& alternative : group->parts) {
      if (take_steps(beside.size())) check(std::get<GroupTest>(alternative.test), beside);
    }
  }

  void check_denied(const Parts& parts, const Condition& denial, const Condition& denied) {
    check(std::get<GroupTest>(denied.test), {});
    if (implication_.imply(parts, denied, &denial)) warn(denial, "this denies what is asked for beside it");
  }

  void warn(const Condition& condition, std::string message) {
    diagnostics_.warning(condition.place, "never-together", std::move(message),
                         {"", "all that is listed must hold together: alternatives belong under 'any'"});
  }

  Diagnostics& diagnostics_;
  Implication implication_;
  std::size_t steps_ = 0;
};

}  // namespace

void check_contradictions(const CompiledPolicy& policy, Diagnostics& diagnostics) {
  ContradictionChecker checker(diagnostics);
  for (const CompiledRule& rule : policy.rules) checker.check(std::get<GroupTest>(rule.when.test), {});
}

}  // namespace sallyport::policy
