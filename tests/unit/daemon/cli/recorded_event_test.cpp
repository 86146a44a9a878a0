// What the daemon writes of a transfer reads back as that transfer.
#include "daemon/cli/recorded_event.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/contract/event.h"
#include "daemon/events/ocsf_encoder.h"
#include "policy/loader.h"

namespace sallyport::cli {
namespace {

Event event() {
  Event made;
  TransferFacts& facts = made.transfer.facts;
  facts.protocol = Protocol::kSmb2;
  facts.sender = {*IpAddress::parse("10.0.0.1"), 50122};
  facts.receiver = {*IpAddress::parse("198.51.100.7"), 445};
  facts.upload = true;
  facts.host = "files.example";
  facts.user = "LAB\\ada";
  facts.share = "lanes";
  facts.path = "in\\7.jpg";
  facts.file_name = "7.jpg";
  made.transfer.other_parties = {{{*IpAddress::parse("10.0.0.2"), 50123}, {*IpAddress::parse("2001:db8::7"), 445}}};
  made.transfer.begun = Timestamp(std::chrono::milliseconds(1700000000000));
  made.transfer.last_seen = Timestamp(std::chrono::milliseconds(1700000001000));
  made.transfer.size = 4096;
  made.transfer.complete = true;
  made.transfer.account.seen = 4096;
  made.transfer.account.delivered = 1024;
  made.transfer.content = ContentType::kZip;
  made.transfer.sha256 = Sha256::of(as_byte_span("object"));
  made.transfer.evasions = bit(Evasion::kTypeMismatch) | bit(Evasion::kContainerFraming);
  made.findings.looked_for = bit(FindingKind::kFace) | bit(FindingKind::kFingerprint) | bit(FindingKind::kCamera);
  made.findings.cameras = {{"lane-3", CameraSign::kQuantisation}};
  made.findings.camera_unreadable = true;
  made.findings.matches.push_back({"lanes", "7", false, 12, PictureForm::kMirrored});
  made.findings.matches.push_back({"roads", "8", false, 0, PictureForm::kUpright, 43, 50});
  Part part;
  part.path = "zip:a.jpg";
  part.looked_for = bit(FindingKind::kFace);
  part.faces = {{{}, 0.75F}};
  made.findings.parts = {part};
  made.verdict.action = Action::kBlock;
  made.verdict.policy_digest = std::string(64, 'a');
  return made;
}

RecordedEvent read(const Event& event) {
  const auto recorded = read_ocsf_event(encode_ocsf(event));
  EXPECT_TRUE(recorded) << recorded.error().message;
  return recorded.value_or(RecordedEvent());
}

TEST(RecordedEvent, IsTheTransferThatItTellsOf) {
  const Event written = event();
  const RecordedEvent recorded = read(written);
  const Transfer& transfer = recorded.played.transfer;
  EXPECT_EQ(transfer.facts.protocol, Protocol::kSmb2);
  EXPECT_EQ(transfer.facts.sender, written.transfer.facts.sender);
  EXPECT_EQ(transfer.facts.receiver, written.transfer.facts.receiver);
  ASSERT_EQ(transfer.other_parties.size(), 1U);
  EXPECT_EQ(transfer.other_parties[0].sender.to_string(), "10.0.0.2:50123");
  EXPECT_EQ(transfer.other_parties[0].receiver.to_string(), "[2001:db8::7]:445");
  EXPECT_EQ(transfer.facts.host, "files.example");
  EXPECT_EQ(transfer.facts.user, "LAB\\ada");
  EXPECT_EQ(transfer.facts.share, "lanes");
  EXPECT_EQ(transfer.facts.path, "in\\7.jpg");
  EXPECT_EQ(transfer.facts.file_name, "7.jpg");
  EXPECT_EQ(transfer.last_seen, written.transfer.last_seen);
  EXPECT_TRUE(transfer.ended && transfer.complete);
  EXPECT_EQ(transfer.size, 4096U);
  EXPECT_EQ(transfer.account.delivered, 1024U);
  EXPECT_EQ(transfer.content, ContentType::kZip);
  EXPECT_EQ(transfer.sha256, written.transfer.sha256);
  EXPECT_EQ(transfer.evasions, written.transfer.evasions);
  EXPECT_FALSE(transfer.facts.opaque || transfer.not_inspected);
  const Findings& findings = recorded.played.findings;
  EXPECT_EQ(findings.looked_for, written.findings.looked_for);
  ASSERT_EQ(findings.cameras.size(), 1U);
  EXPECT_EQ(findings.cameras[0].camera, "lane-3");
  EXPECT_EQ(findings.cameras[0].sign, CameraSign::kQuantisation);
  EXPECT_TRUE(findings.camera_unreadable);
  ASSERT_EQ(findings.parts.size(), 1U);
  EXPECT_FLOAT_EQ(findings.parts[0].faces.at(0).score, 0.75F);
  EXPECT_EQ(findings.matches.at(0).distance, 12);
  EXPECT_EQ(findings.matches.at(0).form, PictureForm::kMirrored);
  EXPECT_FALSE(findings.matches.at(0).by_parts());
  EXPECT_EQ(findings.matches.at(1).inliers, 43);
  EXPECT_EQ(findings.matches.at(1).covered_percent, 50);
  EXPECT_EQ(recorded.action, "block");
  EXPECT_EQ(recorded.policy_digest, written.verdict.policy_digest);
}

TEST(RecordedEvent, WhatWasFoundInPartWasNotLookedForToTheEnd) {
  Event made = event();
  made.findings.looked_for &= ~bit(FindingKind::kFace);
  made.findings.faces = {{{}, 0.9F}};
  const Findings findings = read(made).played.findings;
  EXPECT_EQ(findings.faces.size(), 1U);
  EXPECT_EQ(found_in_part(findings), bit(FindingKind::kFace));
}

TEST(RecordedEvent, WhatItDoesNotTellIsSaid) {
  const RecordedEvent recorded = read(event());
  EXPECT_THAT(recorded.notes,
              testing::ElementsAre("nobody looked for plates then", testing::HasSubstr("others got parts of it")));
}

TEST(RecordedEvent, ReasonsGoBackToTheirPlace) {
  Event written = event();
  written.findings = Findings();
  written.transfer.facts.opaque = NotInspected::kEncrypted;
  written.verdict.not_inspected = NotInspected::kEncrypted;
  EXPECT_EQ(read(written).played.transfer.facts.opaque, NotInspected::kEncrypted);
  written = event();
  written.transfer.not_inspected = written.verdict.not_inspected = NotInspected::kGap;
  EXPECT_EQ(read(written).played.transfer.not_inspected, NotInspected::kGap);
  EXPECT_FALSE(read(written).played.transfer.facts.opaque);
  written = event();
  written.findings.not_inspected = written.verdict.not_inspected = NotInspected::kDeadline;
  EXPECT_EQ(read(written).played.findings.not_inspected, NotInspected::kDeadline);
  EXPECT_FALSE(read(written).played.transfer.facts.opaque);
}

TEST(RecordedEvent, TheSamePolicyDecidesTheSame) {
  const auto policy = policy::load_policy_text(
      "version: 1\nname: t\nrules:\n  - {name: r, state: block, when: {faces: {score: 0.7}, paths: ['in/*']}}\n", "t");
  ASSERT_NE(policy.policy, nullptr);
  const Event written = event();
  const RecordedEvent recorded = read(written);
  Transfer ended = written.transfer;
  ended.ended = true;
  const Verdict then = policy.policy->evaluate(ended, written.findings);
  const Verdict now = policy.policy->evaluate(recorded.played.transfer, recorded.played.findings);
  EXPECT_EQ(then.action, Action::kBlock);
  EXPECT_EQ(now.action, then.action);
  EXPECT_EQ(now.matches.at(0).reason, then.matches.at(0).reason);
}

TEST(RecordedEvent, AnythingElseIsRefused) {
  for (const char* text : {"", "{", "[]", "null", "{\"class_uid\": 2006}", "{\"class_uid\": 4001, \"unmapped\": {}}",
                           "{\"class_uid\":2006,\"unmapped\":{\"transfer\":{}},\"src_endpoint\":{\"ip\":7}}"}) {
    EXPECT_FALSE(read_ocsf_event(text)) << text;
  }
  const auto strange = read_ocsf_event(
      R"({"class_uid":2006,"unmapped":{"transfer":{"protocol":1,"evasions":{}},"findings":{"faces":[1,{"score":"x"},{"score":1e300}],"matches":[[]],"parts":[null]}},"src_endpoint":{"ip":"10.0.0.1"},"dst_endpoint":{"ip":"10.0.0.2","port":-1},"file":{"hashes":[3],"size":-5}})");
  ASSERT_TRUE(strange);
  EXPECT_EQ(strange->played.findings.faces.size(), 3U);
}

}  // namespace
}  // namespace sallyport::cli
