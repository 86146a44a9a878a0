// Test reports for people, for programs and for build servers.
#pragma once

#include <string>
#include <vector>

#include "policy/test_runner.h"

namespace sallyport::policy {

/// A line for each test, below a failed one what differs and the trace of the rules concerned; then the summary.
/// `verbose`: below each test what the policy said.
std::string to_text(const TestReport& report, bool verbose);
/// A JSON array with an object for each report. Ends in a newline.
std::string to_json(const std::vector<TestReport>& reports);
/// JUnit XML, a test suite for each report.
std::string to_junit(const std::vector<TestReport>& reports);

}  // namespace sallyport::policy
