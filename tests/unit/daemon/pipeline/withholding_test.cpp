// Whole objects are withheld: what a relay is told to do, and when.
#include <gmock/gmock.h>

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
using testing::HasSubstr;
using testing::Not;

constexpr Direction kUp = Direction::kClientToServer;
constexpr Direction kDown = Direction::kServerToClient;

class WithholdingTest : public testing::Test {
 protected:
  WithholdingTest() {
    shared.policy = policy_of(plates_policy());
    flow_.id = FlowId{1};
    flow_.client = {*IpAddress::parse("10.0.0.1"), 40000};
    flow_.server = {*IpAddress::parse("192.0.2.9"), 80};
  }

  test::ShardBench& shard() {
    if (!bench_) {
      config.inspection.contact = "dlp@agency.example";
      bench_ = std::make_unique<test::ShardBench>(shared, config);
      bench_->control.able.can_withhold_objects = true;
      bench_->control.answers = true;
      bench_->pipeline.on_open(flow_);
    }
    return *bench_;
  }
  std::string say(Direction direction, const std::string& text) {
    StreamEntry& entry = shard().pipeline;
    entry.on_bytes(flow_.id, direction, said_[index_of(direction)], as_byte_span(text), shard().now);
    said_[index_of(direction)] += text.size();
    return shard().control.take_log();
  }
  std::string answer(Findings findings) {
    shared.classifier.answer(std::move(findings));
    shard().pass(0ms);
    return shard().control.take_log();
  }
  /// Of a request with a picture: its head, and its body.
  static std::pair<std::string, std::string> photo_request(const std::string& more = "") {
    const std::string body = jpeg(2000), all = post(body);
    const std::string head = all.substr(0, all.size() - body.size() - 2) + more + "\r\n";
    return {head, body};
  }

  PipelineConfig config;
  test::BenchShared shared;
  Flow flow_;
  std::array<std::uint64_t, 2> said_{};

 private:
  std::unique_ptr<test::ShardBench> bench_;
};

TEST_F(WithholdingTest, ABodyIsHeldFromItsFirstByteUntilItIsFoundClean) {
  const auto [head, body] = photo_request();
  EXPECT_EQ(say(kUp, head), "");
  EXPECT_EQ(say(kUp, body.substr(0, 1)), "hold 1 client_to_server\n");
  EXPECT_EQ(say(kUp, body.substr(1)), "");
  EXPECT_EQ(answer(clean()), "release 1 client_to_server\n");
}

TEST_F(WithholdingTest, ABlockedUploadIsAnsweredInTheServersPlace) {
  const auto [head, body] = photo_request();
  say(kUp, head + body);
  EXPECT_THAT(answer(plate()), testing::StartsWith("answer 1 server_to_client behind 0 HTTP/1.1 403 Forbidden\n"));
  ASSERT_EQ(shared.events.events.size(), 1U);
  const Event& event = shared.events.events[0];
  EXPECT_EQ(event.disposition, Disposition::kBlocked);
  EXPECT_EQ(event.transfer.account.delivered, 0U);
  EXPECT_THAT(shard().control.answered, HasSubstr("text/html"));
  EXPECT_THAT(shard().control.answered, HasSubstr("policy <b>bench</b>"));
  EXPECT_THAT(shard().control.answered, HasSubstr(event.id));
  EXPECT_THAT(shard().control.answered, HasSubstr("dlp@agency.example"));
}

TEST_F(WithholdingTest, WhoAsksForJsonGetsIt) {
  const auto [head, body] = photo_request("Accept: application/json\r\n");
  say(kUp, head + body);
  answer(plate());
  EXPECT_THAT(shard().control.answered, HasSubstr("application/problem+json"));
}

TEST_F(WithholdingTest, TheInterimAnswerIsNotTheAnswer) {
  const auto [head, body] = photo_request("Expect: 100-continue\r\n");
  EXPECT_EQ(say(kUp, head), "");
  EXPECT_EQ(say(kDown, "HTTP/1.1 100 Continue\r\n\r\n"), "");
  say(kUp, body);
  EXPECT_THAT(answer(plate()), HasSubstr("answer 1 server_to_client behind 25 "));
}

