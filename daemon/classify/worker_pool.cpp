#include "daemon/classify/worker_pool.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "daemon/base/check.h"
#include "daemon/base/log.h"

namespace sallyport {
namespace {

/// From a dying worker's closed socket to the moment it can be reaped; a core dump or a large unmap takes its time.
constexpr std::chrono::milliseconds kDyingTime{500};

Findings not_inspected(NotInspected reason) {
  Findings findings;
  findings.not_inspected = reason;
  return findings;
}

/// A worker stops early enough that its last answer comes before it would be killed.
std::chrono::milliseconds unpacking_time(std::chrono::steady_clock::duration left) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(left) * 3 / 4;
}

void wake(int event_fd) {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(event_fd, &one, sizeof one);
}

}  // namespace

WorkerPool::WorkerPool(WorkerPoolConfig config)
    : config_(std::move(config)),
      slots_(config_.workers),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      cache_(config_.cache_entries),
      crash_memory_(config_.crash_entries) {
  SALLYPORT_CHECK(wake_.get() >= 0);
  thread_ = std::thread([this] { run(); });
}

WorkerPool::~WorkerPool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake(wake_.get());
  thread_.join();
}

void WorkerPool::classify(ClassifyRequest request, std::function<void(Findings)> done) {
  std::optional<Findings> answer;
  {
    const std::lock_guard lock(mutex_);
    stats_.requests.add();
    if (auto known = cache_.find(request)) {
      stats_.cache_hits.add();
      answer = std::move(*known);
    } else if (auto crashed = crash_memory_.find(request.sha256, Clock::now())) {
      stats_.crashes_known.add();
      answer = std::move(*crashed);
    } else if (stopping_ || queue_.size() >= config_.queue_max) {
      stats_.queue_full.add();
      answer = not_inspected(NotInspected::kWorkerUnavailable);
    } else {
      const auto deadline = Clock::now() + request.deadline;
      queue_.push_back({std::move(request), std::move(done), deadline});
      stats_.queued.set(queue_.size());
    }
  }
  if (answer) return done(std::move(*answer));
  wake(wake_.get());
}

std::optional<WorkerHello> WorkerPool::hello() const {
  const std::lock_guard lock(mutex_);
  return hello_;
}

std::string WorkerPool::last_error() const {
  const std::lock_guard lock(mutex_);
  return last_error_;
}

std::vector<pid_t> WorkerPool::pids() const {
  const std::lock_guard lock(mutex_);
  return pids_;
}

void WorkerPool::run() {
  for (;;) {
    const auto now = Clock::now();
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) break;
    }
    for (Slot& slot : slots_) check_timeouts(slot, now);
    expire_queue(now);
    give_work(now);
    publish_state();
    wait_for_events(now);
  }
  for (Slot& slot : slots_) {
    if (slot.job) finish(*std::exchange(slot.job, std::nullopt), not_inspected(NotInspected::kWorkerUnavailable));
    slot.process.reset();
  }
  for (Pending& pending : take_all()) finish(std::move(pending), not_inspected(NotInspected::kWorkerUnavailable));
}

void WorkerPool::wait_for_events(Clock::time_point now) {
  std::vector<pollfd> polled{{wake_.get(), POLLIN, 0}};
  std::vector<Slot*> owners;
  for (Slot& slot : slots_) {
    if (!slot.process) continue;
    polled.push_back({slot.process->socket(), POLLIN, 0});
    owners.push_back(&slot);
  }
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(next_wake(now) - now);
  ::poll(polled.data(), polled.size(), static_cast<int>(std::max<long>(0, wait.count())));
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t drained = ::read(wake_.get(), &count, sizeof count);
  const auto later = Clock::now();
  for (std::size_t i = 0; i < owners.size(); ++i) {
    if (polled[i + 1].revents != 0) read_slot(*owners[i], later);
  }
}

WorkerPool::Clock::time_point WorkerPool::next_wake(Clock::time_point now) const {
  auto next = now + std::chrono::seconds(1);
  for (const Slot& slot : slots_) {
    if (slot.state != SlotState::kIdle) next = std::min(next, slot.until);
  }
  const std::lock_guard lock(mutex_);
  for (const Pending& pending : queue_) next = std::min(next, pending.deadline);
  return next;
}

