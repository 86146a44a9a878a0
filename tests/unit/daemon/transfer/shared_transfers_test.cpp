// Two shards, two threads, one object. Meant for the tsan preset as much as for its results.
#include "daemon/transfer/shared_transfers.h"

#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <string>
#include <thread>

#include "daemon/transfer/transfer_table.h"
#include "tests/support/recording_object_sink.h"

namespace sallyport {
namespace {

struct Shard {
  Shard(std::uint32_t number, SharedTransfers& shared, const TransferConfig& config)
      : table(number, sink, mailbox, shared, config) {}

  test::RecordingObjectSink sink;
  Mailbox mailbox;
  TransferTable table;
};

class SharedTransfersTest : public testing::Test {
 protected:
  static constexpr Timestamp kTime{std::chrono::seconds(1000)};
  static constexpr FlowId kFlows[] = {FlowId{1}, FlowId{2}};

  Shard& shard(int index) { return index == 0 ? first_ : second_; }
  TransferConfig config;
  SharedTransfers shared;

 private:
  Shard first_{0, shared, config};
  Shard second_{1, shared, config};
};

TEST_F(SharedTransfersTest, OwnerAloneSpeaksToItsSink) {
  const TransferId id = shard(0).table.begin({"s", true}, {}, kFlows[0], kTime).id;
  EXPECT_EQ(shard(1).table.begin({"s", true}, {}, kFlows[1], kTime).id, id);
  shard(1).table.chunk(id, 0, as_byte_span("GIF89a"), kFlows[1], kTime);
  shard(0).mailbox.run();
  EXPECT_EQ(shard(0).sink.log, "begin s\nknown s gif\nknown s gif\n") << "for the flow that joined, and for the type";
  shard(1).table.end(id, EndReason::kPartDone, std::nullopt, kFlows[1], kTime);
  shard(0).table.end(id, EndReason::kComplete, std::nullopt, kFlows[0], kTime);
  ASSERT_EQ(shard(0).sink.ended.size(), 1U);
  EXPECT_TRUE(shard(0).sink.ended[0].transfer.complete);
  EXPECT_TRUE(shard(1).sink.log.empty());
  shard(1).mailbox.run();
  EXPECT_FALSE(shard(1).table.find(id));
}

TEST_F(SharedTransfersTest, EndWaitsForStragglersOfAnotherShard) {
  const TransferId id = shard(0).table.begin({"s", true}, {}, kFlows[0], kTime).id;
  shard(1).table.begin({"s", true}, {}, kFlows[1], kTime);
  shard(0).table.chunk(id, 0, as_byte_span("abc"), kFlows[0], kTime);
  shard(0).table.end(id, EndReason::kComplete, std::nullopt, kFlows[0], kTime);
  EXPECT_TRUE(shard(0).sink.ended.empty());
  shard(1).table.chunk(id, 3, as_byte_span("def"), kFlows[1], kTime);
  shard(0).table.on_tick(kTime + config.settle_time);
  ASSERT_EQ(shard(0).sink.ended.size(), 1U);
  EXPECT_EQ(shard(0).sink.ended[0].transfer.sha256, Sha256::of(as_byte_span("abcdef")));
}

TEST_F(SharedTransfersTest, KeyIsFreeAfterTheEnd) {
  const TransferId id = shard(0).table.begin({"s", true}, {}, kFlows[0], kTime).id;
  shard(0).table.end(id, EndReason::kComplete, std::nullopt, kFlows[0], kTime);
  EXPECT_NE(shard(1).table.begin({"s", true}, {}, kFlows[1], kTime).id, id);
  EXPECT_EQ(shard(1).sink.log, "begin s\n");
}

TEST_F(SharedTransfersTest, TwoThreadsFeedManyObjects) {
  constexpr int kObjects = 200;
  constexpr std::size_t kPieceBytes = 700;
  std::string bytes(20 * kPieceBytes, '\0');
  std::mt19937 random(7);
  for (char& c : bytes) c = static_cast<char>(random());
  TransferFacts facts;
  facts.declared_size = bytes.size();
  std::atomic<int> fed{0};

  const auto run = [&](int index) {
    Shard& own = shard(index);
    for (int object = 0; object < kObjects; ++object) {
      const ObjectIdentity identity{"object " + std::to_string(object), true};
      own.table.on_packet_start();
      const TransferId id = own.table.begin(identity, facts, kFlows[index], kTime).id;
      for (std::size_t piece = static_cast<std::size_t>(index); piece < 20; piece += 2) {
        own.table.chunk(id, piece * kPieceBytes, as_byte_span(bytes).subspan(piece * kPieceBytes, kPieceBytes),
                        kFlows[index], kTime);
      }
      own.table.unit_end(id, kFlows[index], kTime);
      own.table.end(id, EndReason::kPartDone, std::nullopt, kFlows[index], kTime);
      own.mailbox.run();
    }
    ++fed;
    while (fed < 2) own.mailbox.run();
    own.mailbox.run();
  };
  std::thread other(run, 1);
  run(0);
  other.join();
  shard(0).mailbox.run();
  shard(1).mailbox.run();

  int complete = 0;
  for (const int index : {0, 1}) {
    for (const auto& ended : shard(index).sink.ended) {
      ASSERT_TRUE(ended.transfer.complete);
      ASSERT_EQ(ended.transfer.sha256, Sha256::of(as_byte_span(bytes)));
      ++complete;
    }
    EXPECT_EQ(shard(index).table.kept_bytes(), 0U);
  }
  EXPECT_EQ(complete, kObjects);
  EXPECT_EQ(shared.size(), 0U);
}

}  // namespace
}  // namespace sallyport
