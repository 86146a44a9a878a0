// compose(): objects made of parts, on one shard and on several.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "daemon/transfer/transfer_table.h"
#include "tests/support/recording_object_sink.h"

namespace sallyport {
namespace {

using std::chrono::seconds;

class TransferComposeTest : public testing::Test {
 protected:
  static constexpr FlowId kFlow{1};

  static Timestamp at(int second) { return Timestamp(seconds(1000 + second)); }
  static ObjectIdentity part_identity(const std::string& key) {
    ObjectIdentity identity{key, true};
    identity.is_part = identity.replaces = true;
    identity.whole = "whole";
    return identity;
  }
  void part(const std::string& key, std::string_view bytes, int second = 0, FlowId flow = kFlow) {
    facts.declared_size = bytes.size();
    const TransferId id = table.begin(part_identity(key), facts, flow, at(second)).id;
    table.chunk(id, 0, as_byte_span(bytes), flow, at(second));
    table.end(id, EndReason::kPartDone, std::nullopt, flow, at(second));
    facts.declared_size.reset();
  }
  void compose(const std::vector<std::string>& parts, TransferTable* by = nullptr) {
    TransferTable& composer = by ? *by : table;
    const TransferId id = composer.compose({"whole", false}, facts, {0, parts}, FlowId{7}, at(1)).id;
    composer.end(id, EndReason::kComplete, std::nullopt, FlowId{7}, at(1));
  }
  void append(std::initializer_list<std::string_view> pieces) {
    ObjectIdentity growing{"log", true};
    growing.grows = true;
    for (const std::string_view bytes : pieces) {
      part(std::string(bytes), bytes);
      const TransferId id = table.compose(growing, facts, {std::nullopt, {std::string(bytes)}}, kFlow, at(1)).id;
      table.end(id, EndReason::kPartDone, std::nullopt, kFlow, at(1));
    }
  }
  const Transfer& appended() {
    return std::ranges::find_if(sink.ended, [](const auto& one) { return !one.transfer.composed; })->transfer;
  }
  const Transfer& ended(std::size_t index) { return sink.ended.at(index).transfer; }