void WorkerPool::read_slot(Slot& slot, Clock::time_point now) {
  std::array<std::byte, kWorkerMessageBytesMax> buffer;
  const ssize_t size = ::recv(slot.process->socket(), buffer.data(), buffer.size(), MSG_DONTWAIT | MSG_TRUNC);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size <= 0) return lose(slot, NotInspected::kWorkerCrash, now);
  if (static_cast<std::size_t>(size) > buffer.size()) {
    stats_.bad_replies.add();
    return lose(slot, NotInspected::kWorkerCrash, now);
  }
  handle_message(slot, Bytes(buffer).first(static_cast<std::size_t>(size)), now);
}

void WorkerPool::handle_message(Slot& slot, Bytes message, Clock::time_point now) {
  if (slot.state == SlotState::kStarting) {
    if (auto hello = parse_worker_hello(message)) {
      slot.hello = std::move(*hello);
      slot.state = SlotState::kIdle;
      return;
    }
  } else if (slot.state == SlotState::kBusy) {
    const ClassifyRequest& request = slot.job->request;
    const ExpectedReply expected{slot.job_id, request.wanted, request.overlays.size()};
    const ReplyKind kind = parse_classify_reply(message, expected, slot.hello, slot.findings);
    if (kind == ReplyKind::kPart) return;
    if (kind == ReplyKind::kLast) {
      slot.state = SlotState::kIdle;
      slot.backoff = {};
      stats_.answered.add();
      ++slot.served;
      finish(*std::exchange(slot.job, std::nullopt), std::exchange(slot.findings, {}));
      return;
    }
  }
  stats_.bad_replies.add();
  log_error("a worker sent a message that makes no sense; it is replaced", {{"pid", slot.process->pid()}});
  lose(slot, NotInspected::kWorkerCrash, now);
}

void WorkerPool::start(Slot& slot, Clock::time_point now) {
  // The first start after a quiet time is at once; what dies again and again waits longer each time.
  slot.backoff = std::clamp(slot.backoff * 2, config_.backoff_min, config_.backoff_max);
  Result<WorkerProcess> process = WorkerProcess::start(config_.command);
  stats_.starts.add();
  if (!process) {
    stats_.start_failures.add();
    remember_error(process.error().message);
    log_error("cannot start a worker", {{"error", process.error().message}});
    slot.until = now + slot.backoff;
    return;
  }
  slot.process.emplace(std::move(*process));
  slot.state = SlotState::kStarting;
  slot.served = 0;
  slot.until = now + config_.start_max;
}

void WorkerPool::check_timeouts(Slot& slot, Clock::time_point now) {
  if (slot.state == SlotState::kIdle || now < slot.until) return;
  if (slot.state == SlotState::kDown) return start(slot, now);
  if (slot.state == SlotState::kBusy) stats_.deadlines.add();
  lose(slot, NotInspected::kDeadline, now);
}

void WorkerPool::lose(Slot& slot, NotInspected reason, Clock::time_point now) {
  const bool was_starting = slot.state == SlotState::kStarting;
  const pid_t pid = slot.process->pid();
  const WorkerExit exit =
      slot.process->stop(reason == NotInspected::kWorkerCrash ? kDyingTime : std::chrono::milliseconds(0));
  slot.process.reset();
  slot.state = SlotState::kDown;
  slot.until = now + slot.backoff;
  if (slot.backoff <= config_.backoff_min && !was_starting) slot.until = now;
  count_exit(exit);
  if (was_starting) {
    stats_.start_failures.add();
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(config_.start_max).count();
    remember_error(reason == NotInspected::kDeadline
                       ? "the worker was not ready within " + std::to_string(seconds) + " s; is the machine overloaded?"
                       : "the worker ended before it was in its sandbox; run sallyport-worker by hand to see why");
  }
  log_warning("a worker was lost", {{"pid", pid}, {"reason", to_string(reason)}, {"starting", was_starting}});
  if (!slot.job) return;
  Findings findings = std::exchange(slot.findings, {});  // what was found inside the object before still holds
  findings.looked_for = 0;
  findings.not_inspected = reason;
  if (reason == NotInspected::kWorkerCrash) {
    const std::lock_guard lock(mutex_);
    crash_memory_.note(slot.job->request.sha256, findings, exit == WorkerExit::kViolation, now);
  }
  finish(*std::exchange(slot.job, std::nullopt), std::move(findings));
}

