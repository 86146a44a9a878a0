// The classifier of one gateway: a fixed number of sandboxed worker processes, each busy with one image at a time.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "daemon/base/counter.h"
#include "daemon/base/unique_fd.h"
#include "daemon/classify/classifier.h"
#include "daemon/classify/crash_memory.h"
#include "daemon/classify/result_cache.h"
#include "daemon/classify/worker_client.h"
#include "daemon/classify/worker_process.h"

namespace sallyport {

struct WorkerPoolConfig {
  WorkerCommand command;
  std::size_t workers = 2;
  /// Requests that wait for a worker; one more is answered kWorkerUnavailable at once.
  std::size_t queue_max = 256;
  std::size_t cache_entries = 4096;
  std::size_t crash_entries = 1024;             ///< objects that killed a worker
  std::size_t recycle_after = 10'000;           ///< objects; then a worker makes room for a fresh one, when none waits
  std::uint64_t pixels_max = 100'000'000;       ///< of one image; more is answered kTooLarge
  std::chrono::milliseconds start_max{20'000};  ///< for a worker to say Hello
  std::chrono::milliseconds backoff_min{100};   ///< before a second start in a row; doubles each time
  std::chrono::milliseconds backoff_max{10'000};
};

/// Counted by the pool's own thread, but for `queue_full`, `cache_hits`, `crashes_known` and `requests`, which are
/// under its lock.
struct WorkerPoolStats {
  Counter requests;
  Counter cache_hits;
  Counter crashes_known;  ///< answered without a worker: the object had killed some
  Counter queue_full;
  Counter answered;
  Counter deadlines;  ///< in the queue or in a worker
  Counter starts;
  Counter crashes;     ///< died by a signal of its own making, or left
  Counter violations;  ///< killed by seccomp
  Counter kills;       ///< killed by us at a deadline
  Counter recycled;    ///< ended by us after their time
  Counter bad_replies;
  Counter start_failures;
  Counter up;      ///< gauge: workers that have said Hello
  Counter busy;    ///< gauge
  Counter queued;  ///< gauge
};

/// See Classifier. One thread inside watches all workers; it holds the lock only to move requests in and out of the
/// queue. Destruction answers everything that waits with kWorkerUnavailable and ends the workers.
class WorkerPool : public Classifier {
 public:
  explicit WorkerPool(WorkerPoolConfig config);
  ~WorkerPool() override;
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  void classify(ClassifyRequest request, std::function<void(Findings)> done) override;

  const WorkerPoolStats& stats() const { return stats_; }
  /// What the newest worker said of itself; nothing until one is up. Any thread.
  std::optional<WorkerHello> hello() const;
  /// Why the last start failed; empty when it did not. Any thread.
  std::string last_error() const;
  /// Process ids of the workers that run now. Any thread; for status and fault tests.
  std::vector<pid_t> pids() const;

 private:
  using Clock = std::chrono::steady_clock;
  struct Pending {
    ClassifyRequest request;
    std::function<void(Findings)> done;
    Clock::time_point deadline;
  };
  enum class SlotState { kDown, kStarting, kIdle, kBusy };
  struct Slot {
    SlotState state = SlotState::kDown;
    std::optional<WorkerProcess> process;
    WorkerHello hello;
    Clock::time_point until{};  // kDown: next start; kStarting: Hello due; kBusy: verdict due
    std::chrono::milliseconds backoff{0};
    std::optional<Pending> job;
    std::uint64_t job_id = 0;
    std::uint64_t served = 0;  // objects of this process
    Findings findings;         // of the job, so far: images inside the object come one by one
  };

  void run();
  void wait_for_events(Clock::time_point now);
  void read_slot(Slot& slot, Clock::time_point now);
  void handle_message(Slot& slot, Bytes message, Clock::time_point now);
  void start(Slot& slot, Clock::time_point now);
  void check_timeouts(Slot& slot, Clock::time_point now);
  void lose(Slot& slot, NotInspected reason, Clock::time_point now);
  void recycle(Slot& slot, Clock::time_point now);
  void give_work(Clock::time_point now);
  void expire_queue(Clock::time_point now);
  void assign(Slot& slot, Pending pending);
  void finish(Pending pending, Findings findings);
  void count_exit(WorkerExit exit);
  void publish_state();
  void remember_error(std::string message);
  Clock::time_point next_wake(Clock::time_point now) const;
  std::vector<Pending> take_all();

  const WorkerPoolConfig config_;
  WorkerPoolStats stats_;
  std::vector<Slot> slots_;  // the pool's thread only
  std::uint64_t last_job_id_ = 0;
  UniqueFd wake_;

  mutable std::mutex mutex_;
  std::deque<Pending> queue_;  // guarded by mutex_, as is all below
  ResultCache cache_;
  CrashMemory crash_memory_;
  std::optional<WorkerHello> hello_;
  std::string last_error_;
  std::vector<pid_t> pids_;
  bool stopping_ = false;

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace sallyport
