#include "daemon/transfer/other_readings.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "daemon/base/limits.h"
#include "daemon/transfer/transfer_table.h"

namespace sallyport {
namespace {

std::vector<std::string> choices(OtherReadings& readings, const std::string& first) {
  std::vector<std::string> all;
  for (const OtherReadings::Choice& choice : readings.take_choices()) {
    std::string text = first;
    for (const OtherReadings::Range* const range : choice) {
      text.replace(range->offset, range->bytes.size(), as_text(range->bytes));
    }
    all.push_back(text);
  }
  return all;
}

TEST(OtherReadingsTest, RangesThatTouchAreOne) {
  OtherReadings readings;
  EXPECT_TRUE(readings.add(4, as_byte_span("EF")));
  EXPECT_TRUE(readings.add(0, as_byte_span("AB")));
  EXPECT_TRUE(readings.add(2, as_byte_span("CDE")));
  EXPECT_TRUE(readings.add(1, as_byte_span("BC")));
  EXPECT_EQ(choices(readings, "abcdefg"), std::vector<std::string>{"ABCDEFg"});
  EXPECT_FALSE(readings.has_fresh());
  EXPECT_TRUE(readings.add(6, as_byte_span("G")));
  EXPECT_EQ(choices(readings, "abcdefg"), std::vector<std::string>{"ABCDEFG"});
  EXPECT_TRUE(choices(readings, "abcdefg").empty());
}

TEST(OtherReadingsTest, EveryMixtureOfAFewRangesAndOneOfMany) {
  OtherReadings readings;
  EXPECT_TRUE(readings.add(0, as_byte_span("A")));
  EXPECT_TRUE(readings.add(2, as_byte_span("C")));
  EXPECT_EQ(choices(readings, "abcdefg"), (std::vector<std::string>{"AbCdefg", "abCdefg", "Abcdefg"}));
  EXPECT_TRUE(readings.add(4, as_byte_span("E")));
  EXPECT_EQ(choices(readings, "abcdefg"), (std::vector<std::string>{"AbCdEfg", "abCdEfg", "AbcdEfg", "abcdEfg"}));
  EXPECT_FALSE(readings.leaves_mixtures());
  EXPECT_TRUE(readings.add(6, as_byte_span("G")));
  EXPECT_TRUE(readings.leaves_mixtures());
  EXPECT_EQ(choices(readings, "abcdefg"), std::vector<std::string>{"AbCdEfG"});
}

TEST(OtherReadingsTest, AThirdReadingAndTooMuchAreRefused) {
  OtherReadings readings;
  EXPECT_TRUE(readings.add(2, as_byte_span("CD")));
  EXPECT_FALSE(readings.add(3, as_byte_span("XY")));
  EXPECT_TRUE(readings.add(3, as_byte_span("DE")));
  EXPECT_FALSE(readings.add(100, ByteBuffer(limits::kOtherReadingBytesMax)));
  for (std::size_t i = 1; i < limits::kOtherReadingRangesMax; ++i) EXPECT_TRUE(readings.add(i * 10, as_byte_span("x")));
  EXPECT_FALSE(readings.add(5000, as_byte_span("x")));
}

/// An object "first bytes" on a table; what leaves is kept as text.
class ReadingsTest : public testing::Test, public ObjectSink {
 protected:
  struct Left {
    Transfer transfer;
    std::string text;
  };

  Interest on_begin(const Transfer&) override { return interest_; }
  Interest on_known(const Transfer&) override { return interest_; }
  void on_unit_end(const Transfer&, FlowId) override {}
  void on_end(const Transfer& transfer, std::shared_ptr<const ObjectBytes> bytes) override {
    left_.push_back({transfer, bytes ? std::string(as_text(bytes->bytes())) : ""});
  }

  void begin(std::optional<std::uint64_t> declared = {}) {
    TransferFacts facts;
    facts.file_name = "photo.jpg";
    facts.declared_size = declared;
    id_ = table_.begin({"object"}, facts, kFlow, time_).id;
  }
  void chunk(std::uint64_t offset, std::string_view text) {
    table_.chunk(id_, offset, as_byte_span(text), kFlow, time_);
  }
  bool reading(std::uint64_t offset, std::string_view text) {
    return table_.reading(id_, offset, as_byte_span(text), kFlow, time_);
  }
  void end(EndReason reason = EndReason::kComplete) { table_.end(id_, reason, std::nullopt, kFlow, time_); }