/// What a decoder leaks, or a hostile image left behind, goes with the process.
void WorkerPool::recycle(Slot& slot, Clock::time_point now) {
  slot.process.reset();
  slot.state = SlotState::kDown;
  slot.until = now;
  stats_.recycled.add();
}

void WorkerPool::count_exit(WorkerExit exit) {
  if (exit == WorkerExit::kStopped) return stats_.kills.add();
  (exit == WorkerExit::kViolation ? stats_.violations : stats_.crashes).add();
}

void WorkerPool::expire_queue(Clock::time_point now) {
  std::vector<Pending> late;
  {
    const std::lock_guard lock(mutex_);
    for (auto next = queue_.begin(); next != queue_.end();) {
      if (next->deadline > now) {
        ++next;
        continue;
      }
      late.push_back(std::move(*next));
      next = queue_.erase(next);
    }
  }
  for (Pending& pending : late) {
    stats_.deadlines.add();
    finish(std::move(pending), not_inspected(NotInspected::kDeadline));
  }
}

void WorkerPool::give_work(Clock::time_point now) {
  for (Slot& slot : slots_) {
    if (slot.state != SlotState::kIdle) continue;
    std::optional<Pending> next;
    {
      const std::lock_guard lock(mutex_);
      if (!queue_.empty()) {
        next = std::move(queue_.front());
        queue_.pop_front();
      }
    }
    if (!next) {
      if (slot.served >= config_.recycle_after) recycle(slot, now);
      continue;
    }
    assign(slot, std::move(*next));
    if (slot.state != SlotState::kBusy) lose(slot, NotInspected::kWorkerCrash, now);
  }
}

void WorkerPool::assign(Slot& slot, Pending pending) {
  slot.job_id = ++last_job_id_;
  slot.findings = {};
  slot.findings.overlays = pending.request.overlays;
  const Status sent = send_classify_request(slot.process->socket(), slot.job_id, pending.request,
                                            {config_.pixels_max, unpacking_time(pending.deadline - Clock::now())});
  slot.until = pending.deadline;
  slot.job = std::move(pending);
  if (sent) {
    slot.state = SlotState::kBusy;
  } else {
    log_error("cannot give an image to a worker", {{"error", sent.error().message}});
  }
}

void WorkerPool::finish(Pending pending, Findings findings) {
  if (!findings.not_inspected) {
    const std::lock_guard lock(mutex_);
    cache_.store(pending.request.sha256, findings);
  }
  pending.done(std::move(findings));
}

std::vector<WorkerPool::Pending> WorkerPool::take_all() {
  const std::lock_guard lock(mutex_);
  std::vector<Pending> all(std::make_move_iterator(queue_.begin()), std::make_move_iterator(queue_.end()));
  queue_.clear();
  return all;
}

void WorkerPool::remember_error(std::string message) {
  const std::lock_guard lock(mutex_);
  last_error_ = std::move(message);
}

void WorkerPool::publish_state() {
  std::uint64_t up = 0;
  std::uint64_t busy = 0;
  const std::lock_guard lock(mutex_);
  pids_.clear();
  for (const Slot& slot : slots_) {
    if (slot.process) pids_.push_back(slot.process->pid());
    if (slot.state != SlotState::kIdle && slot.state != SlotState::kBusy) continue;
    ++up;
    busy += slot.state == SlotState::kBusy;
    hello_ = slot.hello;
    last_error_.clear();
  }
  stats_.up.set(up);
  stats_.busy.set(busy);
  stats_.queued.set(queue_.size());
}

}  // namespace sallyport
