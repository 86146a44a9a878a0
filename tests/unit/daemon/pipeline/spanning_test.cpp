// Objects of several flows. SMB files: no end is known before CLOSE, and several shards may bring parts of one.
#include <gmock/gmock.h>

#include "tests/support/smb_builder.h"
#include "tests/unit/daemon/pipeline/shard_bench.h"

namespace sallyport {
namespace {

using namespace std::chrono_literals;
using namespace test::smb;
using test::clean;
using test::jpeg;
using test::plate;
using test::TcpScript;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kServer = "192.0.2.9";
constexpr Duration kQuiet = 20ms;

class SmbFile : public testing::Test {
 protected:
  void open(std::uint16_t dialect = 0x302, std::uint32_t capabilities = 0) {
    script.handshake().server().data(frame(negotiate_reply(dialect, capabilities)));
    script.client().data(frame(tree_connect(2, "\\\\fs\\pictures")));
    script.server().data(frame(tree_connect_reply(2, 1)));
    script.client().data(frame(create(3, "lane.jpg"))).server().data(frame(create_reply(3, 9, 0)));
    shard.play(script);
    shard.control.take_log();
  }
  void open_durable() {
    script.handshake().server().data(frame(negotiate_reply(0x302, 0)));
    script.client().data(frame(create_with(3, "lane.jpg", create_context("DHnQ", zeros(16)))));
    script.server().data(frame(create_reply_with(3, 9, 9, 0, 2, create_context("DHnQ", zeros(8)))));
    shard.play(script);
    shard.control.take_log();
  }
  void put(std::uint64_t id, std::size_t offset, const std::string& bytes) {
    script.client().data(frame(test::smb::write(id, 9, offset, bytes)));
    shard.play(script);
  }
  void answer(Findings findings) {
    shared.classifier.answer(std::move(findings));
    shard.pass(0ms);
  }
  std::string log() { return shard.take_log(); }
  const std::vector<Event>& events() const { return shared.events.events; }

  test::BenchShared shared{
      .classifier = {}, .events = {}, .transfers = {}, .shards = {}, .policy = test::policy_of(test::plates_policy())};
  PipelineConfig config;  // copies share what SMB flows know of one another
  test::ShardBench shard{shared, config};
  TcpScript script{"10.0.0.1", kServer, 40000, 445};
};

TEST_F(SmbFile, PrefixIsJudgedWhenTheSenderFallsSilent) {
  open();
  put(4, 0, jpeg(400));
  EXPECT_EQ(log(), "hold 1 client_to_server\n");
  EXPECT_EQ(shared.classifier.asked, 0U) << "more may follow at once";
  shard.pass(kQuiet);
  ASSERT_EQ(shared.classifier.open().size(), 1U);
  EXPECT_EQ(shard.stats().prefix_verdicts.value(), 1U);
  answer(plate());
  EXPECT_THAT(log(), HasSubstr("drop 1\n"));
  ASSERT_EQ(events().size(), 1U);
  EXPECT_EQ(events()[0].disposition, Disposition::kBlocked);
  EXPECT_EQ(events()[0].transfer.account.delivered, 0U);
}

TEST_F(SmbFile, CleanPrefixLetsGoAndTheWholeIsJudgedAtTheEnd) {
  open();
  put(4, 0, jpeg(400));
  shard.pass(kQuiet);
  log();
  answer(clean());
  EXPECT_EQ(log(), "release 1 client_to_server\n");
  script.client().data(frame(close(5, 9))).server().data(frame(close_reply(5)));
  shard.play(script);
  ASSERT_EQ(shared.classifier.open().size(), 1U);
  answer(clean());
  EXPECT_TRUE(events().empty());
}

TEST_F(SmbFile, BrokenPrefixSaysNothingAboutTheWhole) {
  shared.policy = test::policy_of(test::plates_policy("    on_decode_error: block\n"));
  open();
  put(4, 0, jpeg(400));
  shard.pass(kQuiet);
  log();
  answer(test::unanswered(NotInspected::kDecodeError));
  EXPECT_EQ(log(), "release 1 client_to_server\n");
  EXPECT_TRUE(events().empty());
}

TEST_F(SmbFile, WhatWasLetGoWithoutAQuestionCountsAsDelivered) {
  open();
  put(4, 0, jpeg(1000));
  shard.pass(kQuiet);
  answer(clean());
  put(5, 1000, std::string(10, 'q'));
  shard.pass(kQuiet);
  EXPECT_EQ(shared.classifier.asked, 1U) << "a prefix that has hardly grown is not judged again";
  put(6, 1010, std::string(1000, 'q'));
  shard.pass(kQuiet);
  answer(plate());
  ASSERT_EQ(events().size(), 1U);
  EXPECT_EQ(events()[0].disposition, Disposition::kBlocked);
  EXPECT_EQ(events()[0].transfer.account.delivered, 1010U);
}

TEST_F(SmbFile, AnswerAboutAPrefixDoesNotLetGoWhatCameAfterTheQuestion) {
  open();
  put(4, 0, jpeg(400));
  shard.pass(kQuiet);
  put(5, 400, std::string(600, 'q'));
  log();
  answer(clean());
  EXPECT_EQ(log(), "") << "600 bytes of what is held were not looked at";
  ASSERT_EQ(shared.classifier.open().size(), 1U);
  EXPECT_EQ(shared.classifier.open()[0].request.object->bytes().size(), 1000U);
  answer(plate());
  EXPECT_THAT(log(), HasSubstr("drop 1\n"));
  ASSERT_EQ(events().size(), 1U);
  EXPECT_EQ(events()[0].disposition, Disposition::kBlocked);
}

TEST_F(SmbFile, BlockCutsTheFlowOfTheOtherShard) {
  test::ShardBench other(shared, config, 1);
  open(0x311, 8);
  TcpScript second("10.0.0.1", kServer, 40001, 445);
  second.handshake().server().data(frame(negotiate_reply(0x311, 8)));
  second.client().data(frame(test::smb::write(7, 9, 400, std::string(100, 'q'))));
  put(4, 0, jpeg(400));
  other.play(second);
  other.control.take_log();
  shard.pass(kQuiet);
  answer(plate());
  EXPECT_THAT(log(), HasSubstr("drop "));
  EXPECT_EQ(other.control.take_log(), "") << "it hears of it on its own thread";
  other.pass(1ms);
  EXPECT_THAT(other.control.take_log(), HasSubstr("drop "));
  EXPECT_EQ(other.control.injected().size(), 2U);
  ASSERT_EQ(events().size(), 1U);
}

// The client of a blocked durable file comes back on another shard, session and address: it is cut before it can go on.
TEST_F(SmbFile, BlockedFileStaysBlockedOverAReconnect) {
  open_durable();
  put(4, 0, jpeg(400));
  shard.pass(kQuiet);
  answer(plate());
  ASSERT_EQ(events().size(), 1U);
  test::ShardBench other(shared, config, 1);
  TcpScript back("10.0.0.2", kServer, 40001, 445);
  back.handshake().server().data(frame(negotiate_reply(0x302, 0)));
  back.client().data(frame(create_with(1, "lane.jpg", create_context("DHnC", id_bytes(9)), 0, 0x77)));
  back.server().data(frame(create_reply_with(1, 9, 10, 400, 1, create_context("DHnQ", zeros(8)), 0x77)));
  other.play(back);
  shard.pass(1ms);
  other.pass(1ms);
  EXPECT_THAT(other.control.take_log(), HasSubstr("drop "));
  EXPECT_EQ(events().size(), 1U) << "one file, one verdict";
}

/// A piece of an upload, as `PUT` with Content-Range.
std::string piece_of(const std::string& whole, std::size_t begin, std::size_t end) {
  return "PUT /up/lane.jpg HTTP/1.1\r\nHost: drop.example\r\nContent-Range: bytes " + std::to_string(begin) + "-" +
         std::to_string(end - 1) + "/" + std::to_string(whole.size()) +
         "\r\nContent-Length: " + std::to_string(end - begin) + "\r\n\r\n" + whole.substr(begin, end - begin);
}

// Pieces are joined by the host's name, which the client is free to choose.
class PiecesOfAnUpload : public testing::Test {
 protected:
  void send(std::size_t begin, std::size_t end, const char* to, std::uint16_t port) {
    TcpScript script("10.0.0.1", to, port, 80);
    script.handshake().client().data(piece_of(image, begin, end)).server().data("HTTP/1.1 204 No Content\r\n\r\n");
    shard.play(script);
  }
  const Event& event() const { return shared.events.events.at(0); }