  static constexpr FlowId kFlow{7};
  Interest interest_ = Interest::kContent;
  std::vector<Left> left_;
  Mailbox mailbox_;
  SharedTransfers shared_;
  TransferConfig config_;
  TransferTable table_{0, *this, mailbox_, shared_, config_};
  TransferId id_;
  Timestamp time_{std::chrono::hours(1)};
};

TEST_F(ReadingsTest, TheOtherReadingIsAnObjectOfItsOwn) {
  begin();
  chunk(0, "first bytes");
  EXPECT_TRUE(reading(6, "other"));
  end();
  ASSERT_EQ(left_.size(), 2U);
  EXPECT_EQ(left_[0].text, "first bytes");
  EXPECT_EQ(left_[1].text, "first other");
  EXPECT_EQ(left_[1].transfer.key, "object/reading 2");
  EXPECT_EQ(left_[1].transfer.facts.file_name, "photo.jpg");
  for (const Left& left : left_) {
    EXPECT_TRUE(left.transfer.complete);
    EXPECT_EQ(left.transfer.sha256, Sha256::of(as_byte_span(left.text)));
    EXPECT_EQ(left.transfer.evasions, bit(Evasion::kTcpOverlap));
    EXPECT_FALSE(left.transfer.not_inspected);
  }
  table_.on_flow_closed(kFlow, time_);
  EXPECT_EQ(left_.size(), 2U);
  EXPECT_EQ(table_.kept_bytes(), 0U);
}

TEST_F(ReadingsTest, ItMayComeAfterTheEnd) {
  begin();
  chunk(0, "first bytes");
  end();
  EXPECT_TRUE(reading(0, "F"));
  EXPECT_TRUE(reading(6, "B"));
  EXPECT_EQ(left_.size(), 1U);
  table_.on_flow_closed(kFlow, time_);
  ASSERT_EQ(left_.size(), 4U);
  EXPECT_EQ(left_[1].text, "First Bytes");
  EXPECT_FALSE(reading(0, "F")) << "the flow is over";
}

TEST_F(ReadingsTest, WhatComesAfterTheEndIsGivenWhenItIsDueAndThenForgotten) {
  begin();
  chunk(0, "first bytes");
  end();
  EXPECT_TRUE(reading(0, "F"));
  table_.on_tick(time_);
  EXPECT_EQ(left_.size(), 1U);
  table_.on_tick(time_ + limits::kOtherReadingTime);
  ASSERT_EQ(left_.size(), 2U);
  EXPECT_TRUE(reading(6, "B"));
  table_.on_tick(time_ + limits::kEndedObjectTime);
  EXPECT_EQ(left_.size(), 4U);
  EXPECT_FALSE(reading(0, "F"));
}

TEST_F(ReadingsTest, TheSameBytesAgainAreNoOtherReading) {
  begin();
  chunk(0, "first bytes");
  EXPECT_TRUE(reading(2, "rst by"));
  end();
  EXPECT_TRUE(reading(0, "first bytes"));
  table_.on_end();
  ASSERT_EQ(left_.size(), 1U);
  EXPECT_EQ(left_[0].transfer.evasions, 0U);
}

TEST_F(ReadingsTest, AnObjectWithAHoleHasItInBothReadings) {
  begin(20);
  chunk(0, "first");
  chunk(10, "bytes");
  EXPECT_TRUE(reading(10, "B"));
  end(EndReason::kConnectionClosed);
  ASSERT_EQ(left_.size(), 2U);
  for (const Left& left : left_) {
    EXPECT_FALSE(left.transfer.complete);
    EXPECT_EQ(left.transfer.size, 20U);
    EXPECT_EQ(left.transfer.account.missing, (std::vector<ByteRange>{{5, 10}, {15, 20}}));
  }
  EXPECT_EQ(left_[1].text.substr(10), "Bytes");
}

TEST_F(ReadingsTest, WithoutContentItIsRefused) {
  interest_ = Interest::kDigest;
  begin();
  chunk(0, "first bytes");
  EXPECT_FALSE(reading(6, "other"));
  end();
  EXPECT_FALSE(reading(6, "other"));
  EXPECT_EQ(left_.size(), 1U);
}

TEST_F(ReadingsTest, ContentThatWentMeanwhileIsTold) {
  begin();
  chunk(0, "first bytes");
  EXPECT_TRUE(reading(6, "other"));
  interest_ = Interest::kDigest;
  TransferFacts facts;
  facts.file_name = "other.jpg";
  table_.update(id_, facts);
  end();
  ASSERT_EQ(left_.size(), 1U);
  EXPECT_EQ(left_[0].transfer.not_inspected, NotInspected::kConflict);
}

TEST_F(ReadingsTest, MixturesThatAreNotMadeAreTold) {
  begin();
  chunk(0, "first bytes");
  for (const std::uint64_t offset : {0U, 2U, 4U, 6U}) EXPECT_TRUE(reading(offset, "X"));
  end();
  ASSERT_EQ(left_.size(), 2U);
  EXPECT_EQ(left_[1].text, "XiXsX Xytes");
  EXPECT_EQ(left_[1].transfer.not_inspected, NotInspected::kConflict);
}

TEST_F(ReadingsTest, EndedObjectsAreBounded) {
  std::vector<TransferId> ids;
  for (std::size_t i = 0; i <= limits::kEndedObjectsMax; ++i) {
    ids.push_back(table_.begin({"object " + std::to_string(i)}, {}, kFlow, time_).id);
    table_.chunk(ids.back(), 0, as_byte_span("bytes"), kFlow, time_);
    table_.end(ids.back(), EndReason::kComplete, std::nullopt, kFlow, time_);
  }
  EXPECT_FALSE(table_.reading(ids.front(), 0, as_byte_span("B"), kFlow, time_));
  EXPECT_TRUE(table_.reading(ids.back(), 0, as_byte_span("B"), kFlow, time_));
  table_.on_end();
  EXPECT_EQ(left_.back().text, "Bytes");
}

}  // namespace
}  // namespace sallyport
