// Runs the tests that stand beside the rules of a policy.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "policy/document.h"
#include "policy/glob.h"
#include "policy/policy.h"
#include "policy/trace.h"

namespace sallyport::policy {

struct TestFailure {
  FilePlace at;                          ///< of the expectation
  std::size_t step = 0;                  ///< from one; 0: the test is no sequence
  std::uint64_t repetition = 1;          ///< the first that failed
  std::vector<std::string> differences;  ///< "verdict: expected block, got allow"
  std::vector<RuleTrace> concerned;      ///< rules that should have matched, or should not have
};

struct TestResult {
  std::string name;
  FilePlace at;
  std::vector<std::string> story;  ///< for each step what the policy said, a line each
  std::vector<TestFailure> failures;

  bool passed() const { return failures.empty(); }
};

struct Coverage {
  std::size_t rules = 0;  ///< that are not off
  std::vector<std::string> never_matched;
  std::vector<std::string> never_excused;  ///< "rule x, exception 2 (press pictures)"

  std::size_t matched() const { return rules - never_matched.size(); }
  /// Rounded down: 100 only where all are.
  unsigned percent() const { return rules == 0 ? 100 : static_cast<unsigned>(matched() * 100 / rules); }
};

struct TestReport {
  std::shared_ptr<const Policy> policy;  ///< which the traces speak of
  std::string file;
  std::vector<TestResult> results;
  Coverage coverage;

  std::size_t failed() const;
};

/// Every test whose name fits `names`, or every test. Same input, same report: time is the tests' own.
TestReport run_tests(std::shared_ptr<const Policy> policy, const PolicyDocument& document,
                     const std::optional<Glob>& names);

}  // namespace sallyport::policy