TEST_F(WithholdingTest, NothingIsSaidThatWouldAnswerAnotherRequest) {
  const auto [head, body] = photo_request();
  say(kUp, "GET / HTTP/1.1\r\nHost: drop.example\r\n\r\n" + head + body);
  const std::string log = answer(plate());
  EXPECT_THAT(log, Not(HasSubstr("answer")));
  EXPECT_THAT(log, HasSubstr("drop 1"));
}

TEST_F(WithholdingTest, APulledPictureIsHeldTowardsTheClient) {
  std::swap(flow_.client.address, flow_.server.address);
  config.extraction.protocols.http.responses_begin_at_head = true;
  const std::string body = jpeg(2000);
  say(kUp, "GET /lane.jpg HTTP/1.1\r\nHost: inside\r\n\r\n");
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n";
  EXPECT_EQ(say(kDown, head), "hold 1 server_to_client\n");
  EXPECT_EQ(say(kDown, body), "");
  EXPECT_THAT(answer(plate()), testing::StartsWith("answer 1 server_to_client behind 0 HTTP/1.1 403"));
}

TEST_F(WithholdingTest, WhatTurnsOutToBeNoPictureIsLetGo) {
  const std::string text(6000, 't');
  const std::string request = post(text, "text/plain");
  EXPECT_EQ(say(kUp, request.substr(0, request.size() - 5900)), "hold 1 client_to_server\n");
  EXPECT_EQ(say(kUp, request.substr(request.size() - 5900)), "release 1 client_to_server\n");
}

TEST_F(WithholdingTest, WhereThereIsNoRoomItsRuleBlocks) {
  shared.policy = policy_of(plates_policy("    on_overload: block\n"));
  const auto [head, body] = photo_request();
  say(kUp, head + body.substr(0, 100));
  shard().pipeline.on_hold_full(flow_.id, kUp, shard().now);
  EXPECT_THAT(shard().control.take_log(), HasSubstr("drop 1"));
}

TEST_F(WithholdingTest, WhereThereIsNoRoomItsRuleLetsTheRestPassToo) {
  shared.policy = policy_of(plates_policy("    on_overload: allow\n"));
  const auto [head, body] = photo_request();
  say(kUp, head + body.substr(0, 100));
  shard().pipeline.on_hold_full(flow_.id, kUp, shard().now);
  EXPECT_EQ(shard().control.take_log(), "release 1 client_to_server\n");
  EXPECT_EQ(say(kUp, body.substr(100, 100)), "");
}

TEST_F(WithholdingTest, AnObjectThatTakesTooLongHasItsOutcome) {
  config.inspection.withhold_max = 5s;
  shared.policy = policy_of(plates_policy("    on_deadline: block\n"));
  const auto [head, body] = photo_request();
  say(kUp, head + body.substr(0, 100));
  shard().pass(4s);
  EXPECT_EQ(shard().control.take_log(), "");
  shard().pass(2s);
  EXPECT_THAT(shard().control.take_log(), HasSubstr("drop 1"));
}

TEST_F(WithholdingTest, ANameThatBlocksEndsTheFlowBehindTheCallThatBringsIt) {
  shared.policy = policy_of(
      "version: 1\nname: bench\nnetworks: {agency: {cidrs: [10.0.0.0/8]}}\nrules:\n  - name: lanes\n    state: block\n"
      "    from: [agency]\n    when: {file_names: ['lane*']}\n");
  const auto [head, body] = photo_request();
  EXPECT_THAT(say(kUp, head + body + "GET / HTTP/1.1\r\nHost: drop.example\r\n\r\n"), HasSubstr("drop 1"));
  EXPECT_EQ(shared.events.events.size(), 1U);
}

TEST_F(WithholdingTest, TheEndOfAFlowMayBlockIt) {
  const auto [head, body] = photo_request();
  shared.classifier.at_once = plate();
  say(kUp, "POST /lane.jpg HTTP/1.1\r\nHost: drop.example\r\nContent-Length: 5000\r\n\r\n" + body);
  shard().pipeline.on_close(flow_.id, CloseReason::kReset, shard().now);
  shard().pass(0ms);
  EXPECT_EQ(shared.events.events.size(), 1U);
}

TEST_F(WithholdingTest, AnAllowedReceiverWaitsForNothing) {
  flow_.server.address = *IpAddress::parse("203.0.113.5");
  const auto [head, body] = photo_request();
  EXPECT_THAT(say(kUp, head + body), Not(HasSubstr("hold")));
}

}  // namespace
}  // namespace sallyport
