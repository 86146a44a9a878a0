// Images inside objects whose bytes come in any order, from several places, or twice.
#include <gtest/gtest.h>

#include "daemon/base/limits.h"
#include "daemon/transfer/transfer_table.h"
#include "tests/support/encodings.h"
#include "tests/support/recording_object_sink.h"
#include "tests/support/small_images.h"

namespace sallyport {
namespace {

constexpr FlowId kFlow{1};

/// Answers as a policy that asks for images: text as such is of no interest.
class ImageSeeker : public test::RecordingObjectSink {
 public:
  Interest on_known(const Transfer& transfer) override {
    test::RecordingObjectSink::on_known(transfer);
    return is_image(transfer.content) || transfer.content == ContentType::kUnknown ? at_begin : Interest::kNone;
  }
};

class FoundObjectsTest : public ::testing::Test {
 protected:
  static Timestamp at(int second) { return Timestamp(std::chrono::seconds(1000 + second)); }
  static std::string photo() { return test::small_jpeg(300); }
  static std::string page(std::size_t more) {
    return "<img src=\"data:image/jpeg;base64," + test::base64(photo()) + "\">" + std::string(more, '\n');
  }
  TransferId begin(const std::string& key = "page") {
    ObjectIdentity identity{key};
    identity.search_inside = true;
    return table.begin(identity, facts, kFlow, at(0)).id;
  }
  void chunk(TransferId id, std::uint64_t offset, std::string_view bytes) {
    table.chunk(id, offset, as_byte_span(bytes), kFlow, at(0));
  }
  void end(TransferId id) { table.end(id, EndReason::kComplete, std::nullopt, kFlow, at(0)); }
  /// The one found object, which ended before the one around it.
  void expect_found(const std::string& outer = "page") {
    ASSERT_EQ(sink.ended.size(), 2U) << sink.log;
    const Transfer& found = sink.ended[0].transfer;
    EXPECT_EQ(found.key, outer + "/embedded 1");
    EXPECT_EQ(found.sha256, Sha256::of(as_byte_span(photo())));
    EXPECT_TRUE(found.complete);
    EXPECT_EQ(found.facts.inside, "base64");
    const bool spans_flows = outer == "part";
    EXPECT_EQ(sink.ended[1].transfer.told_inside.size(), spans_flows ? 0U : 1U);
  }

