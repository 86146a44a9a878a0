#include "daemon/transfer/transfer_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "daemon/base/limits.h"
#include "daemon/contract/finding.h"
#include "tests/support/recording_object_sink.h"

namespace sallyport {
namespace {

using std::chrono::seconds;

class TransferTableTest : public testing::Test {
 protected:
  static constexpr FlowId kFlow{1};
  static constexpr FlowId kOtherFlow{2};

  TransferTable& table() {
    if (!table_) table_.emplace(0, sink, mailbox, shared, config);
    return *table_;
  }
  static Timestamp at(int second) { return Timestamp(seconds(1000 + second)); }
  TransferId begin(const std::string& key, bool spans = false, FlowId flow = kFlow) {
    ObjectIdentity identity{key, spans};
    identity.resumable = resumable;
    return table().begin(identity, facts, flow, at(0)).id;
  }
  void chunk(TransferId id, std::uint64_t offset, std::string_view bytes, FlowId flow = kFlow) {
    table().chunk(id, offset, as_byte_span(bytes), flow, at(0));
  }
  void end(TransferId id, EndReason reason, FlowId flow = kFlow) { table().end(id, reason, std::nullopt, flow, at(0)); }
  const Transfer& ended() { return sink.ended.at(sink.ended.size() - 1).transfer; }

