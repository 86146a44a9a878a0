#include "daemon/app/canary_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/loader.h"

namespace sallyport {
namespace {

constexpr const char* kPolicy =
    "version: 1\nname: p\nnetworks:\n  agency: {cidrs: [10.10.0.0/16]}\n  partner: {cidrs: [203.0.113.0/24]}\n"
    "fingerprints:\n  planted: {file: planted.spf, canary: true}\n  cards: {file: cards.spf}\n"
    "rules:\n  - {name: cards, state: block, severity: low, from: [agency], to: {not: [agency, partner]}, when: {near: "
    "{set: cards}}}\n";

class RecordingSink : public EventSink {
 public:
  void publish(Event event) override { published.push_back(std::move(event)); }
  void keep(Event event) override { kept.push_back(std::move(event)); }

  std::vector<Event> published, kept;
};

class Canaries : public testing::Test {
 protected:
  Canaries() {
    const policy::LoadResult loaded = policy::load_policy_text(kPolicy, "policy.yaml");
    for (const policy::Diagnostic& fault : loaded.diagnostics) ADD_FAILURE() << policy::to_text(fault);
    active = std::make_shared<ActivePolicy>(ActivePolicy{loaded.policy, {}, loaded.policy->new_memory()});
  }

  /// An image to the partner, who is authorised, with what it looks like.
  Event transfer(const std::string& set, const std::string& path = "/a.jpg", const char* to = "203.0.113.9") const {
    Event event;
    event.id = "e1";
    Transfer& transfer = event.transfer;
    transfer.facts.protocol = Protocol::kHttp1;
    transfer.facts.upload = true;
    transfer.facts.sender.address = *IpAddress::parse("10.10.0.5");
    transfer.facts.receiver.address = *IpAddress::parse(to);
    transfer.facts.path = path;
    transfer.content = ContentType::kJpeg;
    transfer.ended = transfer.complete = true;
    event.findings.looked_for = kAllFindings;
    if (!set.empty()) event.findings.matches.push_back({set, "item", false, 12});
    event.verdict = active->policy->evaluate(transfer, event.findings);
    return event;
  }

  std::shared_ptr<const ActivePolicy> active;
  RecordingSink sink;
  Timestamp now{std::chrono::seconds(100)};
  CanaryWatch watch{sink, [this] { return active; }, [this] { return now; }};
};

TEST_F(Canaries, ASightingIsCriticalEvenWhereTheReceiverIsAuthorised) {
  const Verdict verdict = transfer("planted").verdict;
  EXPECT_EQ(verdict.action, Action::kAlert);
  EXPECT_EQ(verdict.severity, Severity::kCritical);
  ASSERT_EQ(verdict.matches.size(), 1U);
  EXPECT_EQ(verdict.matches[0].rule, "canary.planted");
  EXPECT_EQ(verdict.matches[0].reason, "near planted: item at distance 12, up to 31 counts");
  EXPECT_EQ(transfer("").verdict.action, Action::kAllow);
  EXPECT_EQ(transfer("cards").verdict.action, Action::kAllow) << "no canary set";
}

TEST_F(Canaries, AStricterRuleStillWins) {
  Event both = transfer("planted", "/a.jpg", "198.51.100.7");
  both.findings.matches.push_back({"cards", "item", true, 0});
  const Verdict verdict = active->policy->evaluate(both.transfer, both.findings);
  EXPECT_EQ(verdict.action, Action::kBlock);
  EXPECT_EQ(verdict.severity, Severity::kCritical);
  EXPECT_EQ(verdict.matches.size(), 2U);
}

TEST_F(Canaries, EveryImageIsOfInterestWhateverItsPlaces) {
  Event event = transfer("");
  event.transfer.ended = false;
  event.transfer.facts.receiver.address = event.transfer.facts.sender.address;
  const policy::Demand demand = active->policy->demand(event.transfer);
  EXPECT_EQ(demand.interest, Interest::kContent);
  EXPECT_EQ(demand.findings, bit(FindingKind::kFingerprint));
  EXPECT_FALSE(demand.may_block);
}

TEST_F(Canaries, WhatCouldNotBeInspectedIsNoSighting) {
  Event event = transfer("");
  event.findings.looked_for = 0;
  event.findings.not_inspected = NotInspected::kDecodeError;
  EXPECT_EQ(active->policy->evaluate(event.transfer, event.findings).action, Action::kAllow);
}

TEST_F(Canaries, SightingsAreCountedAndPassedOn) {
  watch.publish(transfer("planted"));
  now += std::chrono::seconds(5);
  watch.publish(transfer("planted"));
  watch.keep(transfer(""));
  EXPECT_EQ(sink.published.size(), 2U);
  EXPECT_EQ(sink.kept.size(), 1U);
  const auto sightings = watch.sightings();
  ASSERT_EQ(sightings.size(), 1U);
  EXPECT_EQ(sightings[0].set, "planted");
  EXPECT_EQ(sightings[0].count, 2U);
  EXPECT_EQ(sightings[0].last, Timestamp(std::chrono::seconds(105)));
}

TEST_F(Canaries, ASetThatWasNeverSeenIsToldWithZero) {
  const auto sightings = watch.sightings();
  ASSERT_EQ(sightings.size(), 1U);
  EXPECT_EQ(sightings[0].count, 0U);
}

TEST_F(Canaries, ASelfTestIsKnownByItsNonce) {
  const std::string nonce(32, 'a');
  EXPECT_FALSE(watch.passage(nonce));
  watch.publish(transfer("planted", "/up/sallyport-selftest-" + nonce + ".jpg"));
  const auto passage = watch.passage(nonce);
  ASSERT_TRUE(passage);
  EXPECT_EQ(passage->rule, "canary.planted");
  EXPECT_EQ(passage->severity, "critical");
  EXPECT_EQ(passage->action, "alert");
  EXPECT_EQ(passage->told, now);
  watch.keep(transfer("", "/up/sallyport-selftest-" + nonce + ".jpg"));
  EXPECT_EQ(watch.passage(nonce)->rule, "canary.planted") << "another try takes nothing away";
  EXPECT_FALSE(watch.passage(std::string(32, 'b')));
}

TEST_F(Canaries, ASelfTestThatPassedUnseenIsToldAsSuch) {
  const std::string nonce(32, 'c');
  watch.keep(transfer("", "/sallyport-selftest-" + nonce + ".jpg"));
  ASSERT_TRUE(watch.passage(nonce));
  EXPECT_EQ(watch.passage(nonce)->rule, "");
  EXPECT_EQ(watch.passage(nonce)->content, "jpeg");
}

TEST_F(Canaries, TheServersAnswerIsNoSelfTest) {
  const std::string nonce(32, 'e');
  Event answer = transfer("", "/sallyport-selftest-" + nonce + ".jpg");
  answer.transfer.facts.upload = false;
  watch.keep(std::move(answer));
  EXPECT_FALSE(watch.passage(nonce));
}

TEST_F(Canaries, OnlyTheLastSelfTestsAreRemembered) {
  const auto path = [](int i) {
    return "/sallyport-selftest-" + std::string(30, 'd') + std::to_string(10 + i) + ".jpg";
  };
  for (int i = 0; i < 65; ++i) watch.keep(transfer("", path(i)));
  EXPECT_FALSE(watch.passage(std::string(30, 'd') + "10"));
  EXPECT_TRUE(watch.passage(std::string(30, 'd') + "74"));
}

}  // namespace
}  // namespace sallyport
