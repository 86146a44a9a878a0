#include "policy/test_runner.h"

#include <algorithm>
#include <set>
#include <utility>

#include "policy/evaluate.h"
#include "policy/expectation.h"
#include "policy/scenario_place.h"

namespace sallyport::policy {
namespace {

class TestRunner {
 public:
  TestRunner(const CompiledPolicy& policy, const PolicyDocument& document) : policy_(policy), document_(document) {}

  TestResult run(const TestDocument& test) {
    TestResult result{test.name.value, test.at, {}, {}};
    Memory memory(policy_);
    for (std::size_t i = 0; i < test.steps.size(); ++i) {
      run_step(test.steps[i], test.steps.size() == 1 ? 0 : i + 1, memory, result);
    }
    return result;
  }

  Coverage coverage() const {
    Coverage coverage;
    coverage.rules = policy_.rules.size();
    for (const CompiledRule& rule : policy_.rules) {
      if (matched_.count(rule.name) == 0) coverage.never_matched.push_back(rule.name);
      for (std::size_t i = 0; i < rule.exceptions.size(); ++i) {
        if (excused_.count({&rule, i}) != 0) continue;
        coverage.never_excused.push_back("rule " + rule.name + ", exception " + std::to_string(i + 1) + " (" +
                                         quoted(rule.exceptions[i].reason) + ')');
      }
    }
    return coverage;
  }

 private:
  void run_step(const StepDocument& step, std::size_t number, Memory& memory, TestResult& result) {
    bool failed = false;
    for (std::uint64_t i = 0; i < step.repeat; ++i) {
      const Moment moment{step.start + step.every * static_cast<std::int64_t>(i), ++serial_};
      const PlayedTransfer played = play(step.scenario, document_.networks, moment);
      std::vector<Known> pairs = pairs_of(policy_, played.transfer, played.findings);
      const Verdict verdict = conclude(pairs, memory);
      if (i == 0) result.story.push_back(story(step, verdict));
      if (i == 0) note_excuses(pairs.front());
      for (const RuleMatch& match : verdict.matches) matched_.insert(match.rule);
      if (failed) continue;
      auto differences = differences_of(step.expect, verdict, document_);
      if (differences.empty()) continue;
      failed = true;
      result.failures.push_back({step.expect.at, number, i + 1, std::move(differences),
                                 concerned_rules(step.expect, verdict, pairs.front())});
    }
  }

  static std::string story(const StepDocument& step, const Verdict& verdict) {
    std::string text = moment_text(step.start) + " from " + step.scenario.from.value + " to " + step.scenario.to.value +
                       ": " + std::string(to_string(verdict.action));
    for (const RuleMatch& match : verdict.matches) {
      text += "; " + match.rule + (match.shadow ? " (shadow): " : ": ") + match.reason;
    }
    return text;
  }

  /// An exception was of use where the rule would have said something without it.
  void note_excuses(const Known& known) {
    for (const CompiledRule& rule : policy_.rules) {
      if (rule.exceptions.empty() || ask(rule.when, known).truth == Truth::kNo) continue;
      std::size_t number = 0;
      for (const TraceNode& node : trace(rule, known).conditions) {
        if (!is_exception(node)) continue;
        if (node.asked && node.answer.truth == Truth::kYes) excused_.insert({&rule, number});
        ++number;
      }
    }
  }

  const CompiledPolicy& policy_;
  const PolicyDocument& document_;
  std::uint64_t serial_ = 0;
  std::set<std::string> matched_;
  std::set<std::pair<const CompiledRule*, std::size_t>> excused_;
};

}  // namespace

std::size_t TestReport::failed() const {
  const auto has_failed = [](const TestResult& result) { return !result.passed(); };
  return static_cast<std::size_t>(std::count_if(results.begin(), results.end(), has_failed));
}

TestReport run_tests(std::shared_ptr<const Policy> policy, const PolicyDocument& document,
                     const std::optional<Glob>& names) {
  TestRunner runner(policy->compiled(), document);
  TestReport report;
  for (const TestDocument& test : document.tests) {
    if (!names || names->matches(test.name.value)) report.results.push_back(runner.run(test));
  }
  report.coverage = runner.coverage();
  report.policy = std::move(policy);
  return report;
}

}  // namespace sallyport::policy