  test::RecordingObjectSink sink;
  Mailbox mailbox;
  SharedTransfers shared;
  TransferConfig config;
  TransferFacts facts;
  bool resumable = false;
  std::optional<TransferTable> table_;
};

TEST_F(TransferTableTest, WholeObjectLeavesWithDigestAndBytes) {
  const TransferId id = begin("a");
  chunk(id, 0, "GIF89a");
  chunk(id, 6, " and more");
  end(id, EndReason::kComplete);
  EXPECT_EQ(sink.log, "begin a\nknown a gif\nunit a seen=15 delivered=0\nend a complete\n");
  EXPECT_EQ(ended().sha256, Sha256::of(as_byte_span("GIF89a and more")));
  EXPECT_EQ(as_text(sink.ended[0].bytes->bytes()), "GIF89a and more");
  chunk(id, 0, "late");
  EXPECT_EQ(table().stats().open.value(), 0U);
  EXPECT_EQ(table().kept_bytes(), 0U);
}

TEST_F(TransferTableTest, EmptyObjectIsComplete) {
  const TransferId id = begin("a");
  end(id, EndReason::kComplete);
  EXPECT_EQ(sink.log, "begin a\nunit a seen=0 delivered=0\nknown a empty\nend a complete\n");
  EXPECT_EQ(ended().sha256, Sha256::of({}));
  EXPECT_FALSE(sink.ended[0].bytes);
}

TEST_F(TransferTableTest, AnObjectKnowsWhatWasToldInsideIt) {
  const TransferId mail = begin("mail");
  chunk(mail, 0, "From: x");
  for (const bool whole : {true, false}) {
    ObjectIdentity inside{whole ? "mail/1" : "mail/2"};
    inside.outer = "mail";
    const TransferId photo = table().begin(inside, facts, kFlow, at(0)).id;
    chunk(photo, 0, "GIF89a");
    end(photo, whole ? EndReason::kComplete : EndReason::kAborted);
    EXPECT_TRUE(ended().told_inside.empty());
  }
  end(mail, EndReason::kComplete);
  EXPECT_EQ(ended().told_inside, std::vector{Sha256::of(as_byte_span("GIF89a"))}) << "the whole one alone";

  Findings findings;
  findings.parts.resize(3);
  findings.parts[0].sha256 = Sha256::of(as_byte_span("GIF89a"));
  findings.parts[1].sha256 = Sha256::of(as_byte_span("another"));
  drop_told(findings, ended().told_inside);
  ASSERT_EQ(findings.parts.size(), 2U);
  EXPECT_EQ(findings.parts[0].sha256, Sha256::of(as_byte_span("another")));
}

TEST_F(TransferTableTest, HoleIsCountedAndNamed) {
  const TransferId id = begin("a");
  chunk(id, 0, "abc");
  table().hole(id, 3, 4, NotInspected::kGap);
  chunk(id, 7, "xyz");
  end(id, EndReason::kComplete);
  EXPECT_FALSE(ended().complete);
  EXPECT_FALSE(ended().sha256);
  EXPECT_EQ(ended().not_inspected, NotInspected::kGap);
  EXPECT_EQ(ended().account.missing, (std::vector<ByteRange>{{3, 7}}));
  EXPECT_EQ(ended().account.missing_bytes, 4U);
}

TEST_F(TransferTableTest, FilledHoleIsForgotten) {
  const TransferId id = begin("a");
  chunk(id, 0, "abc");
  table().hole(id, 3, 3, NotInspected::kGap);
  chunk(id, 3, "def");
  end(id, EndReason::kComplete);
  EXPECT_TRUE(ended().complete);
  EXPECT_FALSE(ended().not_inspected);
}

TEST_F(TransferTableTest, DeclaredSizeMustFit) {
  facts.declared_size = 5;
  const TransferId less = begin("less");
  chunk(less, 0, "abc");
  end(less, EndReason::kComplete);
  EXPECT_FALSE(ended().complete);
  EXPECT_EQ(ended().not_inspected, NotInspected::kGap);
  EXPECT_EQ(ended().account.missing, (std::vector<ByteRange>{{3, 5}}));
  const TransferId more = begin("more");
  chunk(more, 0, "abcdefg");
  end(more, EndReason::kComplete);
  EXPECT_FALSE(ended().complete);
  EXPECT_EQ(ended().not_inspected, NotInspected::kProtocolError);
}

TEST_F(TransferTableTest, AbortIsNotComplete) {
  const TransferId id = begin("a");
  chunk(id, 0, "abc");
  end(id, EndReason::kAborted);
  EXPECT_EQ(ended().not_inspected, NotInspected::kAborted);
  EXPECT_EQ(as_text(sink.ended[0].bytes->bytes()), "abc") << "what came is still looked at";
}

TEST_F(TransferTableTest, OpaqueTransferHasAccountOnly) {
  facts.opaque = NotInspected::kEncrypted;
  EXPECT_EQ(table().begin({"tls", false}, facts, kFlow, at(0)).interest, Interest::kAccount);
  table().pass(TransferId{1ULL << 40 | 1}, 0, 5000, kFlow, at(1));
  table().end(TransferId{1ULL << 40 | 1}, EndReason::kComplete, std::nullopt, kFlow, at(1));
  EXPECT_EQ(ended().account.seen, 5000U);
  EXPECT_EQ(ended().not_inspected, NotInspected::kEncrypted);
  EXPECT_FALSE(ended().sha256);
}

TEST_F(TransferTableTest, AnOpaqueTransferIsLookedAtAgainAsItGrows) {
  facts.opaque = NotInspected::kEncrypted;
  const TransferId id = table().begin({"tls", false}, facts, kFlow, at(0)).id;
  std::vector<std::uint64_t> sizes;
  sink.when_known = [&](const Transfer& transfer) { sizes.push_back(transfer.size); };
  constexpr std::uint64_t kPiece = 300'000;
  for (std::uint64_t offset = 0; offset < 10 * kPiece; offset += kPiece) table().pass(id, offset, kPiece, kFlow, at(1));
  EXPECT_EQ(sizes, (std::vector<std::uint64_t>{4 * kPiece, 7 * kPiece}));
}

TEST_F(TransferTableTest, RenameIsTold) {
  const TransferId id = begin("a");
  TransferFacts renamed;
  renamed.file_name = "photo.txt";
  table().update(id, renamed);
  table().update(id, renamed);
  chunk(id, 0, "\x89PNG\r\n\x1a\n");
  EXPECT_EQ(sink.log, "begin a\nknown a unknown\nknown a png\n");
  EXPECT_EQ(table().find(id)->facts.file_name, "photo.txt");
  EXPECT_EQ(table().find(id)->evasions, bit(Evasion::kTypeMismatch));
}

TEST_F(TransferTableTest, LowerInterestFreesBytes) {
  sink.at_known = Interest::kDigest;
  const TransferId id = begin("a");
  chunk(id, 0, "GIF89a");
  EXPECT_EQ(table().kept_bytes(), 0U);
  chunk(id, 6, "more");
  end(id, EndReason::kComplete);
  EXPECT_FALSE(sink.ended[0].bytes);
  EXPECT_EQ(ended().sha256, Sha256::of(as_byte_span("GIF89amore")));
}

TEST_F(TransferTableTest, DeliveredIsWhatCameBeforeThePacketAtHand) {
  const TransferId id = begin("a");
  table().on_packet_start();
  chunk(id, 0, "abc");
  table().on_packet_start();
  chunk(id, 3, "def");
  chunk(id, 6, "ghi");
  EXPECT_EQ(table().find(id)->account.delivered, 3U);
  table().unit_end(id, kFlow, at(0));
  table().on_packet_start();
  EXPECT_EQ(table().find(id)->account.delivered, 9U);
  EXPECT_EQ(sink.log, "begin a\nunit a seen=9 delivered=3\n");
}

TEST_F(TransferTableTest, AbandonedFromInsideTheSinkIgnoresTheRest) {
  sink.when_known = [&](const Transfer& transfer) {
    EXPECT_EQ(as_text(table().snapshot(transfer.id)->bytes()), "GIF89a");
    table().abandon(transfer.id);
  };
  const TransferId id = begin("a");
  chunk(id, 0, "GIF89a");
  chunk(id, 6, "more");
  table().unit_end(id, kFlow, at(0));
  EXPECT_EQ(table().kept_bytes(), 0U);
  end(id, EndReason::kComplete);
  EXPECT_EQ(sink.log, "begin a\nknown a gif\nend a complete\n");
  EXPECT_FALSE(sink.ended[0].bytes);
}

TEST_F(TransferTableTest, PartsOfSeveralFlowsMakeOneObject) {
  facts.declared_size = 6;
  const TransferId first = begin("s", true, kFlow);
  chunk(first, 3, "def");
  end(first, EndReason::kPartDone);
  EXPECT_TRUE(sink.ended.empty());
  const TransferId second = begin("s", true, kOtherFlow);
  EXPECT_EQ(first, second);
  EXPECT_EQ(table().flows(first).size(), 2U);
  chunk(second, 0, "abc", kOtherFlow);
  end(second, EndReason::kPartDone, kOtherFlow);
  ASSERT_EQ(sink.ended.size(), 1U);
  EXPECT_TRUE(ended().complete);
  EXPECT_EQ(ended().sha256, Sha256::of(as_byte_span("abcdef")));
  EXPECT_EQ(shared.size(), 0U);
}

TEST_F(TransferTableTest, WhoeverGetsAPartIsToldOnce) {
  const auto goes_to = [this](const char* address, std::uint16_t port) {
    facts.receiver = {*IpAddress::parse(address), port};
  };
  goes_to("192.0.2.1", 80);
  const TransferId id = begin("a", true);
  goes_to("192.0.2.1", 8080);
  begin("a", true, FlowId{2});
  goes_to("192.0.2.2", 80);
  begin("a", true, FlowId{3});
  begin("a", true, FlowId{4});
  EXPECT_THAT(sink.log, testing::EndsWith("known a unknown\nknown a unknown\nknown a unknown\n"))
      << "each is asked about";
  const auto running = table().find(id);
  ASSERT_EQ(running->other_parties.size(), 1U);
  EXPECT_EQ(running->other_parties[0].receiver.to_string(), "192.0.2.2:80");
  EXPECT_EQ(running->facts.receiver.to_string(), "192.0.2.1:80");
}

TEST_F(TransferTableTest, MorePartiesThanCanBeToldAreNotTakenForClean) {
  facts.receiver = {*IpAddress::parse("192.0.2.1"), 80};
  const TransferId id = begin("a", true);
  for (std::size_t i = 0; i <= limits::kOtherPartiesMax; ++i) {
    facts.receiver.address = *IpAddress::parse("198.51.100." + std::to_string(i));
    EXPECT_FALSE(table().find(id)->not_inspected) << i;
    begin("a", true, FlowId{2 + i});
  }
  EXPECT_EQ(table().find(id)->other_parties.size(), limits::kOtherPartiesMax);
  EXPECT_EQ(table().find(id)->not_inspected, NotInspected::kOverBudget);
  EXPECT_TRUE(table().find(id)->has_untold_parties);
}

TEST_F(TransferTableTest, WhatPassedBeforeSomebodyOfInterestJoinedWasNotLookedAt) {
  facts.receiver = {*IpAddress::parse("192.0.2.1"), 80};
  sink.at_begin = Interest::kNone;
  const TransferId id = begin("a", true);
  chunk(id, 0, "GIF89a");
  facts.receiver = {*IpAddress::parse("192.0.2.2"), 80};
  begin("a", true, kOtherFlow);
  chunk(id, 6, " and more", kOtherFlow);
  EXPECT_EQ(table().find(id)->not_inspected, NotInspected::kOverBudget);
}

TEST_F(TransferTableTest, WhatIsFoundInsideWentToAllThatTheOuterOneWentTo) {
  facts.receiver = {*IpAddress::parse("192.0.2.1"), 80};
  begin("mail", true);
  facts.receiver = {*IpAddress::parse("192.0.2.2"), 80};
  begin("mail", true, kOtherFlow);
  facts.receiver = {*IpAddress::parse("192.0.2.1"), 80};
  ObjectIdentity inside{"mail/1"};
  inside.outer = "mail";
  const TransferId photo = table().begin(inside, facts, kFlow, at(0)).id;
  ASSERT_EQ(table().find(photo)->other_parties.size(), 1U);
  EXPECT_EQ(table().find(photo)->other_parties[0].receiver.to_string(), "192.0.2.2:80");
}

TEST_F(TransferTableTest, PartsWaitForTheNextPartOnlySoLong) {
  config.part_idle_timeout = seconds(10);
  const TransferId id = begin("s", true);
  chunk(id, 0, "abc");
  end(id, EndReason::kPartDone);
  table().on_tick(at(9));
  EXPECT_TRUE(sink.ended.empty());
  table().on_tick(at(10));
  EXPECT_EQ(sink.log, "begin s\nknown s text\nend s gap\n");
}

TEST_F(TransferTableTest, SpanningObjectSurvivesAReconnectWithinTheLinger) {
  config.reconnect_linger = seconds(10);
  resumable = true;
  const TransferId id = begin("s", true);
  chunk(id, 0, "abc");
  table().on_flow_closed(kFlow, at(0));
  EXPECT_TRUE(sink.ended.empty());
  EXPECT_EQ(begin("s", true, kOtherFlow), id);
  table().on_tick(at(60));
  EXPECT_TRUE(sink.ended.empty());
  chunk(id, 3, "def", kOtherFlow);
  end(id, EndReason::kComplete, kOtherFlow);
  EXPECT_TRUE(ended().complete);
}

TEST_F(TransferTableTest, WithoutLingerTheLastFlowEndsIt) {
  const TransferId id = begin("s", true);
  begin("s", true, kOtherFlow);
  chunk(id, 0, "abc");
  end(id, EndReason::kConnectionClosed);
  EXPECT_TRUE(sink.ended.empty());
  table().on_flow_closed(kOtherFlow, at(0));
  EXPECT_EQ(ended().not_inspected, NotInspected::kAborted);
}

TEST_F(TransferTableTest, ResumableOneEndsWhenNobodyComesBack) {
  config.reconnect_linger = seconds(10);
  resumable = true;
  facts.declared_size = 6;
  const TransferId id = begin("s", true);
  chunk(id, 0, "abc");
  end(id, EndReason::kConnectionClosed);
  table().on_tick(at(9));
  EXPECT_TRUE(sink.ended.empty());
  table().on_tick(at(10));
  ASSERT_EQ(sink.ended.size(), 1U);
  EXPECT_FALSE(ended().complete);
  EXPECT_EQ(ended().not_inspected, NotInspected::kAborted);
  EXPECT_EQ(ended().account.missing, (std::vector<ByteRange>{{3, 6}}));
}

TEST_F(TransferTableTest, ResumableOneIsNotWaitedForWhenTheProtocolGaveItUp) {
  resumable = true;
  const TransferId id = begin("s", true);
  chunk(id, 0, "abc");
  end(id, EndReason::kAborted);
  EXPECT_EQ(sink.ended.size(), 1U);
}

TEST_F(TransferTableTest, HoleOverBytesThatCameReplacesThem) {
  const TransferId id = begin("a");
  chunk(id, 0, "harmless");
  table().hole(id, 2, 4, NotInspected::kNoBytes);
  end(id, EndReason::kComplete);
  EXPECT_FALSE(ended().complete);
  EXPECT_FALSE(ended().sha256);
  EXPECT_EQ(ended().not_inspected, NotInspected::kNoBytes);
  EXPECT_EQ(ended().account.missing, (std::vector<ByteRange>{{2, 6}}));
  const TransferId again = begin("b");
  chunk(again, 0, "harmless");
  table().hole(again, 2, 4, NotInspected::kNoBytes);
  chunk(again, 2, "MFUL");
  end(again, EndReason::kComplete);
  EXPECT_EQ(ended().sha256, Sha256::of(as_byte_span("haMFULss")));
}

TEST_F(TransferTableTest, SmallObjectThatIsRewrittenHasTheDigestOfItsFinalBytes) {
  sink.at_begin = sink.at_known = Interest::kDigest;
  const TransferId id = begin("a");
  chunk(id, 0, "not an image, is it? ");
  chunk(id, 0, "GIF89a");
  chunk(id, 21, "more");
  end(id, EndReason::kComplete);
  EXPECT_EQ(ended().sha256, Sha256::of(as_byte_span("GIF89a image, is it? more")));
  EXPECT_EQ(ended().content, ContentType::kGif);
}

TEST_F(TransferTableTest, WhoeverJoinsMayDoubtThatItIsTheSameObject) {
  for (const bool doubts : {false, true}) {
    const TransferId id = begin("a", true);
    chunk(id, 0, "abcd");
    ObjectIdentity identity{"a", true};
    identity.pieces_agree = doubts;
    EXPECT_EQ(table().begin(identity, facts, kOtherFlow, at(0)).id, id);
    chunk(id, 2, "XYZ", kOtherFlow);
    end(id, EndReason::kComplete);
    EXPECT_EQ(ended().not_inspected, doubts ? std::optional(NotInspected::kConflict) : std::nullopt);
  }
}

TEST_F(TransferTableTest, IdleTransfersEnd) {
  config.idle_timeout = seconds(10);
  begin("a");
  const TransferId b = begin("b");
  table().chunk(b, 0, as_byte_span("x"), kFlow, at(5));
  table().on_tick(at(10));
  ASSERT_EQ(sink.ended.size(), 1U);
  EXPECT_EQ(ended().key, "a");
  table().on_tick(at(15));
  EXPECT_EQ(sink.ended.size(), 2U);
}

TEST_F(TransferTableTest, TooManyOpenEvictsTheLongestIdle) {
  config.open_transfers_max = 2;
  const TransferId a = begin("a");
  begin("b");
  chunk(a, 0, "x");
  begin("c");
  ASSERT_EQ(sink.ended.size(), 1U);
  EXPECT_EQ(ended().key, "b");
  EXPECT_EQ(ended().not_inspected, NotInspected::kOverBudget);
  EXPECT_EQ(table().stats().evicted_total.value(), 1U);
}

TEST_F(TransferTableTest, ByteBudgetTakesFromTheLongestIdle) {
  config.kept_bytes_max = 3000;
  const TransferId a = begin("a");
  chunk(a, 0, std::string(2000, 'a'));
  const TransferId b = begin("b");
  chunk(b, 0, std::string(2000, 'b'));
  EXPECT_EQ(table().find(a)->not_inspected, NotInspected::kOverBudget);
  EXPECT_FALSE(table().find(b)->not_inspected);
  EXPECT_LE(table().kept_bytes(), 3000U);
  end(a, EndReason::kComplete);
  EXPECT_EQ(ended().sha256, Sha256::of(as_byte_span(std::string(2000, 'a')))) << "the digest went on";
}

TEST_F(TransferTableTest, EndEndsAll) {
  begin("a");
  begin("s", true);
  table().on_end();
  EXPECT_EQ(sink.ended.size(), 2U);
}

TEST_F(TransferTableTest, PreallocatedFileIsCompleteWhenFilled) {
  const TransferId id = begin("a");
  table().resize(id, 6);
  chunk(id, 0, "abc");
  EXPECT_EQ(table().find(id)->size, 6U);
  chunk(id, 3, "def");
  end(id, EndReason::kComplete);
  EXPECT_TRUE(ended().complete);
}

}  // namespace
}  // namespace sallyport
