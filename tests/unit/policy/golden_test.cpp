// Runs tests/golden/policy: faults against their messages, examples against their verdicts.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include "policy/bundle.h"
#include "policy/json_schema.h"
#include "policy/loader.h"
#include "policy/schema_doc.h"
#include "policy/values.h"
#include "tests/support/golden_file.h"

namespace sallyport::policy {
namespace {

namespace fs = std::filesystem;
const fs::path kSource = SALLYPORT_SOURCE_DIR;
const fs::path kGoldens = kSource / "tests/golden/policy";

std::string read(const fs::path& path) {
  return test::read_file(path);
}

void expect_golden(const fs::path& folder, const std::string& actual) {
  test::expect_golden(folder / "expect.txt", actual);
}

std::vector<fs::path> folders(const std::string& prefix) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(kGoldens)) {
    if (entry.path().filename().string().starts_with(prefix)) found.push_back(entry.path());
  }
  return found;
}

/// One line of transfers.txt.
struct Case {
  Transfer transfer;
  Findings findings;

  void set(const std::string& key, const std::string& value);
  void add_match(const std::string& value);
  void add_camera(const std::string& value);
};

std::vector<Detection> detections(const std::string& scores) {
  std::vector<Detection> all;
  std::istringstream stream(scores);
  for (std::string score; std::getline(stream, score, ',');) all.push_back({{}, std::stof(score)});
  return all;
}

void Case::add_match(const std::string& value) {
  const std::size_t first = value.find(':');
  const std::size_t last = value.rfind(':');
  const std::string distance = value.substr(last + 1);
  const bool exact = distance == "exact";
  findings.matches.push_back(
      {value.substr(0, first), value.substr(first + 1, last - first - 1), exact, exact ? 0 : std::stoi(distance)});
}

void Case::add_camera(const std::string& value) {
  const std::size_t sign = value.find(':');
  if (sign == std::string::npos) {
    findings.camera_unreadable = true;
  } else {
    findings.cameras.push_back({value.substr(0, sign), *camera_sign_from(value.substr(sign + 1))});
  }
}

void Case::set(const std::string& key, const std::string& value) {
  TransferFacts& facts = transfer.facts;
  if (key == "sender") facts.sender.address = *IpAddress::parse(value);
  if (key == "receiver") facts.receiver.address = *IpAddress::parse(value);
  if (key == "download") facts.upload = false;
  if (key == "protocol") facts.protocol = *protocol_from(value);
  if (key == "time") transfer.last_seen = *parse_moment(value);
  if (key == "host") facts.host = value;
  if (key == "user") facts.user = value;
  if (key == "opaque") facts.opaque = not_inspected_from(value);
  if (key == "content") transfer.content = *content_type_from(value);
  if (key == "size") transfer.size = std::stoull(value);
  if (key == "missing") transfer.not_inspected = not_inspected_from(value);
  if (key == "evasion") transfer.evasions = bit(Evasion::kTypeMismatch);
  if (key == "faces") findings.faces = detections(value);
  if (key == "plates") findings.plates = detections(value);
  if (key == "near") add_match(value);
  if (key == "camera") add_camera(value);
  if (key == "failed") findings.not_inspected = not_inspected_from(value);
}

std::string answer(const Policy& policy, const std::string& line) {
  Case one;
  one.transfer.facts.protocol = Protocol::kHttp1;
  std::istringstream words(line);
  for (std::string word; words >> word;) {
    const std::size_t equals = std::min(word.find('='), word.size());
    one.set(word.substr(0, equals), word.substr(std::min(equals + 1, word.size())));
  }
  const Demand demand = policy.demand(one.transfer);
  static constexpr const char* kInterests[] = {"none", "account", "digest", "content"};
  std::ostringstream out;
  out << line << "\n  demand " << kInterests[static_cast<std::size_t>(demand.interest)] << " findings "
      << demand.findings << (demand.may_block ? " may block" : "") << " within " << demand.deadline.count() << "ms\n";
  one.transfer.ended = true;
  if (!one.findings.not_inspected) one.findings.looked_for = demand.findings;
  const Verdict verdict = policy.evaluate(one.transfer, one.findings);
  out << "  " << to_string(verdict.action) << ' ' << to_string(verdict.severity) << (verdict.record ? " record" : "")
      << (verdict.not_inspected ? " not inspected: " + std::string(to_string(*verdict.not_inspected)) : "") << '\n';
  for (const RuleMatch& match : verdict.matches) {
    out << "    " << (match.shadow ? "shadow " : "") << to_string(match.action) << " by " << match.rule << ": "
        << match.reason << '\n';
  }
  return out.str();
}