  ImageSeeker sink;
  Mailbox mailbox;
  SharedTransfers shared;
  TransferConfig config;
  TransferFacts facts;
  TransferTable table{0, sink, mailbox, shared, config};
};

TEST_F(FoundObjectsTest, InASmallFileAtItsEndAndInALargeOneAtOnce) {
  sink.at_begin = Interest::kDigest;
  for (const std::size_t more : {std::size_t{100}, std::size_t{200000}}) {
    const TransferId id = begin();
    chunk(id, 0, page(more));
    EXPECT_EQ(sink.ended.size(), more > limits::kRereadBytes ? 1U : 0U);
    end(id);
    expect_found();
    sink.ended.clear();
  }
}

TEST_F(FoundObjectsTest, WhateverTheOrderOfTheWrites) {
  const std::string bytes = page(100);
  const std::size_t half = bytes.size() / 2;
  const TransferId id = begin();
  chunk(id, half, std::string_view(bytes).substr(half));
  chunk(id, 0, std::string_view(bytes).substr(0, half));
  end(id);
  expect_found();
}

TEST_F(FoundObjectsTest, InTheFinalBytesOfAFileThatIsWrittenTwice) {
  sink.at_begin = Interest::kDigest;
  const TransferId id = begin();
  chunk(id, 0, std::string(page(100).size(), '\n'));
  chunk(id, 0, page(100));
  end(id);
  expect_found();
}

TEST_F(FoundObjectsTest, InAnObjectComposedOfPartsAndInNoPart) {
  const std::string bytes = page(100);
  std::vector<std::string> keys;
  for (const std::size_t begin : {std::size_t{0}, std::size_t{150}}) {
    ObjectIdentity part{"part " + std::to_string(begin), true};
    part.is_part = part.search_inside = true;
    const std::string_view piece = std::string_view(bytes).substr(begin, begin == 0 ? 150 : std::string::npos);
    facts.declared_size = piece.size();
    const TransferId id = table.begin(part, facts, kFlow, at(0)).id;
    table.chunk(id, 0, as_byte_span(piece), kFlow, at(0));
    table.end(id, EndReason::kPartDone, std::nullopt, kFlow, at(0));
    keys.push_back(part.key);
  }
  facts.declared_size.reset();
  ObjectIdentity whole{"whole"};
  whole.search_inside = true;
  end(table.compose(whole, facts, {0, keys}, kFlow, at(0)).id);
  expect_found("whole");
  table.on_end();
  EXPECT_EQ(sink.ended.size(), 4U) << "and the two parts, in which nothing is looked for";
}

TEST_F(FoundObjectsTest, InAPartThatNobodyComposed) {
  ObjectIdentity part{"part", true};
  part.is_part = part.search_inside = true;
  const TransferId id = table.begin(part, facts, kFlow, at(0)).id;
  chunk(id, 0, page(100));
  table.end(id, EndReason::kPartDone, std::nullopt, kFlow, at(0));
  table.on_end();
  expect_found("part");
}

TEST_F(FoundObjectsTest, AcrossTheConnectionsThatBringTheRanges) {
  sink.at_begin = Interest::kContent;
  const std::string bytes = page(100);
  facts.declared_size = bytes.size();
  for (const std::uint64_t begin : {0U, 150U}) {
    ObjectIdentity identity{"page", true};
    identity.pieces_agree = identity.search_inside = true;
    const FlowId flow{begin + 1};
    const TransferId id = table.begin(identity, facts, flow, at(0)).id;
    table.chunk(id, begin, as_byte_span(std::string_view(bytes).substr(begin, begin == 0 ? 150 : std::string::npos)),
                flow, at(0));
    table.end(id, EndReason::kPartDone, std::nullopt, flow, at(0));
    table.on_flow_closed(flow, at(0));
  }
  expect_found();
}

TEST_F(FoundObjectsTest, CutOffByAHole) {
  const std::string bytes = page(100);
  const TransferId id = begin();
  chunk(id, 0, bytes.substr(0, 150));
  table.hole(id, 150, 50, NotInspected::kGap);
  chunk(id, 200, bytes.substr(200));
  end(id);
  ASSERT_EQ(sink.ended.size(), 2U) << sink.log;
  EXPECT_FALSE(sink.ended[0].transfer.complete);
  EXPECT_EQ(sink.ended[0].transfer.not_inspected, NotInspected::kGap);
}

TEST_F(FoundObjectsTest, ASearchThatGaveWayIsTold) {
  sink.at_begin = Interest::kDigest;
  config.kept_bytes_max = 160000;
  TransferTable small(1, sink, mailbox, shared, config);
  for (const char* const key : {"a", "b", "c", "d"}) {
    ObjectIdentity identity{key};
    identity.search_inside = true;
    const TransferId id = small.begin(identity, facts, kFlow, at(0)).id;
    small.chunk(id, 0, as_byte_span(std::string(100000, '\n')), kFlow, at(0));
  }
  EXPECT_LE(small.kept_bytes(), 160000U);
  small.on_end();
  EXPECT_EQ(sink.ended[0].transfer.not_inspected, NotInspected::kOverBudget) << "it was idle longest";
  EXPECT_NE(sink.ended[3].transfer.not_inspected, NotInspected::kOverBudget);
}

TEST_F(FoundObjectsTest, NothingWhereNobodyAsksForImages) {
  sink.at_begin = Interest::kAccount;
  const TransferId id = begin();
  chunk(id, 0, page(200000));
  end(id);
  EXPECT_EQ(sink.ended.size(), 1U);
}

TEST_F(FoundObjectsTest, NothingInAnImageBesidesItself) {
  const TransferId id = begin();
  chunk(id, 0, photo() + page(100));
  end(id);
  EXPECT_EQ(sink.ended.size(), 1U) << "the worker takes it apart";
}

}  // namespace
}  // namespace sallyport
