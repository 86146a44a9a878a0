// Compressed frames on their way to being whole: the budget that flows share, and when a unit ends.
#include <gtest/gtest.h>

#include "daemon/protocols/smb/smb_parser.h"
#include "tests/support/recording_transfer_sink.h"
#include "tests/support/smb_compression.h"

namespace sallyport::smb {
namespace {

using namespace test::smb;

constexpr Direction kUp = Direction::kClientToServer;

class UnitSink : public test::RecordingTransferSink {
 public:
  void unit_end(TransferId, FlowId, Timestamp) override { ++units; }
  unsigned units = 0;
};

class CompressedFrames : public testing::Test {
 protected:
  std::unique_ptr<ProtocolParser> parser(std::uint64_t flow_id) {
    Flow flow;
    flow.id = FlowId{flow_id};
    flow.client = {*IpAddress::parse("192.0.2.9"), 50000};
    flow.server = {*IpAddress::parse("192.0.2.1"), 445};
    return make_smb_parser(flow, sink_, config_, stats_);
  }
  static void feed(ProtocolParser& parser, std::string_view bytes) { parser.feed(kUp, as_byte_span(bytes), {}); }

  const std::string frame_ = frame(unchained(kLz77, write(4, 9, 0, std::string("BM") + std::string(3000, 'z'))));
  UnitSink sink_;
  SmbConfig config_;
  SmbStats stats_;
};

TEST_F(CompressedFrames, AUnitEndsWithTheLastByteOfItsFrame) {
  const auto one = parser(1);
  feed(*one, std::string_view(frame_).substr(0, frame_.size() - 1));
  EXPECT_EQ(sink_.units, 0U);
  EXPECT_TRUE(sink_.objects().empty());
  EXPECT_EQ(stats_.frame_bytes_held.value(), frame_.size() - 5);
  feed(*one, std::string_view(frame_).substr(frame_.size() - 1));
  EXPECT_EQ(sink_.units, 1U);
  EXPECT_EQ(sink_.objects().at(0).bytes.size(), 3002U);
  EXPECT_EQ(stats_.frame_bytes_held.value(), 0U);
  EXPECT_EQ(stats_.decompressed_bytes.value(), 112U + 3002U);
}

TEST_F(CompressedFrames, EveryWriteOfACompoundIsAUnit) {
  const auto one = parser(1);
  const std::string plain =
      compound({write(4, 9, 0, "abcd"), write(5, 9, 4, "efgh", kRelated), write(6, 9, 8, "ijkl", kRelated)}).substr(4);
  feed(*one, frame(unchained(kLz77, plain)));
  EXPECT_EQ(sink_.units, 3U);
  EXPECT_EQ(sink_.objects().at(0).bytes, "abcdefghijkl");
}

TEST_F(CompressedFrames, FlowsShareABudget) {
  config_.frame_bytes_held_max = frame_.size() + 20;
  const auto one = parser(1), two = parser(2);
  feed(*one, std::string_view(frame_).substr(0, frame_.size() - 1));
  feed(*two, std::string_view(frame_).substr(0, 30));
  feed(*two, std::string_view(frame_).substr(30));  // too much for both
  ASSERT_EQ(sink_.objects().size(), 1U);
  EXPECT_EQ(sink_.objects()[0].facts.opaque, NotInspected::kOverBudget);
  EXPECT_EQ(sink_.objects()[0].passed, frame_.size() - 20);
  EXPECT_EQ(stats_.compressed_not_decoded.value(), 1U);
  feed(*one, std::string_view(frame_).substr(frame_.size() - 1));
  EXPECT_EQ(stats_.frame_bytes_held.value(), 0U);
  feed(*two, frame_);                     // there is room again, and the flow goes on
  ASSERT_EQ(sink_.objects().size(), 2U);  // both wrote to one file
  EXPECT_EQ(sink_.objects()[1].bytes.size(), 3002U);
  EXPECT_EQ(sink_.units, 2U);
}

TEST_F(CompressedFrames, AFlowThatEndsGivesItsPartOfTheBudgetBack) {
  {
    const auto one = parser(1);
    feed(*one, std::string_view(frame_).substr(0, 40));
    EXPECT_GT(stats_.frame_bytes_held.value(), 0U);
    one->finish(CloseReason::kReset, {});
    EXPECT_EQ(stats_.frame_bytes_held.value(), 0U);
    EXPECT_EQ(sink_.objects().at(0).facts.opaque, NotInspected::kAborted);
  }
  {
    const auto two = parser(2);
    feed(*two, std::string_view(frame_).substr(0, 40));
  }
  EXPECT_EQ(stats_.frame_bytes_held.value(), 0U);
}

}  // namespace
}  // namespace sallyport::smb
