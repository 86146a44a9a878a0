#include "daemon/events/event_writer.h"

#include <gtest/gtest.h>

#include <future>
#include <latch>
#include <mutex>

#include "daemon/events/callback_sink.h"
#include "daemon/events/direct_event_sink.h"
#include "tests/support/sample_event.h"

namespace sallyport {
namespace {

std::vector<std::unique_ptr<RecordSink>> one(std::unique_ptr<RecordSink> sink) {
  std::vector<std::unique_ptr<RecordSink>> sinks;
  sinks.push_back(std::move(sink));
  return sinks;
}

/// Blocks in its first write until it is let go, and tells when it is there and when it is destroyed.
struct Gate {
  std::latch entered{1};
  std::latch let_go{1};
  std::promise<void> destroyed;
  std::atomic<int> written{0};
};

class GatedSink : public RecordSink {
 public:
  explicit GatedSink(std::shared_ptr<Gate> gate) : gate_(std::move(gate)) {}
  ~GatedSink() override { gate_->destroyed.set_value(); }
  std::string_view name() const override { return "gated"; }

 private:
  bool put(const EventRecord&) override {
    if (gate_->written == 0) gate_->entered.count_down();
    gate_->let_go.wait();
    ++gate_->written;
    return true;
  }
  std::shared_ptr<Gate> gate_;
};

Event event_with_id(std::string id) {
  Event event = test::sample_event();
  event.id = std::move(id);
  return event;
}

TEST(EventWriter, WritesEverythingInOrderBeforeStopReturns) {
  std::vector<std::string> ids;
  EventWriter writer({}, one(std::make_unique<CallbackSink>([&](const EventRecord& r) { ids.push_back(r.event.id); })));
  for (const char* id : {"a", "b", "c"}) writer.publish(event_with_id(id));
  writer.stop();
  EXPECT_EQ(ids, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(writer.stats().published.value(), 3U);
  EXPECT_EQ(writer.sinks()[0]->stats().written.value(), 3U);
  EXPECT_EQ(writer.stats().queued_bytes.value(), 0U);
  writer.publish(event_with_id("late"));
  EXPECT_EQ(writer.stats().dropped_stopped.value(), 1U);
}

TEST(EventWriter, FullQueueDropsAndCounts) {
  auto gate = std::make_shared<Gate>();
  EventWriterConfig config;
  config.queue_events_max = 2;
  EventWriter writer(config, one(std::make_unique<GatedSink>(gate)));
  writer.publish(event_with_id("taken"));
  gate->entered.wait();
  for (int i = 0; i < 5; ++i) writer.publish(event_with_id("more"));
  EXPECT_EQ(writer.stats().published.value(), 3U);
  EXPECT_EQ(writer.stats().dropped_queue_full.value(), 3U);
  EXPECT_EQ(writer.stats().queued_events.value(), 2U);
  gate->let_go.count_down();
  writer.stop();
  EXPECT_EQ(gate->written, 3);
}

TEST(EventWriter, BytesBoundTheQueueToo) {
  auto gate = std::make_shared<Gate>();
  EventWriterConfig config;
  config.queue_bytes_max = 2 * estimated_bytes(test::sample_event()) + 1;
  EventWriter writer(config, one(std::make_unique<GatedSink>(gate)));
  writer.publish(test::sample_event());
  gate->entered.wait();
  for (int i = 0; i < 3; ++i) writer.publish(test::sample_event());
  EXPECT_EQ(writer.stats().dropped_queue_full.value(), 1U);
  gate->let_go.count_down();
}

TEST(EventWriter, StopDoesNotWaitForAHangingSink) {
  auto gate = std::make_shared<Gate>();
  EventWriterConfig config;
  config.flush_timeout = std::chrono::milliseconds(0);
  {
    EventWriter writer(config, one(std::make_unique<GatedSink>(gate)));
    writer.publish(event_with_id("hangs"));
    gate->entered.wait();
    writer.publish(event_with_id("waits"));
    writer.stop();
    EXPECT_EQ(writer.stats().lost_at_shutdown.value(), 2U);
  }
  gate->let_go.count_down();
  gate->destroyed.get_future().wait();
}

TEST(EventWriter, ManyThreadsPublish) {
  std::atomic<int> count{0};
  EventWriterConfig config;
  config.queue_events_max = 100000;
  EventWriter writer(config, one(std::make_unique<CallbackSink>([&](const EventRecord&) { ++count; })));
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) writer.publish(test::sample_event());
    });
  }
  for (std::thread& thread : threads) thread.join();
  writer.stop();
  EXPECT_EQ(count, 200);
}

TEST(DirectEventSink, WritesBeforePublishReturns) {
  int count = 0;
  DirectEventSink sink(one(std::make_unique<CallbackSink>([&](const EventRecord& record) {
    ++count;
    EXPECT_NE(record.ocsf_json.find("2006"), std::string_view::npos);
  })));
  sink.publish(test::sample_event());
  EXPECT_EQ(count, 1);
}

}  // namespace
}  // namespace sallyport
