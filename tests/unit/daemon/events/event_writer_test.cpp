#include "daemon/events/event_writer.h"

#include <gtest/gtest.h>

#include <future>
#include <latch>
#include <map>
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

Event event_for_the_keeper(std::string id) {
  Event event = event_with_id(std::move(id));
  event.verdict.matches.clear();
  event.verdict.record = false;
  return event;
}

/// Notes what was kept and written, in order.
struct Notes {
  std::mutex mutex;
  std::vector<std::string> lines;
  std::size_t tended = 0;

  void add(std::string line) {
    const std::lock_guard lock(mutex);
    lines.push_back(std::move(line));
  }
};

class NotingKeeper : public EventKeeper {
 public:
  explicit NotingKeeper(Notes& notes) : notes_(notes) {}
  void keep(std::span<const Event> events) override {
    for (const Event& event : events) notes_.add("keep " + event.id);
  }
  bool tend() override { return ++notes_.tended < 10; }

 private:
  Notes& notes_;
};

std::unique_ptr<RecordSink> noting_sink(Notes& notes) {
  return std::make_unique<CallbackSink>([&notes](const EventRecord& record) { notes.add("write " + record.event.id); });
}

TEST(EventWriter, AnEventIsKeptBeforeItIsWritten) {
  Notes notes;
  EventWriter writer({}, one(noting_sink(notes)), std::make_shared<NotingKeeper>(notes));
  for (int i = 0; i < 1000; ++i) writer.publish(event_with_id(std::to_string(i)));
  writer.stop();
  std::map<std::string, std::size_t> place;
  for (std::size_t i = 0; i < notes.lines.size(); ++i) place[notes.lines[i]] = i + 1;
  ASSERT_EQ(notes.lines.size(), 2000U);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_LT(place["keep " + std::to_string(i)], place["write " + std::to_string(i)]) << i;
    EXPECT_GT(place["keep " + std::to_string(i)], 0U);
  }
}

TEST(EventWriter, WhatNobodyIsToldOfIsOnlyKept) {
  Notes notes;
  EventWriter writer({}, one(noting_sink(notes)), std::make_shared<NotingKeeper>(notes));
  writer.keep(event_for_the_keeper("quiet"));
  writer.stop();
  EXPECT_EQ(notes.lines, (std::vector<std::string>{"keep quiet"}));
  EXPECT_EQ(writer.stats().published.value(), 0U);
}

TEST(EventWriter, WithoutAKeeperWhatNobodyIsToldOfTakesNoRoom) {
  Notes notes;
  EventWriter writer({}, one(noting_sink(notes)));
  writer.keep(event_for_the_keeper("quiet"));
  writer.stop();
  EXPECT_TRUE(notes.lines.empty());
  EXPECT_EQ(writer.stats().unkept.value(), 0U);
}

TEST(EventWriter, WhatIsOnlyKeptLeavesHalfOfTheQueueToEvents) {
  auto gate = std::make_shared<Gate>();
  Notes notes;
  EventWriterConfig config;
  config.queue_events_max = 4;
  EventWriter writer(config, one(std::make_unique<GatedSink>(gate)), std::make_shared<NotingKeeper>(notes));
  writer.publish(event_with_id("taken"));
  gate->entered.wait();
  for (int i = 0; i < 5; ++i) writer.keep(event_for_the_keeper("quiet"));
  EXPECT_EQ(writer.stats().queued_events.value(), 2U);
  EXPECT_EQ(writer.stats().unkept.value(), 3U);
  for (int i = 0; i < 5; ++i) writer.publish(event_with_id("told"));
  EXPECT_EQ(writer.stats().queued_events.value(), 4U);
  EXPECT_EQ(writer.stats().dropped_queue_full.value(), 3U);
  EXPECT_EQ(writer.stats().unkept.value(), 6U) << "an event that is dropped is not in the ledger either";
  gate->let_go.count_down();
  writer.stop();
  EXPECT_EQ(gate->written, 3);
}

TEST(EventWriter, AKeeperThatHasMoreToTendIsAskedAgain) {
  Notes notes;
  std::promise<void> wanted;
  class CountingKeeper : public EventKeeper {
   public:
    explicit CountingKeeper(std::promise<void>& done) : done_(done) {}
    void keep(std::span<const Event>) override {}
    bool tend() override {
      if (++asked_ == 10) done_.set_value();
      return asked_ < 10;
    }

   private:
    std::promise<void>& done_;
    int asked_ = 0;
  };
  EventWriter writer({}, one(noting_sink(notes)), std::make_shared<CountingKeeper>(wanted));
  writer.publish(event_with_id("one"));
  wanted.get_future().wait();
  writer.stop();
}

TEST(DirectEventSink, KeepsBeforeItWritesAndTheRestInTheEnd) {
  Notes notes;
  NotingKeeper keeper(notes);
  {
    DirectEventSink sink(one(noting_sink(notes)), &keeper);
    sink.keep(event_for_the_keeper("quiet"));
    sink.publish(event_with_id("told"));
    sink.keep(event_for_the_keeper("last"));
  }
  EXPECT_EQ(notes.lines, (std::vector<std::string>{"keep quiet", "keep told", "write told", "keep last"}));
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
