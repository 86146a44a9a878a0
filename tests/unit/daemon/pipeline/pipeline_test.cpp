#include "daemon/pipeline/pipeline.h"

#include <gmock/gmock.h>

#include "daemon/base/limits.h"
#include "tests/support/tls_hello.h"
#include "tests/unit/daemon/pipeline/shard_bench.h"

namespace sallyport {
namespace {

using namespace std::chrono_literals;
using test::clean;
using test::jpeg;
using test::plate;
using test::plates_policy;
using test::policy_of;
using test::post;
using test::TcpScript;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kOutside = "192.0.2.9";
constexpr const char* kPartner = "203.0.113.5";

class PipelineTest : public testing::Test {
 protected:
  void use(const std::string& text) { shared.policy = policy_of(text); }
  /// Made late, so that a case can change `config` and what the front end is able to do first.
  test::ShardBench& shard() {
    if (!bench_) {
      bench_ = std::make_unique<test::ShardBench>(shared, config);
      bench_->control.able = able;
    }
    return *bench_;
  }
  std::string log() { return shard().take_log(); }
  void answer(Findings findings) {
    shared.classifier.answer(std::move(findings));
    shard().pass(0ms);
  }
  const std::vector<Event>& events() const { return shared.events.events; }
  /// An upload in two packets: `body` but for its last ten bytes, and those.
  void upload(const std::string& body, const std::string& to = kOutside) {
    const std::string request = post(body);
    script = TcpScript("10.0.0.1", to);
    script.handshake().client().data(request.substr(0, request.size() - 10)).data(request.substr(request.size() - 10));
    shard().play(script);
  }

  PipelineConfig config;
  Capabilities able = test::FakeFlowControl().able;
  test::BenchShared shared;
  TcpScript script;

