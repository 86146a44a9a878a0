#include "daemon/protocols/stream_conflicts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "daemon/base/limits.h"
#include "daemon/protocols/dispatcher.h"
#include "tests/support/recording_transfer_sink.h"

namespace sallyport {
namespace {

constexpr FlowId kFlow{5};
constexpr Direction kUp = Direction::kClientToServer;

/// Keeps other readings beside what the recording sink keeps.
class ReadingSink : public test::RecordingTransferSink {
 public:
  bool takes = true;
  std::string readings;

  bool reading(TransferId id, std::uint64_t offset, Bytes other, FlowId, Timestamp) override {
    readings += std::to_string(id.value) + "@" + std::to_string(offset) + "=" + std::string(as_text(other)) + " ";
    return takes;
  }
};

/// "<" begins an object, ">" ends it, "~" makes its bytes arrive in upper case, as a decoder would; the rest is framing
/// outside an object and content inside.
class BracketParser : public ProtocolParser {
 public:
  BracketParser(TransferSink& sink, const std::optional<std::uint64_t>& size) : sink_(sink), size_(size) {}

  std::size_t feed(Direction, Bytes bytes, Timestamp time) override {
    for (std::size_t i = 0; i < bytes.size(); ++i) take(bytes.subspan(i, 1), time);
    return bytes.size();
  }
  void gap(Direction, std::uint64_t size, Timestamp) override {
    sink_.hole(id_, offset_, size, NotInspected::kGap);
    offset_ += size;
  }
  void conflict(Direction, Timestamp) override { ++conflicts; }
  void half_close(Direction, Timestamp) override {}
  void finish(CloseReason, Timestamp) override {}
  ParserState state() const override { return ParserState::kRunning; }
  int conflicts = 0;

 private:
  TransferFacts facts() const {
    TransferFacts facts;
    facts.declared_size = size_;
    return facts;
  }
  void take(Bytes byte, Timestamp time) {
    const char c = as_text(byte)[0];
    if (c == '~') coded_ = true;
    if (c == '<') id_ = sink_.begin({"object"}, facts(), kFlow, time).id, offset_ = 0, inside_ = true;
    if (c == '>') sink_.end(id_, EndReason::kComplete, std::nullopt, kFlow, time), inside_ = coded_ = false;
    if (c == '~' || c == '<' || c == '>' || !inside_) return;
    const char upper = static_cast<char>(c - 'a' + 'A');
    sink_.chunk(id_, offset_++, coded_ ? as_byte_span({&upper, 1}) : byte, kFlow, time);
  }

  TransferSink& sink_;
  const std::optional<std::uint64_t>& size_;
  TransferId id_;
  std::uint64_t offset_ = 0;
  bool inside_ = false;
  bool coded_ = false;
};

class StreamConflictsTest : public testing::Test {
 protected:
  StreamConflictsTest() { dispatcher_.on_open(flow_); }

  std::vector<ProtocolEntry> entries() {
    return {{Protocol::kHttp1, [](Direction, Bytes) { return Recognition::kYes; },
             [this](const Flow&) { return std::make_unique<BracketParser>(trace_, size_); }}};
  }
  void feed(std::string_view text) {
    dispatcher_.on_bytes(kFlow, kUp, offset_, as_byte_span(text), {});
    offset_ += text.size();
  }
  void conflict(std::uint64_t offset, std::string_view text) {
    dispatcher_.on_conflict(kFlow, kUp, offset, as_byte_span(text), {});
  }
  std::vector<test::RecordingTransferSink::Object> objects() { return sink_.objects(); }