  const std::string image = jpeg(500);
  test::BenchShared shared{
      .classifier = {}, .events = {}, .transfers = {}, .shards = {}, .policy = test::policy_of(test::plates_policy())};
  test::ShardBench shard{shared};
};

TEST_F(PiecesOfAnUpload, WhoGetsOneIsJudgedThoughAnotherWasFirst) {
  shared.policy = test::policy_of(test::plates_policy("", "block", test::kRecordAll));
  send(0, 300, "203.0.113.5", 40000);
  EXPECT_EQ(shared.classifier.asked, 0U);
  send(300, 500, "192.0.2.9", 40001);
  ASSERT_EQ(shared.classifier.open().size(), 1U);
  EXPECT_EQ(as_text(shared.classifier.open()[0].request.object->bytes()), image);
  shared.classifier.answer(plate());
  shard.pass(0ms);
  ASSERT_EQ(shared.events.events.size(), 1U);
  EXPECT_EQ(event().verdict.action, Action::kBlock);
  EXPECT_THAT(event().verdict.matches.at(0).reason, testing::StartsWith("a part went from 10.0.0.1 to 192.0.2.9: "));
  EXPECT_EQ(event().transfer.facts.receiver.to_string(), "203.0.113.5:80");
  ASSERT_EQ(event().transfer.other_parties.size(), 1U);
  EXPECT_EQ(event().transfer.other_parties[0].receiver.to_string(), "192.0.2.9:80");
}

TEST_F(PiecesOfAnUpload, WhatPassedWhileNobodyAskedIsNotTakenForClean) {
  shared.policy =
      test::policy_of(test::plates_policy() + "  - {name: secrets, state: alert, when: {paths: [\"*/secret/*\"]}}\n");
  send(0, 300, "203.0.113.5", 40000);
  send(300, 500, "192.0.2.9", 40001);
  shard.pass(60s);
  ASSERT_EQ(shared.events.events.size(), 1U);
  ASSERT_EQ(event().verdict.matches.size(), 1U);
  EXPECT_EQ(event().verdict.matches[0].because_not_inspected, NotInspected::kOverBudget);
  EXPECT_THAT(event().verdict.matches[0].reason, testing::StartsWith("a part went from 10.0.0.1 to 192.0.2.9: "));
}

}  // namespace
}  // namespace sallyport