  test::RecordingObjectSink sink;
  Mailbox mailbox;
  SharedTransfers shared;
  TransferConfig config;
  TransferFacts facts;
  TransferTable table{0, sink, mailbox, shared, config};
};

TEST_F(TransferComposeTest, PartsBecomeOneObjectInTheOrderListed) {
  part("2", " world");
  part("1", "hello");
  compose({"1", "2"});
  ASSERT_EQ(sink.ended.size(), 1U);
  EXPECT_TRUE(ended(0).complete);
  EXPECT_EQ(ended(0).sha256, Sha256::of(as_byte_span("hello world")));
  EXPECT_EQ(as_text(sink.ended[0].bytes->bytes()), "hello world");
  EXPECT_EQ(ended(0).account.delivered, 11U) << "the parts had left before";
  table.on_end();
  ASSERT_EQ(sink.ended.size(), 3U);
  EXPECT_TRUE(ended(1).composed && ended(2).composed);
  EXPECT_EQ(table.kept_bytes(), 0U);
}

TEST_F(TransferComposeTest, WhoGotAPartGotAPartOfTheObject) {
  facts.receiver = {*IpAddress::parse("192.0.2.1"), 80};
  part("1", "hello");
  facts.receiver = {*IpAddress::parse("192.0.2.2"), 80};
  part("2", " world");
  facts.receiver = {*IpAddress::parse("192.0.2.1"), 80};
  compose({"1", "2"});
  ASSERT_EQ(ended(0).other_parties.size(), 1U);
  EXPECT_EQ(ended(0).other_parties[0].receiver.to_string(), "192.0.2.2:80");
}

TEST_F(TransferComposeTest, AppendsFollowWhatCameBefore) {
  append({"hello", " ", "world"});
  table.on_end();
  EXPECT_TRUE(appended().complete);
  EXPECT_EQ(appended().sha256, Sha256::of(as_byte_span("hello world")));
}

TEST_F(TransferComposeTest, AppendsHaveNoPlaceWhereOneMayBeLost) {
  append({"hello", "world"});
  table.lost_piece(facts.receiver.address, at(1));
  table.on_end();
  EXPECT_FALSE(appended().complete);
  EXPECT_EQ(appended().account.missing, (std::vector<ByteRange>{{0, 10}}));
}

TEST_F(TransferComposeTest, PartsAreKeptForADigestWhateverTheyLookLike) {
  sink.at_begin = Interest::kDigest;
  sink.at_known = Interest::kAccount;
  part("1", "GIF89a first");
  part("2", std::string(70000, 'x'));
  sink.at_known = Interest::kDigest;
  compose({"2", "1"});
  EXPECT_EQ(ended(0).sha256, Sha256::of(as_byte_span(std::string(70000, 'x') + "GIF89a first")));
  part("3", "never composed");
  table.on_end();
  EXPECT_EQ(ended(3).sha256, Sha256::of(as_byte_span("never composed")));
  EXPECT_FALSE(sink.ended[3].bytes) << "nobody wanted content";
}

TEST_F(TransferComposeTest, AnUnseenPartIsAHoleOfUnknownSize) {
  part("1", "hello");
  compose({"1", "2"});
  EXPECT_FALSE(ended(0).complete);
  EXPECT_EQ(ended(0).not_inspected, NotInspected::kGap);
  EXPECT_EQ(ended(0).size, 5U);
}

TEST_F(TransferComposeTest, WhatLiesBehindAnUnseenPartStaysByItself) {
  part("1", "hello");
  part("3", "world");
  compose({"1", "2", "3"});
  EXPECT_FALSE(ended(0).complete);
  EXPECT_EQ(ended(0).size, 5U) << "where the third begins nobody knows";
  table.on_end();
  ASSERT_EQ(sink.ended.size(), 3U);
  EXPECT_TRUE(ended(1).composed || ended(2).composed);
  const Transfer& third = ended(1).composed ? ended(2) : ended(1);
  EXPECT_FALSE(third.composed);
  EXPECT_EQ(third.sha256, Sha256::of(as_byte_span("world")));
}

TEST_F(TransferComposeTest, AnotherSendingThanTheListedOneIsNotTaken) {
  for (const std::string_view listed : {"\"new\"", "\"old\"", ""}) {
    sink.ended.clear();
    facts.etag = "\"old\"";
    part("1", "hello");
    facts.etag.clear();
    const Composition list{0, {"1"}, {std::string(listed)}};
    const TransferId id = table.compose({"whole", false}, facts, list, FlowId{7}, at(1)).id;
    table.end(id, EndReason::kComplete, std::nullopt, FlowId{7}, at(1));
    EXPECT_EQ(ended(0).complete, listed != "\"new\"") << listed;
    table.on_end();
  }
}

TEST_F(TransferComposeTest, HolesOfAPartAreHolesOfTheObject) {
  facts.declared_size = 8;
  const TransferId id = table.begin(part_identity("1"), facts, kFlow, at(0)).id;
  table.chunk(id, 0, as_byte_span("abc"), kFlow, at(0));
  table.hole(id, 3, 2, NotInspected::kGap);
  table.chunk(id, 5, as_byte_span("xyz"), kFlow, at(0));
  table.end(id, EndReason::kPartDone, std::nullopt, kFlow, at(0));
  part("2", "next");
  compose({"2", "1"});
  EXPECT_EQ(ended(0).account.missing, (std::vector<ByteRange>{{7, 9}}));
  EXPECT_EQ(ended(0).size, 12U);
  EXPECT_EQ(ended(0).not_inspected, NotInspected::kGap);
}

TEST_F(TransferComposeTest, ACopiedPartHasNoBytes) {
  part("1", "hello");
  facts.opaque = NotInspected::kNoBytes;
  facts.declared_size = 100;
  const TransferId id = table.begin(part_identity("2"), facts, kFlow, at(0)).id;
  table.end(id, EndReason::kPartDone, std::nullopt, kFlow, at(0));
  facts = {};
  compose({"1", "2"});
  EXPECT_EQ(ended(0).not_inspected, NotInspected::kNoBytes);
  EXPECT_EQ(ended(0).account.missing, (std::vector<ByteRange>{{5, 105}}));
}

TEST_F(TransferComposeTest, AReplacedPartIsAnObjectOfItsOwn) {
  part("1", "first try, longer");
  part("1", "second");
  ASSERT_EQ(sink.ended.size(), 1U);
  EXPECT_EQ(ended(0).sha256, Sha256::of(as_byte_span("first try, longer")));
  EXPECT_TRUE(ended(0).complete);
  compose({"1"});
  EXPECT_EQ(ended(1).sha256, Sha256::of(as_byte_span("second")));
}

TEST_F(TransferComposeTest, APieceThatNobodyComposedIsNotWhole) {
  for (const bool listed : {true, false}) {
    ObjectIdentity piece = part_identity("1");
    piece.never_whole = true;
    facts.declared_size = 5;
    const TransferId id = table.begin(piece, facts, kFlow, at(0)).id;
    table.chunk(id, 0, as_byte_span("hello"), kFlow, at(0));
    table.end(id, EndReason::kPartDone, std::nullopt, kFlow, at(0));
    facts.declared_size.reset();
    if (listed) compose({"1"});
    table.on_end();
    EXPECT_EQ(ended(0).complete, listed);
    EXPECT_EQ(ended(0).not_inspected, listed ? std::nullopt : std::optional(NotInspected::kGap));
    sink.ended.clear();
  }
}

TEST_F(TransferComposeTest, AReplacedPartThatIsStillComingIsHeardToItsEnd) {
  const TransferId slow = table.begin(part_identity("1"), facts, kFlow, at(0)).id;
  table.chunk(slow, 0, as_byte_span("slo"), kFlow, at(0));
  part("1", "quick", 0, FlowId{2});
  table.chunk(slow, 3, as_byte_span("w"), kFlow, at(0));
  TransferFacts size;
  size.declared_size = 4;
  table.update(slow, size);
  table.end(slow, EndReason::kPartDone, std::nullopt, kFlow, at(0));
  EXPECT_EQ(ended(0).sha256, Sha256::of(as_byte_span("slow")));
  compose({"1"});
  EXPECT_EQ(ended(1).sha256, Sha256::of(as_byte_span("quick")));
}

TEST_F(TransferComposeTest, WhatComesBehindTheCompositionIsNotLost) {
  part("1", "hello");
  compose({"1"});
  ObjectIdentity again = part_identity("1");
  again.replaces = false;
  const TransferId id = table.begin(again, facts, kFlow, at(2)).id;
  table.chunk(id, 5, as_byte_span("!"), kFlow, at(2));
  table.end(id, EndReason::kPartDone, std::nullopt, kFlow, at(2));
  table.on_end();
  EXPECT_FALSE(ended(1).composed);
}

TEST_F(TransferComposeTest, PartsThatLostTheirBytesAreOverBudget) {
  config.kept_bytes_max = 1000;
  TransferTable small(1, sink, mailbox, shared, config);
  facts.declared_size = 3000;
  const TransferId id = small.begin(part_identity("1"), facts, kFlow, at(0)).id;
  small.chunk(id, 0, as_byte_span(std::string(3000, 'x')), kFlow, at(0));
  small.end(id, EndReason::kPartDone, std::nullopt, kFlow, at(0));
  facts = {};
  compose({"1"}, &small);
  EXPECT_EQ(ended(0).not_inspected, NotInspected::kOverBudget);
  EXPECT_EQ(ended(0).account.seen, 3000U);
  EXPECT_FALSE(ended(0).sha256);
}

TEST_F(TransferComposeTest, PartsOfOneObjectKeepEachOtherWaiting) {
  part("1", "hello", 0);
  part("2", " world", 250);
  table.on_tick(at(400));
  EXPECT_TRUE(sink.ended.empty()) << "300 s after the first, 150 s after the second";
  table.on_tick(at(551));
  table.on_tick(at(552));
  EXPECT_EQ(sink.ended.size(), 2U);
  EXPECT_FALSE(ended(0).composed);
  EXPECT_TRUE(ended(0).complete);
}

TEST_F(TransferComposeTest, NoPartWaitsLongerThanAnHour) {
  for (int second = 0; second <= 3600; second += 240) {
    part(std::to_string(second), "x", second);
    table.on_tick(at(second));
  }
  table.on_tick(at(3601));
  ASSERT_EQ(sink.ended.size(), 1U);
  EXPECT_TRUE(ended(0).complete);
}

TEST_F(TransferComposeTest, APartOfAnotherShardIsTaken) {
  Mailbox other_mailbox;
  test::RecordingObjectSink other_sink;
  TransferTable other(1, other_sink, other_mailbox, shared, config);
  part("1", "hello");
  const TransferId id = other.compose({"whole", false}, facts, {0, {"1"}}, FlowId{7}, at(1)).id;
  other.end(id, EndReason::kComplete, std::nullopt, FlowId{7}, at(1));
  EXPECT_EQ(other_sink.ended.at(0).transfer.sha256, Sha256::of(as_byte_span("hello")));
  table.on_end();
  EXPECT_TRUE(ended(0).composed);
}

TEST_F(TransferComposeTest, ABodyIsTakenOverWithoutItsBytesBeingKept) {
  sink.at_begin = sink.at_known = Interest::kDigest;
  facts.file_name = "a";
  const std::string first(100000, 'a');
  const TransferId body = table.begin({"body", false}, facts, kFlow, at(0)).id;
  table.chunk(body, 0, as_byte_span(first), kFlow, at(0));
  ObjectIdentity upload{"upload", true};
  upload.pieces_agree = true;
  const TransferId id = table.rekey(body, upload, kFlow, at(0));
  EXPECT_NE(id, body);
  ASSERT_EQ(sink.ended.size(), 1U);
  EXPECT_TRUE(ended(0).composed);
  table.end(body, EndReason::kAborted, NotInspected::kAborted, kFlow, at(0));
  table.end(id, EndReason::kPartDone, NotInspected::kAborted, kFlow, at(0));
  facts.declared_size = 100006;
  const TransferId joined = table.begin(upload, facts, FlowId{2}, at(1)).id;
  EXPECT_EQ(joined, id);
  table.chunk(joined, 100000, as_byte_span("behind"), FlowId{2}, at(1));
  table.end(joined, EndReason::kPartDone, std::nullopt, FlowId{2}, at(1));
  ASSERT_EQ(sink.ended.size(), 2U);
  EXPECT_TRUE(ended(1).complete);
  EXPECT_EQ(ended(1).sha256, Sha256::of(as_byte_span(first + "behind")));
  EXPECT_FALSE(ended(1).not_inspected);
}

TEST_F(TransferComposeTest, TheAttemptThatCameFurtherIsGoneOnWith) {
  for (const std::string_view key : {"first", "second", "third"}) {
    const TransferId id = table.begin({std::string(key), false}, facts, kFlow, at(0)).id;
    table.chunk(id, 0, as_byte_span(std::string_view("abcdef").substr(0, key == "second" ? 4 : 2)), kFlow, at(0));
    const TransferId whole = table.rekey(id, {"upload", true}, kFlow, at(0));
    EXPECT_EQ(static_cast<bool>(whole), key != "third");
    table.end(whole ? whole : id, whole ? EndReason::kPartDone : EndReason::kAborted, NotInspected::kAborted, kFlow,
              at(0));
  }
  table.on_end();
  std::vector<std::uint64_t> sizes;
  for (const auto& end : sink.ended) {
    if (!end.transfer.composed) sizes.push_back(end.transfer.size);
  }
  EXPECT_EQ(sizes, (std::vector<std::uint64_t>{2, 2, 4})) << "no attempt is forgotten";
}

TEST_F(TransferComposeTest, AnotherSizeIsAnotherObject) {
  ObjectIdentity upload{"upload", true};
  upload.pieces_agree = true;
  facts.declared_size = 100;
  const TransferId id = table.begin(upload, facts, kFlow, at(0)).id;
  table.chunk(id, 0, as_byte_span("old"), kFlow, at(0));
  table.end(id, EndReason::kPartDone, std::nullopt, kFlow, at(0));
  facts.declared_size = 3;
  const TransferId next = table.begin(upload, facts, kFlow, at(0)).id;
  EXPECT_NE(next, id);
  EXPECT_EQ(ended(0).not_inspected, NotInspected::kGap);
  table.chunk(next, 0, as_byte_span("new"), kFlow, at(0));
  table.end(next, EndReason::kPartDone, std::nullopt, kFlow, at(0));
  EXPECT_EQ(ended(1).sha256, Sha256::of(as_byte_span("new")));
}

TEST_F(TransferComposeTest, PiecesThatDisagreeAreAConflict) {
  ObjectIdentity upload{"upload", true};
  upload.pieces_agree = true;
  facts.declared_size = 6;
  const TransferId id = table.begin(upload, facts, kFlow, at(0)).id;
  table.chunk(id, 0, as_byte_span("abcd"), kFlow, at(0));
  table.chunk(id, 2, as_byte_span("CDef"), kFlow, at(0));
  table.end(id, EndReason::kPartDone, std::nullopt, kFlow, at(0));
  EXPECT_TRUE(ended(0).complete);
  EXPECT_EQ(ended(0).not_inspected, NotInspected::kConflict);
}

TEST_F(TransferComposeTest, APieceThatComesAgainIsComparedForADigestToo) {
  sink.at_begin = sink.at_known = Interest::kDigest;
  config.object_bytes_max = 300000;
  TransferTable compared(1, sink, mailbox, shared, config);
  ObjectIdentity upload{"upload", true};
  upload.pieces_agree = true;
  for (const std::size_t size : {std::size_t{200000}, std::size_t{400000}}) {
    facts.declared_size = size;
    const TransferId id = compared.begin(upload, facts, kFlow, at(0)).id;
    compared.chunk(id, 0, as_byte_span(std::string(150000, 'x')), kFlow, at(0));
    if (size == 200000) compared.chunk(id, 100000, as_byte_span(std::string(50000, 'x')), kFlow, at(0));
    compared.chunk(id, 150000, as_byte_span(std::string(size - 150000, 'x')), kFlow, at(0));
    compared.end(id, EndReason::kPartDone, std::nullopt, kFlow, at(0));
    const Transfer& end = sink.ended.back().transfer;
    EXPECT_EQ(end.sha256, Sha256::of(as_byte_span(std::string(size, 'x')))) << size;
    EXPECT_FALSE(end.not_inspected) << "a digest was wanted, and is there";
    EXPECT_FALSE(sink.ended.back().bytes);
  }
}

TEST_F(TransferComposeTest, WhatGrowsIsWholeWhenNobodyAddsToIt) {
  ObjectIdentity log{"log", true};
  log.grows = true;
  for (const std::string_view piece : {"one", "two"}) {
    const TransferId id = table.begin(log, facts, kFlow, at(0)).id;
    table.chunk(id, piece == "one" ? 0 : 3, as_byte_span(piece), kFlow, at(0));
    table.end(id, EndReason::kPartDone, std::nullopt, kFlow, at(0));
  }
  EXPECT_TRUE(sink.ended.empty());
  table.on_tick(at(301));
  EXPECT_EQ(ended(0).sha256, Sha256::of(as_byte_span("onetwo")));
}

TEST_F(TransferComposeTest, WhatGrowsIsNotWholeWhereBytesToItsServerWereLost) {
  for (const bool grows : {true, false}) {
    ObjectIdentity identity{grows ? "log" : "file", true};
    identity.grows = grows;
    const TransferId id = table.begin(identity, facts, kFlow, at(0)).id;
    table.chunk(id, 0, as_byte_span("one"), kFlow, at(0));
    table.lost_piece(facts.receiver.address, at(0));
    table.end(id, grows ? EndReason::kPartDone : EndReason::kComplete, std::nullopt, kFlow, at(0));
  }
  table.on_tick(at(301));
  EXPECT_EQ(ended(0).sha256, Sha256::of(as_byte_span("one"))) << "it has an end that the protocol says";
  EXPECT_FALSE(ended(1).complete);
  EXPECT_EQ(ended(1).not_inspected, NotInspected::kGap);
}

}  // namespace
}  // namespace sallyport
