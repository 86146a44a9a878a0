// A contract permits so many images in so long a time, whatever becomes of the rest.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/explanation.h"
#include "policy/loader.h"
#include "policy/memory.h"
#include "policy/test_report.h"

namespace sallyport::policy {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string text_of(const std::string& quota, const std::string& rule_more = "") {
  return R"(version: 1
name: t
networks:
  agency: {cidrs: [10.0.0.0/8]}
  vendor: {cidrs: [203.0.113.0/24]}
contractors:
  readers: {networks: [vendor]}
contracts:
  - {name: readers, contractor: readers, purpose: x, may_receive: [plates], expires: 2029-12-31, quota: )" +
         quota +
         "}\nrules:\n  - {name: leaves, state: block, from: [agency], permitted_by: any, when: {any: [{image: any}, "
         "{plates: {}}]}" +
         rule_more + "}\n";
}

std::shared_ptr<const Policy> policy_of(const std::string& text) {
  const LoadResult result = load_policy_text(text, "policy.yaml");
  EXPECT_NE(result.policy, nullptr) << to_text(result);
  return result.policy;
}

class QuotaTest : public testing::Test {
 protected:
  void use(const std::string& quota, const std::string& rule_more = "") {
    auto next = policy_of(text_of(quota, rule_more));
    auto remembers = next->new_memory();
    if (memory) remembers->inherit(*memory);
    policy = std::move(next);
    memory = std::move(remembers);
  }
  /// A picture with a plate, or an archive of so many, sent to the vendor at this time.
  Verdict send(std::chrono::seconds at, std::size_t in_archive = 0) {
    Transfer transfer;
    transfer.facts.protocol = Protocol::kHttp1;
    transfer.facts.sender.address = *IpAddress::parse("10.1.0.1");
    transfer.facts.receiver.address = *IpAddress::parse(to);
    transfer.content = in_archive == 0 ? ContentType::kJpeg : ContentType::kZip;
    transfer.ended = transfer.complete = true;
    transfer.last_seen = Timestamp(at);
    Findings findings;
    findings.looked_for = bit(FindingKind::kFace) | bit(FindingKind::kPlate) | bit(FindingKind::kFingerprint);
    findings.faces.resize(faces, Detection{{}, 0.9F});
    for (std::size_t i = 0; i < in_archive; ++i) {
      findings.parts.emplace_back().looked_for = findings.looked_for;
      findings.parts.back().plates.push_back({{}, 0.9F});
    }
    return policy->conclude(transfer, findings, *memory);
  }

  std::shared_ptr<const Policy> policy;
  std::shared_ptr<Memory> memory;
  std::string to = "203.0.113.7";
  std::size_t faces = 0;
};

TEST_F(QuotaTest, WhatIsBeyondItIsNotPermitted) {
  use("{images: 2, within: 1h}");
  EXPECT_EQ(send(0s).action, Action::kAllow);
  EXPECT_THAT(send(1s).permitted_by, ElementsAre("readers"));
  const Verdict third = send(2s);
  EXPECT_EQ(third.action, Action::kBlock);
  EXPECT_THAT(third.permitted_by, IsEmpty());
  EXPECT_THAT(third.matches.at(0).reason, HasSubstr("contract readers permits no more than 2 images in 1h"));
}

TEST_F(QuotaTest, ItComesBackAndBlockedOnesDoNotUseIt) {
  use("{images: 2, within: 1h}");
  send(0s);
  send(10s);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(send(20s).action, Action::kBlock);
  EXPECT_EQ(send(1h + 5s).action, Action::kAllow) << "the first has left the window";
  EXPECT_EQ(send(1h + 6s).action, Action::kBlock);
}

TEST_F(QuotaTest, AnArchiveIsAsManyAsAreInIt) {
  use("{images: 5, within: 1h}");
  EXPECT_EQ(send(0s, 3).action, Action::kAllow);
  EXPECT_EQ(memory->quota_uses().at(0).images, 3U);
  EXPECT_EQ(send(1s, 3).action, Action::kBlock) << "three more are one too many";
  EXPECT_EQ(send(2s, 2).action, Action::kAllow) << "what was blocked is not counted";
}

TEST_F(QuotaTest, WhatTheContractDoesNotCoverUsesNothing) {
  use("{images: 2, within: 1h}");
  faces = 1;
  EXPECT_EQ(send(0s).action, Action::kBlock) << "faces are not in the contract";
  to = "192.0.2.1";
  faces = 0;
  EXPECT_EQ(send(1s).action, Action::kBlock) << "nor is this receiver";
  EXPECT_EQ(memory->quota_uses().at(0).images, 0U);
  EXPECT_EQ(memory->quota_uses().at(0).most, 2U);
}

TEST_F(QuotaTest, AReloadKeepsWhatIsUsedAndAnotherQuotaBeginsAnew) {
  use("{images: 2, within: 1h}");
  send(0s);
  send(1s);
  use("{images: 2, within: 1h}", ", tags: [other]");
  EXPECT_EQ(send(2s).action, Action::kBlock);
  use("{images: 3, within: 1h}");
  EXPECT_EQ(send(3s).action, Action::kAllow);
}

TEST_F(QuotaTest, WhileATransferGoesOnItMayBeOneTooMany) {
  const auto any = policy_of(
      "version: 1\nname: t\nnetworks:\n  vendor: {cidrs: [203.0.113.0/24]}\ncontractors:\n  readers: {networks: "
      "[vendor]}\ncontracts:\n  - {name: readers, contractor: readers, purpose: x, may_receive: [images], expires: "
      "2029-12-31, quota: {images: 1, within: 1h}}\nrules:\n  - {name: r, state: block, permitted_by: any, when: "
      "{image: any}}\n");
  Transfer transfer;
  transfer.facts.receiver.address = *IpAddress::parse("203.0.113.7");
  transfer.content = ContentType::kJpeg;
  EXPECT_TRUE(any->demand(transfer).may_block);
}

TEST_F(QuotaTest, TestsOfAPolicyCountItInTheirOwnTime) {
  const LoadResult result = load_policy_text(
      text_of("{images: 3, within: 1d}") +
          "tests:\n  - name: three a day\n    sequence:\n"
          "      - {repeat: 3, every: 1h, transfer: {from: agency, to: vendor, content: jpeg, plates: 1}, expect: "
          "{verdict: allow}}\n"
          "      - {transfer: {from: agency, to: vendor, content: jpeg, plates: 1}, expect: {verdict: block}}\n"
          "      - {transfer: {from: agency, to: vendor, content: jpeg, plates: 1, at: +1d}, expect: {verdict: "
          "allow}}\n",
      "policy.yaml");
  ASSERT_NE(result.policy, nullptr) << to_text(result);
  const TestReport report = run_tests(result.policy, *result.document, std::nullopt);
  EXPECT_EQ(report.failed(), 0U) << to_text(report, false);
}

}  // namespace
}  // namespace sallyport::policy