  ReadingSink sink_;
  const Flow flow_{kFlow, {{}, 1}, {{}, 2}};
  StreamTrace trace_{sink_};
  Dispatcher dispatcher_{trace_, entries()};
  std::uint64_t offset_ = 0;
  std::optional<std::uint64_t> size_;
};

TEST_F(StreamConflictsTest, BytesOfABodyFindTheirObject) {
  feed("xx<abc");
  feed("def>yy<ghi>");
  conflict(4, "BCDE");
  conflict(14, "HI");
  EXPECT_EQ(sink_.readings, "1@1=BCDE 2@1=HI ");
  EXPECT_EQ(objects().size(), 2U);
}

TEST_F(StreamConflictsTest, BytesAheadOfTheirTurnWaitAndTheObjectIsFlagged) {
  conflict(4, "BC");
  feed("xx<a");
  EXPECT_EQ(sink_.readings, "");
  feed("bcdef>");
  EXPECT_EQ(sink_.readings, "1@1=BC ");
  EXPECT_EQ(objects()[0].evasions, bit(Evasion::kTcpOverlap));
  feed("<ghi>");
  EXPECT_EQ(objects()[1].evasions, 0U);
}

TEST_F(StreamConflictsTest, FramingAndCodedBytesAreToldAsNotInspected) {
  feed("xx<ab>~<cd>");
  conflict(1, "X");
  conflict(9, "D");
  dispatcher_.on_close(kFlow, CloseReason::kFinished, {});
  ASSERT_EQ(objects().size(), 3U);
  EXPECT_EQ(objects()[2].facts.opaque, NotInspected::kConflict);
  EXPECT_EQ(objects()[2].facts.protocol, Protocol::kHttp1);
  EXPECT_EQ(objects()[2].passed, 2U);
  EXPECT_EQ(objects()[2].evasions, bit(Evasion::kTcpOverlap));
  EXPECT_TRUE(objects()[2].ended);
  EXPECT_EQ(sink_.readings, "");
}

TEST_F(StreamConflictsTest, WhatTheObjectRefusesIsTold) {
  sink_.takes = false;
  feed("<abc>");
  conflict(1, "A");
  dispatcher_.on_close(kFlow, CloseReason::kFinished, {});
  ASSERT_EQ(objects().size(), 2U);
  EXPECT_EQ(objects()[0].evasions, 0U) << "it had ended";
  EXPECT_EQ(objects()[1].passed, 1U);
}

TEST_F(StreamConflictsTest, WhatWaitsIsBoundedAndToldAtTheEnd) {
  conflict(100, std::string(limits::kWaitingConflictBytesMax, 'x'));
  conflict(0, "y");
  for (std::size_t i = 0; i < limits::kWaitingConflictsMax + 5; ++i) conflict(1'000'000 + i * 2, "z");
  dispatcher_.on_close(kFlow, CloseReason::kFinished, {});
  ASSERT_EQ(objects().size(), 1U);
  EXPECT_EQ(objects()[0].passed, limits::kWaitingConflictBytesMax + 1 + limits::kWaitingConflictsMax + 5);
}

TEST_F(StreamConflictsTest, PiecesAreBounded) {
  for (std::size_t i = 0; i < limits::kTracedPiecesMax + 1; ++i) feed("<a>");
  conflict(1, "A");
  EXPECT_EQ(sink_.readings, "");
  conflict(4, "A");
  EXPECT_EQ(sink_.readings, "2@0=A ");
}

TEST_F(StreamConflictsTest, ARepetitionIsForTheObjectToCompareAndNeverTold) {
  sink_.takes = false;
  feed("xx<abc>");
  dispatcher_.on_repeat(kFlow, kUp, 0, as_byte_span("xx<abC"), {});
  dispatcher_.on_close(kFlow, CloseReason::kFinished, {});
  EXPECT_EQ(sink_.readings, "1@0=abC ");
  EXPECT_EQ(objects().size(), 1U);
}

TEST_F(StreamConflictsTest, GapsMoveThePlace) {
  feed("<ab");
  dispatcher_.on_gap(kFlow, kUp, 3, 10, {});
  offset_ += 10;
  feed("cd>");
  conflict(13, "C");
  EXPECT_EQ(sink_.readings, "1@12=C ");
}

TEST_F(StreamConflictsTest, SignsOfTheFlowAreThoseOfItsTransfers) {
  feed("<ab");
  dispatcher_.on_evasion(kFlow, kUp, bit(Evasion::kUrgentData));
  feed("c><d>");
  for (const auto& object : objects()) EXPECT_EQ(object.evasions, bit(Evasion::kUrgentData));
}

TEST_F(StreamConflictsTest, OnSeveralPathsOnlyAKnownSizeIsComplete) {
  dispatcher_.on_evasion(kFlow, kUp, bit(Evasion::kMultipath));
  feed("<abc>");
  size_ = 3;
  feed("<abc>");
  ASSERT_EQ(objects().size(), 2U);
  EXPECT_EQ(objects()[0].not_inspected, NotInspected::kGap);
  EXPECT_FALSE(objects()[1].not_inspected);
}

}  // namespace
}  // namespace sallyport