/// Of the front end that a file of this name speaks of.
std::optional<Capabilities> capabilities_of(const fs::path& file) {
  if (!fs::exists(file)) return std::nullopt;
  Capabilities capabilities;
  capabilities.can_inject = read(file) == "tap\n";
  capabilities.front_end = capabilities.can_inject ? "tap" : "pcap";
  return capabilities;
}

/// Of a policy that is checked at the time in a file of this name.
std::optional<Timestamp> now_of(const fs::path& file) {
  if (!fs::exists(file)) return std::nullopt;
  const std::string text = read(file);
  return *parse_moment(text.substr(0, text.find('\n')));
}

LoadResult load_fault(const fs::path& folder) {
  const LoadOptions options{capabilities_of(folder / "front-end"), now_of(folder / "now")};
  if (!fs::exists(folder / "files")) return load_policy_text(read(folder / "policy.yaml"), "policy.yaml", options);
  std::vector<PolicyFile> files;
  for (const auto& entry : fs::directory_iterator(folder / "files")) {
    files.push_back({entry.path().filename().string(), read(entry.path())});
  }
  std::sort(files.begin(), files.end(), [](const PolicyFile& a, const PolicyFile& b) { return a.name < b.name; });
  return load_policy_texts(std::move(files), "files", options);
}

TEST(Golden, EveryFaultIsToldInTheseWords) {
  const auto cases = folders("fault-");
  EXPECT_GE(cases.size(), 60U);
  for (const fs::path& folder : cases) {
    const LoadResult result = load_fault(folder);
    EXPECT_GT(result.errors() + result.warnings(), 0U) << folder;
    EXPECT_EQ(result.policy == nullptr, result.errors() != 0) << folder;
    expect_golden(folder, to_text(result));
  }
}

TEST(Golden, TwentyFaultsAreTwentyMessages) {
  const auto result = load_policy_text(read(kGoldens / "fault-twenty-at-once/policy.yaml"), "policy.yaml");
  EXPECT_GE(result.errors(), 20U);
}

TEST(Golden, ExamplesLoadCleanAndDecideSo) {
  std::size_t count = 0;
  for (const auto& entry : fs::directory_iterator(kSource / "policy/examples")) {
    ++count;
    const LoadResult result = load_policy_file(entry.path());
    ASSERT_NE(result.policy, nullptr) << to_text(result);
    EXPECT_TRUE(result.diagnostics.empty()) << to_text(result);
    const fs::path folder = kGoldens / ("example-" + entry.path().stem().string());
    std::string actual;
    std::ifstream lines(folder / "transfers.txt");
    for (std::string line; std::getline(lines, line);) actual += answer(*result.policy, line);
    EXPECT_FALSE(actual.empty()) << folder;
    expect_golden(folder, actual);
  }
  EXPECT_EQ(count, 7U);
}

TEST(Golden, PrintedExamplesAreTheSamePolicy) {
  for (const auto& entry : fs::directory_iterator(kSource / "policy/examples")) {
    const auto policy = load_policy_file(entry.path()).policy;
    ASSERT_NE(policy, nullptr);
    const LoadResult again = load_policy_text(policy->text(), "printed");
    ASSERT_NE(again.policy, nullptr) << policy->text() << to_text(again);
    EXPECT_EQ(again.policy->text(), policy->text());
    EXPECT_EQ(again.policy->digest(), policy->digest());
  }
}

TEST(Golden, ReferenceIsFresh) {
  EXPECT_EQ(schema_reference(), read(kSource / "docs/policy-reference.md"))
      << "run: build/dev/bin/sallyport-policy-reference > docs/policy-reference.md";
}

TEST(Golden, JsonSchemaIsFresh) {
  EXPECT_EQ(json_schema(), read(kSource / "policy/policy.schema.json"))
      << "run: build/dev/bin/sallyport policy schema > policy/policy.schema.json";
}

}  // namespace
}  // namespace sallyport::policy