 private:
  std::unique_ptr<test::ShardBench> bench_;
};

TEST_F(PipelineTest, FlowThatNoRuleCanMatchIsBypassedAndNothingIsKept) {
  use(plates_policy());
  upload(jpeg(500), "10.0.0.2");
  EXPECT_THAT(log(), HasSubstr("bypass "));
  EXPECT_EQ(shard().stats().flows_bypassed.value(), 1U);
  EXPECT_EQ(shard().pipeline.extraction().table().stats().begun_total.value(), 0U);
  EXPECT_EQ(shared.classifier.asked, 0U);
}

TEST_F(PipelineTest, UploadToTheAuthorisedNetworkIsRecordedWithItsDigestAndNotClassified) {
  use(plates_policy("", "block", test::kRecordAll));
  upload(jpeg(500), kPartner);
  EXPECT_EQ(shared.classifier.asked, 0U);
  ASSERT_EQ(events().size(), 1U);
  EXPECT_EQ(events()[0].disposition, Disposition::kAllowed);
  EXPECT_TRUE(events()[0].transfer.complete);
  EXPECT_EQ(events()[0].transfer.sha256, Sha256::of(as_byte_span(jpeg(500))));
  EXPECT_THAT(log(), Not(HasSubstr("hold")));
}

TEST_F(PipelineTest, PlateIsBlockedWithTheEndWithheld) {
  use(plates_policy());
  upload(jpeg(500));
  EXPECT_THAT(log(), HasSubstr("hold 1 client_to_server\n"));
  ASSERT_EQ(shared.classifier.open().size(), 1U);
  EXPECT_EQ(shared.classifier.open()[0].request.object->bytes().size(), 500U);
  answer(plate());
  const std::string orders = log();
  EXPECT_THAT(orders, testing::StartsWith("drop 1\ninject "));
  EXPECT_THAT(orders, Not(HasSubstr("release")));
  EXPECT_EQ(shard().control.injected().size(), 2U) << "a reset to each end";
  ASSERT_EQ(events().size(), 1U);
  EXPECT_EQ(events()[0].disposition, Disposition::kBlocked);
  EXPECT_EQ(events()[0].transfer.account.delivered, 490U);
  EXPECT_EQ(events()[0].transfer.size, 500U);
}

TEST_F(PipelineTest, APlateInsideAnArchiveIsBlockedAndTold) {
  use(plates_policy());
  upload("PK\3\4" + std::string(400, 'z'));
  ASSERT_EQ(shared.classifier.open().size(), 1U);
  EXPECT_EQ(shared.classifier.open()[0].request.content, ContentType::kZip);
  Findings findings = clean();
  findings.format = ContentType::kZip;
  findings.evasions = bit(Evasion::kContainerFraming);
  Part part;
  part.path = "zip:a.jpg";
  part.plates = plate().plates;
  findings.parts = {Part(), part};
  answer(findings);
  ASSERT_EQ(events().size(), 1U);
  EXPECT_EQ(events()[0].disposition, Disposition::kBlocked);
  EXPECT_EQ(events()[0].findings.parts.at(0).path, "zip:a.jpg") << "what was found comes first";
  EXPECT_EQ(events()[0].transfer.evasions, bit(Evasion::kContainerFraming));
}

TEST_F(PipelineTest, TextIsStillNoQuestion) {
  use(plates_policy());
  upload(std::string(5000, 't'));
  EXPECT_EQ(shared.classifier.asked, 0U);
}

TEST_F(PipelineTest, CleanAnswerLetsGoWithoutAnEvent) {
  use(plates_policy());
  upload(jpeg(500));
  log();
  answer(clean());
  EXPECT_EQ(log(), "release 1 client_to_server\n");
  EXPECT_TRUE(events().empty());
  ASSERT_EQ(shared.events.concluded.size(), 1U) << "the ledger has it all the same";
  EXPECT_FALSE(is_told(shared.events.concluded[0]));
}

TEST_F(PipelineTest, TheLedgerIsGivenEveryImageOfAnObject) {
  use(plates_policy());
  upload("PK\3\4" + std::string(400, 'z'));
  Findings findings = clean();
  findings.format = ContentType::kZip;
  findings.parts.resize(limits::kEventPartsMax + 10);
  answer(findings);
  ASSERT_EQ(shared.events.concluded.size(), 1U);
  EXPECT_EQ(shared.events.concluded[0].findings.parts.size(), limits::kEventPartsMax + 10);
}

TEST_F(PipelineTest, CleanAnswerIsRecordedWhereThePolicyWantsThat) {
  use(plates_policy("", "block", test::kRecordAll));
  upload(jpeg(500));
  answer(clean());
  ASSERT_EQ(events().size(), 1U);
  EXPECT_EQ(events()[0].disposition, Disposition::kAllowed);
  EXPECT_EQ(events()[0].transfer.account.delivered, 490U) << "at the time of the verdict";
}

struct Unanswered {
  const char* key;
  NotInspected reason;
};

class Outcome : public PipelineTest, public testing::WithParamInterface<Unanswered> {};

TEST_P(Outcome, BlocksWhereTheRuleSaysSo) {
  use(plates_policy(std::string("    ") + GetParam().key + ": block\n"));
  upload(jpeg(500));
  answer(test::unanswered(GetParam().reason));
  ASSERT_EQ(events().size(), 1U);
  EXPECT_EQ(events()[0].disposition, Disposition::kBlocked);
  EXPECT_EQ(events()[0].verdict.not_inspected, GetParam().reason);
  EXPECT_EQ(shard().stats().not_inspected[static_cast<std::size_t>(GetParam().reason)].value(), 1U);
}

TEST_P(Outcome, AlertsAndLetsGoWhereTheRuleSaysSo) {
  use(plates_policy(std::string("    ") + GetParam().key + ": alert\n"));
  upload(jpeg(500));
  answer(test::unanswered(GetParam().reason));
  ASSERT_EQ(events().size(), 1U);
  EXPECT_EQ(events()[0].disposition, Disposition::kAlerted);
  EXPECT_THAT(log(), testing::EndsWith("release 1 client_to_server\n"));
}

INSTANTIATE_TEST_SUITE_P(OfTheWorker, Outcome,
                         testing::Values(Unanswered{"on_worker_crash", NotInspected::kWorkerCrash},
                                         Unanswered{"on_deadline", NotInspected::kDeadline},
                                         Unanswered{"on_decode_error", NotInspected::kDecodeError},
                                         Unanswered{"on_overload", NotInspected::kWorkerUnavailable}),
                         [](const auto& tested) { return std::string(tested.param.key); });

TEST_F(PipelineTest, HoldThatRunsOutTakesTheOutcomeOfTheDeadlineAndALateAnswerChangesNothing) {
  use(plates_policy("    on_deadline: block\n    deadline: 100ms\n"));
  upload(jpeg(500));
  shard().pass(200ms);
  EXPECT_TRUE(events().empty()) << "the classifier itself answers at its deadline; the hold ends a little later";
  shard().pass(200ms);
  ASSERT_EQ(events().size(), 1U);
  EXPECT_EQ(events()[0].disposition, Disposition::kBlocked);
  EXPECT_EQ(events()[0].verdict.not_inspected, NotInspected::kDeadline);
  answer(clean());
  EXPECT_EQ(events().size(), 1U);
  EXPECT_EQ(shard().pipeline.inspector().pending(), 0U);
}

TEST_F(PipelineTest, FlowStaysHeldUntilBothPartsOfAFormAreDecided) {
  use(plates_policy());
  script = TcpScript("10.0.0.1", kOutside);
  script.handshake().client().data(test::form_of_two(jpeg(300), jpeg(400)));
  shard().play(script);
  ASSERT_EQ(shared.classifier.open().size(), 2U);
  log();
  answer(clean());
  EXPECT_EQ(log(), "");
  answer(clean());
  EXPECT_EQ(log(), "release 1 client_to_server\n");
}

TEST_F(PipelineTest, SecondBlockedPartOfADroppedFlowIsBlockedAsWell) {
  use(plates_policy());
  script = TcpScript("10.0.0.1", kOutside);
  script.handshake().client().data(test::form_of_two(jpeg(300), jpeg(400)));
  shard().play(script);
  ASSERT_EQ(shared.classifier.open().size(), 2U);
  answer(plate());
  answer(plate());
  ASSERT_EQ(events().size(), 2U);
  EXPECT_EQ(events()[0].disposition, Disposition::kBlocked);
  EXPECT_EQ(events()[1].disposition, Disposition::kBlocked) << "its end went with the flow";
  EXPECT_EQ(shard().control.injected().size(), 2U) << "one flow is reset once";
}

TEST_F(PipelineTest, WhatAContractorFetchesIsBlockedInTheResponse) {
  use(plates_policy());
  script = TcpScript(kOutside, "10.0.0.2");
  const std::string body = jpeg(500);
  script.handshake().client().data("GET /lane.jpg HTTP/1.1\r\nHost: files\r\n\r\n").server();
  script.data("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + body.substr(0, 400)).data(body.substr(400));
  shard().play(script);
  EXPECT_THAT(log(), HasSubstr("hold 1 server_to_client\n"));
  answer(plate());
  ASSERT_EQ(events().size(), 1U);
  EXPECT_EQ(events()[0].disposition, Disposition::kBlocked);
  EXPECT_FALSE(events()[0].transfer.facts.upload);
  EXPECT_EQ(events()[0].transfer.account.delivered, 400U);
}

TEST_F(PipelineTest, NameAloneBlocksAtTheFirstPacket) {
  use("version: 1\nname: names\nrules:\n  - name: lanes\n    state: block\n    when:\n      file_names: [\"lane*\"]\n");
  script = TcpScript("10.0.0.1", kOutside);
  const std::string request = post(jpeg(500));
  script.handshake().client().data(request.substr(0, 200));
  shard().play(script);
  EXPECT_THAT(log(), HasSubstr("drop 1\n"));
  ASSERT_EQ(events().size(), 1U);
  EXPECT_EQ(events()[0].disposition, Disposition::kBlocked);
  EXPECT_EQ(events()[0].transfer.account.delivered, 0U);
  EXPECT_EQ(shared.classifier.asked, 0U);
  script.client().data(request.substr(200));
  shard().play(script);
  EXPECT_EQ(events().size(), 1U) << "what still comes of a blocked flow is known as such";
}

TEST_F(PipelineTest, ARuleThatCountsCountsEachTransferOnce) {
  use("version: 1\nname: many\nrules:\n  - name: many\n    state: block\n    when:\n      image: any\n"
      "    count: {what: transfers, more_than: 2, within: 1h, by: [receiver]}\n");
  const std::string request = post(jpeg(500));
  for (std::uint16_t port = 40000; port < 40004; ++port) {
    script = TcpScript("10.0.0.1", kOutside, port);
    script.handshake().client().data(request.substr(0, 300)).data(request.substr(300));
    shard().play(script);
  }
  ASSERT_EQ(events().size(), 2U) << "the third and the fourth, each when it shows that it is an image";
  EXPECT_THAT(events()[0].verdict.matches[0].reason, HasSubstr("count: 3 transfers; receiver 192.0.2.9"));
  EXPECT_EQ(events()[0].disposition, Disposition::kBlocked);
  EXPECT_THAT(events()[1].verdict.matches[0].reason, HasSubstr("count: 4 transfers"));
  EXPECT_EQ(shared.policy->memory->stats().entries, 3U) << "no more than the threshold needs";
}

TEST_F(PipelineTest, WhatCountsGoesOnInThePolicyThatWasReloaded) {
  const std::string text =
      "version: 1\nname: many\nrules:\n  - {name: many, state: alert, count: {what: transfers, more_than: 1, within: "
      "1h}}\n";
  use(text);
  upload(jpeg(500));
  const auto before = shared.policy;
  use(text + "  - {name: none, state: alert, when: {file_names: [nothing]}}\n");
  shared.policy->memory->inherit(*before->memory);
  script = TcpScript("10.0.0.1", kOutside, 40001);
  script.handshake().client().data(post(jpeg(500)));
  shard().play(script);
  ASSERT_EQ(events().size(), 1U);
  EXPECT_THAT(events()[0].verdict.matches[0].reason, HasSubstr("count: 2 transfers"));
}

TEST_F(PipelineTest, EncryptedFlowAlertsByDefault) {
  use(plates_policy());
  script = TcpScript("10.0.0.1", kOutside, 40000, 443);
  script.handshake().client().data(test::in_records(test::client_hello("drop.example"), 4000)).fin().server().fin();
  shard().play(script);
  ASSERT_FALSE(events().empty());
  EXPECT_EQ(events()[0].disposition, Disposition::kAlerted);
  EXPECT_EQ(events()[0].verdict.not_inspected, NotInspected::kEncrypted);
}

TEST_F(PipelineTest, EncryptedFlowIsBlockedWhereTheRuleSaysSo) {
  use(plates_policy("    on_encrypted: block\n"));
  script = TcpScript("10.0.0.1", kOutside, 40000, 443);
  script.handshake().client().data(test::in_records(test::client_hello("drop.example"), 4000));
  shard().play(script);
  EXPECT_THAT(log(), HasSubstr("drop 1\n"));
  ASSERT_FALSE(events().empty());
  EXPECT_EQ(events()[0].disposition, Disposition::kBlocked);
  EXPECT_EQ(events()[0].transfer.facts.protocol, Protocol::kTls);
}

TEST_F(PipelineTest, ShadowNeverBlocksAndIsTold) {
  use(plates_policy("", "shadow"));
  upload(jpeg(500));
  answer(plate());
  const std::string orders = log();
  EXPECT_THAT(orders, Not(HasSubstr("hold")));
  EXPECT_THAT(orders, Not(HasSubstr("drop")));
  ASSERT_EQ(events().size(), 1U);
  EXPECT_EQ(events()[0].disposition, Disposition::kAllowed);
  ASSERT_EQ(events()[0].verdict.matches.size(), 1U);
  EXPECT_TRUE(events()[0].verdict.matches[0].shadow);
  EXPECT_EQ(shard().stats().shadow_matches.value(), 1U);
}

TEST_F(PipelineTest, TransferEndsUnderThePolicyItBeganWith) {
  use(plates_policy());
  const auto before = shared.policy;
  const std::string request = post(jpeg(500));
  script = TcpScript("10.0.0.1", kOutside);
  script.handshake().client().data(request.substr(0, 300));
  shard().play(script);
  use("version: 1\nname: other\nrules:\n  - {name: none, state: alert, when: {file_names: [nothing]}}\n");
  script.client().data(request.substr(300));
  shard().play(script);
  answer(plate());
  ASSERT_EQ(events().size(), 1U);
  EXPECT_EQ(events()[0].disposition, Disposition::kBlocked);
  EXPECT_EQ(events()[0].verdict.policy_digest, before->policy->digest());
}

TEST_F(PipelineTest, TapAttemptsAResetAndNeverSaysBlocked) {
  able = {.front_end = "tap", .can_inject = true, .may_lose_packets = true};
  use(plates_policy());
  upload(jpeg(500));
  EXPECT_THAT(log(), Not(HasSubstr("hold")));
  answer(plate());
  EXPECT_THAT(log(), Not(HasSubstr("drop")));
  EXPECT_FALSE(shard().control.injected().empty());
  ASSERT_EQ(events().size(), 1U);
  EXPECT_EQ(events()[0].disposition, Disposition::kResetAttempted);
  EXPECT_EQ(events()[0].transfer.account.delivered, 500U);
}

TEST_F(PipelineTest, FrontEndThatCanDoNothingOnlyAlerts) {
  able = {.front_end = "pcap"};
  use(plates_policy());
  upload(jpeg(500));
  answer(plate());
  ASSERT_EQ(events().size(), 1U);
  EXPECT_EQ(events()[0].disposition, Disposition::kAlerted);
}

TEST_F(PipelineTest, PacketsOfACaptureWaitForAnswers) {
  config.pending_max = 1;
  able = {.front_end = "pcap"};
  shared.classifier.at_once = plate();
  use(plates_policy());
  for (std::uint16_t port = 1; port <= 5; ++port) {
    TcpScript flow("10.0.0.1", kOutside, static_cast<std::uint16_t>(40000 + port));
    flow.handshake().client().data(post(jpeg(500)));
    shard().play(flow);
    EXPECT_LE(shard().pipeline.inspector().pending(), 1U);
  }
  shard().pipeline.on_end(shard().now);
  EXPECT_EQ(shard().pipeline.inspector().pending(), 0U);
  EXPECT_EQ(events().size(), 5U);
}

TEST_F(PipelineTest, EndOfTheCaptureDecidesWhatWasUnderWay) {
  able = {.front_end = "pcap"};
  shared.classifier.at_once = plate();
  use(plates_policy("    on_aborted: alert\n"));
  script = TcpScript("10.0.0.1", kOutside);
  script.handshake().client().data(post(jpeg(500)).substr(0, 400));
  shard().play(script);
  EXPECT_TRUE(events().empty());
  shard().pipeline.on_end(shard().now);
  ASSERT_EQ(events().size(), 1U);
  EXPECT_FALSE(events()[0].transfer.complete);
  EXPECT_FALSE(events()[0].transfer.sha256);
}

TEST_F(PipelineTest, ResetBySenderDoesNotLetGoWhatIsHeld) {
  use(plates_policy());
  upload(jpeg(500));
  log();
  script.client().rst();
  shard().play(script);
  EXPECT_EQ(log(), "") << "the object would leave before its verdict";
  answer(plate());
  EXPECT_THAT(log(), HasSubstr("drop 1\n"));
  ASSERT_EQ(events().size(), 1U);
  EXPECT_EQ(events()[0].disposition, Disposition::kBlocked);
}

TEST_F(PipelineTest, FlowThatClosedWhileHeldIsForgottenWhenItsObjectIsClean) {
  use(plates_policy());
  upload(jpeg(500));
  log();
  script.client().fin().server().fin().client().ack();
  shard().play(script);
  answer(clean());
  EXPECT_EQ(log(), "release 1 client_to_server\nforget 1\n");
  EXPECT_TRUE(events().empty());
}

}  // namespace
}  // namespace sallyport
