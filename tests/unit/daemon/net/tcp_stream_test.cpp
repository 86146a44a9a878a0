#include "daemon/net/tcp_stream.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tests/support/feed_all_ways.h"
#include "tests/support/recording_stream_sink.h"

namespace sallyport {
namespace {

class TcpStreamTest : public testing::Test {
 protected:
  TcpStreamTest() {
    sink_.on_open(Flow{FlowId{1}, {}, {}, false, {}});
    sink_.take_log();
    stream_.start(100);
  }
  bool add(std::int64_t offset, std::string_view text, std::uint32_t missing = 0) {
    return stream_.add(offset, as_byte_span(text), missing, out_);
  }
  void acknowledge(std::uint32_t sequence) {
    stream_.acknowledge(sequence);
    stream_.judge_end(kBehindMax, out_);
  }
  static constexpr std::size_t kBehindMax = 1000;

  test::RecordingStreamSink sink_;
  NetStats stats_;
  std::optional<CloseReason> stopped_;
  StreamOutput out_{sink_, stats_, FlowId{1}, Direction::kClientToServer, {}, 4096, stopped_};
  TcpStream stream_;
};

TEST_F(TcpStreamTest, FillsHolesInOrder) {
  add(6, "ghi");
  add(3, "def");
  EXPECT_EQ(sink_.log(), "");
  add(0, "abc");
  EXPECT_EQ(sink_.log(), "#1 > 0 abcdefghi\n");
  EXPECT_EQ(stream_.held_charge(), 0U);
}

TEST_F(TcpStreamTest, TheFirstOfTwoHeldVersionsWins) {
  add(3, "def");
  add(2, "CDEFG");
  add(0, "abC");
  EXPECT_EQ(sink_.log(), "#1 > conflict 3 DEF\n#1 > 0 abCdefG\n");
}

TEST_F(TcpStreamTest, AHoleFillerDoesNotReplaceWhatIsHeld) {
  add(3, "def");
  add(0, "abcXYZghi");
  EXPECT_EQ(sink_.log(), "#1 > conflict 3 XYZ\n#1 > 0 abcdefghi\n");
}

TEST_F(TcpStreamTest, DeliveredBytesThatComeAgainAreCompared) {
  add(0, "abcdef");
  add(1, "bcd");
  EXPECT_EQ(stats_.conflicts.value(), 0U);
  add(1, "bXdefg");
  EXPECT_EQ(sink_.log(), "#1 > 0 abcdef\n#1 > conflict 1 bXdef\n#1 > 6 g\n");
  EXPECT_EQ(stats_.retransmitted_bytes.value(), 8U);
  EXPECT_EQ(stats_.unverified_bytes.value(), 0U);
}

TEST_F(TcpStreamTest, WithoutHistoryRepetitionsAreUnverified) {
  out_.history_bytes = 0;
  add(0, "abcdef");
  add(1, "BCD");
  EXPECT_EQ(stats_.conflicts.value(), 0U);
  EXPECT_EQ(stats_.unverified_bytes.value(), 3U);
  EXPECT_EQ(sink_.log(), "#1 > 0 abcdef\n#1 > repeat 1 BCD\n");
}

TEST_F(TcpStreamTest, OneByteBeforeTheNextIsAKeepAliveOnlyOnceAcknowledged) {
  add(0, "abc");
  add(2, "X");
  EXPECT_EQ(stats_.conflicts.value(), 1U);
  stream_.acknowledge(103);
  add(2, "X");
  EXPECT_EQ(stats_.conflicts.value(), 1U);
  EXPECT_EQ(stats_.keep_alives.value(), 1U);
}

TEST_F(TcpStreamTest, RefusedBytesTakeTheNewOnesOfTheirSegmentWithThem) {
  out_.refuses_conflicts = true;
  EXPECT_TRUE(add(0, "abcdef"));
  EXPECT_TRUE(add(1, "bcdefg")) << "what comes again unchanged passes";
  EXPECT_FALSE(add(5, "fXhi"));
  EXPECT_TRUE(add(7, "hi"));
  EXPECT_EQ(sink_.log(), "#1 > 0 abcdefg\n#1 > conflict 5 fX\n#1 > 7 hi\n");
}

TEST_F(TcpStreamTest, BytesThatContradictHeldOnesAreRefused) {
  out_.refuses_conflicts = true;
  EXPECT_TRUE(add(3, "def"));
  EXPECT_FALSE(add(0, "abcXYZghi"));
  EXPECT_FALSE(add(5, "Xghi"));
  EXPECT_TRUE(add(0, "abcdefghi"));
  EXPECT_EQ(sink_.log(), "#1 > conflict 3 XYZ\n#1 > conflict 5 X\n#1 > 0 abcdefghi\n");
}

TEST_F(TcpStreamTest, BytesThatContradictWhatIsHeldBehindAnEndAreRefused) {
  out_.refuses_conflicts = true;
  EXPECT_TRUE(add(5, "fgh"));
  stream_.end_at(6);
  EXPECT_FALSE(add(4, "efXYZ"));
  EXPECT_TRUE(add(0, "abcde"));
  EXPECT_EQ(sink_.log(), "#1 > conflict 6 XY\n#1 > 0 abcdef\n");
}

TEST_F(TcpStreamTest, AKeepAliveIsNotRefusedWhereItMayBeOne) {
  out_.refuses_conflicts = true;
  add(0, "abc");
  EXPECT_TRUE(add(2, "X")) << "nobody acknowledges: the other direction goes another way";
  stream_.acknowledge(102);
  EXPECT_FALSE(add(2, "X")) << "the receiver has not got that byte yet";
  stream_.acknowledge(103);
  EXPECT_TRUE(add(2, "X"));
  EXPECT_FALSE(add(1, "bX")) << "more than a keep-alive carries";
  EXPECT_EQ(sink_.log(), "#1 > 0 abc\n#1 > conflict 2 X\n#1 > conflict 2 X\n#1 > conflict 1 bX\n");
}

TEST_F(TcpStreamTest, BytesThatAreOnlyComparedAreNotTaken) {
  add(0, "abc");
  EXPECT_FALSE(stream_.contradicts(1, as_byte_span("bcdef"), out_));
  EXPECT_TRUE(stream_.contradicts(-1, as_byte_span("-aXcdef"), out_));
  EXPECT_EQ(sink_.log(), "#1 > 0 abc\n#1 > conflict 0 aXc\n");
  EXPECT_EQ(stream_.next(), 3U);
}

TEST_F(TcpStreamTest, BytesBeforeTheStartAreNotDelivered) {
  add(-3, "xyzabc");
  EXPECT_EQ(sink_.log(), "#1 > 0 abc\n");
}

TEST_F(TcpStreamTest, AnEndThatTheReceiverTookCutsWhatIsHeldBehindIt) {
  add(5, "fghij");
  stream_.end_at(7);
  add(0, "abcde");
  acknowledge(107);
  EXPECT_EQ(sink_.log(), "#1 > 0 abcdefg\n");
  acknowledge(108);
  EXPECT_TRUE(stream_.is_end_in_doubt()) << "it may have taken one byte";
  stream_.lose_first_hole(out_);
  EXPECT_EQ(sink_.log(), "#1 > 0 abcdefg\n#1 > fin\n");
  EXPECT_EQ(stats_.after_fin_bytes.value(), 3U);
  add(7, "more");
  EXPECT_EQ(stats_.after_fin_bytes.value(), 7U);
  EXPECT_EQ(stream_.next_sequence(), 108U);
  EXPECT_EQ(stream_.held_charge(), 0U);
}

TEST_F(TcpStreamTest, AnEndBelowWhatWasDeliveredIsIgnored) {
  add(0, "abcdef");
  stream_.end_at(3);
  add(6, "gh");
  stream_.end_at(8);
  acknowledge(109);
  EXPECT_EQ(sink_.log(), "#1 > 0 abcdefgh\n#1 > fin\n");
}

TEST_F(TcpStreamTest, AnEndThatTheReceiverDidNotTakeIsForged) {
  add(0, "abc");
  stream_.end_at(3);
  add(3, "defg");
  stream_.end_at(7);
  EXPECT_EQ(sink_.log(), "#1 > 0 abc\n");
  acknowledge(108);
  EXPECT_EQ(sink_.log(), "#1 > 0 abc\n#1 > sign tcp_overlap\n#1 > 3 defg\n#1 > fin\n");
  EXPECT_EQ(stats_.ends_disowned.value(), 1U);
}

TEST_F(TcpStreamTest, AForgedEndAheadHidesNotTheRealOne) {
  add(0, "abc");
  stream_.end_at(9);
  add(3, "de");
  stream_.end_at(5);
  acknowledge(106);
  EXPECT_EQ(sink_.log(), "#1 > 0 abcde\n#1 > fin\n");
}

TEST_F(TcpStreamTest, MuchBehindAnEndShowsThatItIsForged) {
  add(0, "abc");
  stream_.end_at(3);
  const std::string much(kBehindMax + 1, 'x');
  add(3, much);
  stream_.judge_end(kBehindMax, out_);
  EXPECT_EQ(sink_.log(), "#1 > 0 abc\n#1 > sign tcp_overlap\n#1 > 3 " + much + "\n");
}

TEST_F(TcpStreamTest, WhereNobodyAcknowledgesWhatCameBehindAnEndIsNotDropped) {
  add(5, "fgh", 4);
  stream_.end_at(10);
  add(0, "abcde");
  EXPECT_EQ(sink_.log(), "#1 > 0 abcdefgh\n#1 > gap 8+2\n");
  stream_.lose_first_hole(out_);
  EXPECT_EQ(sink_.log(), "#1 > 0 abcdefgh\n#1 > gap 8+2\n#1 > sign tcp_overlap\n#1 > gap 10+2\n");
  EXPECT_FALSE(stream_.has_hole());
  EXPECT_EQ(stream_.held_charge(), 0U);
}

TEST_F(TcpStreamTest, TruncatedPayloadIsAGap) {
  add(0, "abc", 4);
  add(7, "hij", 2);
  add(15, "pq", 3);
  add(12, "mno");
  EXPECT_EQ(sink_.log(), "#1 > 0 abc\n#1 > gap 3+4\n#1 > 7 hij\n#1 > gap 10+2\n#1 > 12 mnopq\n#1 > gap 17+3\n");
}

TEST_F(TcpStreamTest, ALostHoleIsAGapAndLateBytesOfItAreCounted) {
  add(5, "fgh");
  add(10, "kl");
  stream_.lose_first_hole(out_);
  EXPECT_EQ(sink_.log(), "#1 > gap 0+5\n#1 > 5 fgh\n");
  add(0, "abcde");
  EXPECT_EQ(stats_.unverified_bytes.value(), 5U);
  EXPECT_TRUE(stream_.has_hole());
  stream_.lose_first_hole(out_);
  EXPECT_EQ(sink_.client_bytes(), ".....fgh..kl");
}

TEST_F(TcpStreamTest, SequenceNumbersWrapAround) {
  TcpStream stream;
  stream.start(0xfffffffe);
  stream.add(stream.offset_of(0xfffffffe), as_byte_span("abcd"), 0, out_);
  EXPECT_EQ(stream.next_sequence(), 2U);
  EXPECT_EQ(stream.offset_of(3), 5);
  EXPECT_EQ(stream.offset_of(0xffffffff), 1);
  stream.add(stream.offset_of(3), as_byte_span("f"), 0, out_);
  stream.add(stream.offset_of(2), as_byte_span("e"), 0, out_);
  EXPECT_EQ(sink_.client_bytes(), "abcdef");
}

TEST_F(TcpStreamTest, EachWayToCutTheSameBytesGivesTheSame) {
  const std::string text = "the same bytes, whatever way they are cut";
  const std::string log = test::feed_all_ways(as_byte_span(text), [](const test::Feeder& feeder) {
    test::RecordingStreamSink sink;
    sink.on_open(Flow{FlowId{1}, {}, {}, false, {}});
    NetStats stats;
    const std::optional<CloseReason> stopped;
    StreamOutput out{sink, stats, FlowId{1}, Direction::kClientToServer, {}, 64, stopped};
    TcpStream stream;
    stream.start(0xfffffff0);
    feeder([&](Bytes bytes) { stream.add(static_cast<std::int64_t>(stream.next()), bytes, 0, out); });
    return sink.log();
  });
  EXPECT_NE(log.find(text), std::string::npos);
}

TEST_F(TcpStreamTest, RandomOrderWithRepetitionsGivesTheStream) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += static_cast<char>('a' + i * 7 % 26);
  for (unsigned seed = 0; seed < 50; ++seed) {
    std::mt19937 random(seed);
    std::vector<std::pair<std::size_t, std::size_t>> segments;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t size = std::min<std::size_t>(1 + random() % 200, text.size() - at);
      segments.emplace_back(at, size);
      segments.emplace_back(at - std::min<std::size_t>(at, random() % 300), size);
      at += size;
    }
    std::shuffle(segments.begin(), segments.end(), random);
    test::RecordingStreamSink sink;
    sink.on_open(Flow{FlowId{1}, {}, {}, false, {}});
    StreamOutput out{sink, stats_, FlowId{1}, Direction::kClientToServer, {}, 1024, stopped_};
    TcpStream stream;
    stream.start(static_cast<std::uint32_t>(-2000));
    for (const auto& [at, size] : segments) {
      stream.add(static_cast<std::int64_t>(at), as_byte_span(std::string_view(text).substr(at, size)), 0, out);
    }
    ASSERT_EQ(sink.client_bytes(), text) << "seed " << seed;
    ASSERT_EQ(stream.held_charge(), 0U);
  }
  EXPECT_EQ(stats_.conflicts.value(), 0U);
}

}  // namespace
}  // namespace sallyport
