#include "daemon/classify/worker_pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <future>
#include <thread>

namespace sallyport {
namespace {

class TextObject : public ObjectBytes {
 public:
  explicit TextObject(std::string text) : text_(std::move(text)) {}
  Bytes bytes() const override { return as_byte_span(text_); }
  int memfd() const override { return -1; }

 private:
  std::string text_;
};

constexpr std::chrono::milliseconds kLong{60'000};

WorkerPoolConfig one_worker() {
  WorkerPoolConfig config;
  config.command.program = SCRIPTED_WORKER;
  config.workers = 1;
  config.backoff_min = std::chrono::milliseconds(1);
  return config;
}

std::future<Findings> ask(WorkerPool& pool, const std::string& script, std::chrono::milliseconds deadline = kLong) {
  ClassifyRequest request;
  request.object = std::make_shared<TextObject>(script);
  request.sha256 = Sha256::of(as_byte_span(script));
  request.wanted = bit(FindingKind::kFace);
  request.deadline = deadline;
  auto promise = std::make_shared<std::promise<Findings>>();
  pool.classify(std::move(request), [promise](Findings findings) { promise->set_value(std::move(findings)); });
  return promise->get_future();
}

TEST(WorkerPool, AnswersAndSaysWhoLooked) {
  WorkerPool pool(one_worker());
  const Findings findings = ask(pool, "ok 3").get();
  EXPECT_EQ(findings.faces.size(), 3U);
  EXPECT_EQ(findings.looked_for, bit(FindingKind::kFace));
  EXPECT_EQ(findings.face_detector, "scripted");
  EXPECT_EQ(findings.not_inspected, std::nullopt);
}

TEST(WorkerPool, SecondTimeComesFromTheCache) {
  WorkerPool pool(one_worker());
  ask(pool, "ok 2").get();
  EXPECT_EQ(ask(pool, "ok 2").get().faces.size(), 2U);
  EXPECT_EQ(pool.stats().cache_hits.value(), 1U);
  EXPECT_EQ(pool.stats().answered.value(), 1U);
}

TEST(WorkerPool, CrashCostsOneVerdictAndTheNextImageIsFine) {
  WorkerPool pool(one_worker());
  auto crashed = ask(pool, "crash");
  auto next = ask(pool, "ok 1");
  EXPECT_EQ(crashed.get().not_inspected, NotInspected::kWorkerCrash);
  EXPECT_EQ(next.get().faces.size(), 1U);
  EXPECT_EQ(pool.stats().crashes.value(), 1U);
}

TEST(WorkerPool, WhatWasFoundInsideSurvivesACrashAndAHang) {
  WorkerPool pool(one_worker());
  EXPECT_EQ(ask(pool, "parts 3").get().parts.size(), 3U);
  const Findings crashed = ask(pool, "parts 2 crash").get();
  EXPECT_EQ(crashed.not_inspected, NotInspected::kWorkerCrash);
  EXPECT_EQ(crashed.parts.size(), 2U);
  EXPECT_EQ(crashed.looked_for, 0U);
  const Findings hung = ask(pool, "parts 2 hang", std::chrono::milliseconds(500)).get();
  EXPECT_EQ(hung.not_inspected, NotInspected::kDeadline);
  EXPECT_EQ(ask(pool, "ok 1").get().parts.size(), 0U);
}

TEST(WorkerPool, WhatKilledTwoWorkersIsGivenToNoThird) {
  WorkerPool pool(one_worker());
  for (int i = 0; i < 4; ++i) EXPECT_EQ(ask(pool, "parts 2 crash").get().parts.size(), 2U);
  EXPECT_EQ(pool.stats().crashes.value(), 2U);
  EXPECT_EQ(pool.stats().crashes_known.value(), 2U);
  EXPECT_EQ(ask(pool, "crash").get().not_inspected, NotInspected::kWorkerCrash) << "another object gets its try";
  EXPECT_EQ(pool.stats().crashes.value(), 3U);
}

TEST(WorkerPool, AWorkerMakesRoomForAFreshOneAfterItsTime) {
  WorkerPoolConfig config = one_worker();
  config.recycle_after = 2;
  WorkerPool pool(std::move(config));
  for (const char* script : {"ok 1", "ok 2", "ok 3", "ok 4", "ok 5"}) {
    EXPECT_EQ(ask(pool, script).get().not_inspected, std::nullopt);
  }
  while (pool.stats().recycled.value() == 0) std::this_thread::yield();
  EXPECT_EQ(ask(pool, "ok 6").get().faces.size(), 6U);
  EXPECT_EQ(pool.stats().crashes.value() + pool.stats().kills.value(), 0U);
}

TEST(WorkerPool, LeavingInTheMiddleIsACrash) {
  WorkerPool pool(one_worker());
  EXPECT_EQ(ask(pool, "leave").get().not_inspected, NotInspected::kWorkerCrash);
  EXPECT_EQ(ask(pool, "ok 1").get().not_inspected, std::nullopt);
}

TEST(WorkerPool, HangIsKilledAtItsDeadlineAndTheNextImageIsFine) {
  WorkerPool pool(one_worker());
  ask(pool, "ok 1").get();
  EXPECT_EQ(ask(pool, "hang", std::chrono::milliseconds(50)).get().not_inspected, NotInspected::kDeadline);
  EXPECT_EQ(ask(pool, "ok 2").get().faces.size(), 2U);
  EXPECT_EQ(pool.stats().kills.value(), 1U);
}

TEST(WorkerPool, KilledFromOutsideInMidImage) {
  WorkerPool pool(one_worker());
  ask(pool, "ok 1").get();
  const std::vector<pid_t> pids = pool.pids();
  ASSERT_EQ(pids.size(), 1U);
  auto hanging = ask(pool, "hang");
  while (pool.stats().busy.value() == 0) std::this_thread::yield();
  ::kill(pids[0], SIGKILL);
  EXPECT_EQ(hanging.get().not_inspected, NotInspected::kWorkerCrash);
  EXPECT_EQ(ask(pool, "ok 2").get().faces.size(), 2U);
}

TEST(WorkerPool, AReplyThatLiesIsNotBelieved) {
  for (const char* script : {"garbage", "other-id", "score-2"}) {
    WorkerPool pool(one_worker());
    EXPECT_EQ(ask(pool, script).get().not_inspected, NotInspected::kWorkerCrash) << script;
    EXPECT_EQ(pool.stats().bad_replies.value(), 1U) << script;
  }
}

TEST(WorkerPool, FullQueueAnswersAtOnce) {
  WorkerPoolConfig config = one_worker();
  config.queue_max = 1;
  WorkerPool pool(config);
  ask(pool, "ok 1").get();
  auto first = ask(pool, "hang");
  // The pool's thread takes the first from the queue at its own time; three more cannot all fit into one place.
  std::vector<std::future<Findings>> more;
  for (int i = 0; i < 3; ++i) more.push_back(ask(pool, "hang " + std::to_string(i)));
  EXPECT_GE(pool.stats().queue_full.value(), 1U);
  EXPECT_EQ(more.back().get().not_inspected, NotInspected::kWorkerUnavailable);
}

TEST(WorkerPool, ShutdownAnswersWhatWaits) {
  std::future<Findings> waiting;
  {
    WorkerPool pool(one_worker());
    waiting = ask(pool, "hang");
  }
  EXPECT_EQ(waiting.get().not_inspected, NotInspected::kWorkerUnavailable);
}

TEST(WorkerPool, AWorkerThatCannotStartIsSaidAndRequestsEndAtTheirDeadline) {
  WorkerPoolConfig config = one_worker();
  config.command.arguments = {"no-hello"};
  WorkerPool pool(config);
  EXPECT_EQ(ask(pool, "ok 1", std::chrono::milliseconds(200)).get().not_inspected, NotInspected::kDeadline);
  while (pool.last_error().empty()) std::this_thread::yield();  // a busy machine starts it later than that
  EXPECT_GE(pool.stats().start_failures.value(), 1U);
  EXPECT_THAT(pool.last_error(), ::testing::HasSubstr("sandbox"));
}

}  // namespace
}  // namespace sallyport
