#include "policy/test_report.h"

#include "policy/trace_text.h"

namespace sallyport::policy {
namespace {

using Json = nlohmann::ordered_json;

std::string step_text(const TestFailure& failure) {
  std::string text;
  if (failure.step != 0) text = "step " + std::to_string(failure.step);
  if (failure.repetition > 1) text += (text.empty() ? "" : ", ") + ("repetition " + std::to_string(failure.repetition));
  return text;
}

std::string failure_text(const TestFailure& failure) {
  const std::string step = step_text(failure);
  std::string text = "      " + to_string(failure.at) + (step.empty() ? "" : ": " + step) + '\n';
  for (const std::string& difference : failure.differences) text += "      " + difference + '\n';
  for (const RuleTrace& rule : failure.concerned) text += "      " + headline(rule) + '\n' + to_text(rule, 8);
  return text;
}

std::string list(const std::vector<std::string>& items, std::string_view separator) {
  std::string text;
  for (const std::string& item : items) text += (text.empty() ? "" : std::string(separator)) + item;
  return text;
}

std::string summary(const TestReport& report) {
  const Coverage& coverage = report.coverage;
  const std::size_t failed = report.failed();
  std::string text = std::to_string(report.results.size() - failed) + " passed, " + std::to_string(failed) +
                     " failed; rules covered " + std::to_string(coverage.matched()) + " of " +
                     std::to_string(coverage.rules) + " (" + std::to_string(coverage.percent()) + " %)";
  if (!coverage.never_matched.empty()) text += ": never matched: " + list(coverage.never_matched, ", ");
  text += '\n';
  if (!coverage.never_excused.empty()) text += "never excused anything: " + list(coverage.never_excused, "; ") + '\n';
  return text;
}

Json failure_json(const TestFailure& failure) {
  Json json = {{"file", failure.at.file}, {"line", failure.at.place.line}, {"column", failure.at.place.column}};
  if (failure.step != 0) json["step"] = failure.step;
  json["repetition"] = failure.repetition;
  json["differences"] = failure.differences;
  json["rules"] = Json::array();
  for (const RuleTrace& rule : failure.concerned) json["rules"].push_back(to_json(rule));
  return json;
}

Json report_json(const TestReport& report) {
  Json json = {{"file", report.file},
               {"policy", report.policy->name()},
               {"digest", report.policy->digest()},
               {"passed", report.results.size() - report.failed()},
               {"failed", report.failed()}};
  json["tests"] = Json::array();
  for (const TestResult& result : report.results) {
    Json test = {{"name", result.name}, {"passed", result.passed()}, {"steps", result.story}};
    for (const TestFailure& failure : result.failures) test["failures"].push_back(failure_json(failure));
    json["tests"].push_back(std::move(test));
  }
  json["coverage"] = {{"rules", report.coverage.rules},
                      {"matched", report.coverage.matched()},
                      {"percent", report.coverage.percent()},
                      {"never_matched", report.coverage.never_matched},
                      {"never_excused", report.coverage.never_excused}};
  return json;
}

/// Text for XML: what XML 1.0 has no way to write becomes '?'.
std::string xml(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '&') {
      result += "&amp;";
    } else if (c == '<') {
      result += "&lt;";
    } else if (c == '>') {
      result += "&gt;";
    } else if (c == '"') {
      result += "&quot;";
    } else {
      result += byte < 0x20 && c != '\n' ? '?' : c;
    }
  }
  return result;
}

std::string case_xml(const TestResult& result, const std::string& policy) {
  std::string text = "    <testcase classname=\"" + xml(policy) + "\" name=\"" + xml(result.name) + '"';
  if (result.passed()) return text + "/>\n";
  text += ">\n";
  for (const TestFailure& failure : result.failures) {
    text += "      <failure message=\"" + xml(list(failure.differences, "; ")) + "\">" + xml(failure_text(failure)) +
            "</failure>\n";
  }
  return text + "    </testcase>\n";
}

}  // namespace

std::string to_text(const TestReport& report, bool verbose) {
  std::string text;
  for (const TestResult& result : report.results) {
    text += (result.passed() ? "ok    " : "FAIL  ") + result.name + '\n';
    for (const TestFailure& failure : result.failures) text += failure_text(failure);
    if (!verbose) continue;
    for (const std::string& line : result.story) text += "      " + line + '\n';
  }
  return text + summary(report);
}

std::string to_json(const std::vector<TestReport>& reports) {
  Json json = Json::array();
  for (const TestReport& report : reports) json.push_back(report_json(report));
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

std::string to_junit(const std::vector<TestReport>& reports) {
  std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n";
  for (const TestReport& report : reports) {
    text += "  <testsuite name=\"" + xml(report.file) + "\" tests=\"" + std::to_string(report.results.size()) +
            "\" failures=\"" + std::to_string(report.failed()) + "\">\n";
    for (const TestResult& result : report.results) text += case_xml(result, report.policy->name());
    text += "  </testsuite>\n";
  }
  return text + "</testsuites>\n";
}

}  // namespace sallyport::policy
