#include "daemon/events/event_writer.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

#include "daemon/base/limits.h"
#include "daemon/base/log.h"
#include "daemon/events/event_builder.h"
#include "daemon/events/ocsf_encoder.h"

namespace sallyport {

namespace {

/// How long the keeper may have nothing to do before it is asked whether something has become too old.
constexpr std::chrono::seconds kTendInterval{60};

}  // namespace

struct EventWriter::Shared {
  struct Waiting {
    Event event;
    std::size_t bytes;
  };

  Shared(EventWriterConfig wanted, std::vector<std::unique_ptr<RecordSink>> outputs, std::shared_ptr<EventKeeper> first)
      : config(wanted), sinks(std::move(outputs)), keeper(std::move(first)) {}

  void run();
  bool take(std::vector<Event>& batch);
  void wait(std::unique_lock<std::mutex>& lock);
  void write(Event& event);
  bool put(Waiting waiting, std::size_t events_max, std::size_t bytes_max);

  const EventWriterConfig config;
  const std::vector<std::unique_ptr<RecordSink>> sinks;
  const std::shared_ptr<EventKeeper> keeper;
  bool more_to_tend = false;  // of the thread
  std::mutex mutex;
  std::condition_variable wake;      // something waits, or stopping
  std::condition_variable finished;  // the thread has left run()
  std::deque<Waiting> queue;         // guarded by mutex, as is all below
  std::size_t queued_bytes = 0;
  std::size_t told_in_hand = 0;  // taken and not yet written
  bool stopping = false;
  bool done = false;
  EventWriterStats stats;  // written under mutex
};

void EventWriter::Shared::run() {
  std::vector<Event> batch;
  while (take(batch)) {
    if (keeper && !batch.empty()) keeper->keep(batch);
    for (Event& event : batch) {
      if (is_told(event)) write(event);
    }
    if (keeper) more_to_tend = keeper->tend();
  }
  const std::lock_guard lock(mutex);
  done = true;
  finished.notify_all();
}

void EventWriter::Shared::wait(std::unique_lock<std::mutex>& lock) {
  const auto is_wanted = [this] { return stopping || !queue.empty(); };
  if (!keeper) return wake.wait(lock, is_wanted);
  wake.wait_for(lock, more_to_tend ? std::chrono::seconds(0) : kTendInterval, is_wanted);
}

/// False when stopping and nothing waits any more. An empty batch: nothing came for a while.
bool EventWriter::Shared::take(std::vector<Event>& batch) {
  batch.clear();
  std::unique_lock lock(mutex);
  wait(lock);
  if (stopping && queue.empty()) return false;
  while (!queue.empty() && batch.size() < limits::kEventBatchMax) {
    queued_bytes -= queue.front().bytes;
    told_in_hand += is_told(queue.front().event);
    batch.push_back(std::move(queue.front().event));
    queue.pop_front();
  }
  stats.queued_events.set(queue.size());
  stats.queued_bytes.set(queued_bytes);
  return true;
}

void EventWriter::Shared::write(Event& event) {
  shorten(event.findings);
  const std::string json = encode_ocsf(event);
  for (const auto& sink : sinks) sink->write({event, json});
  const std::lock_guard lock(mutex);
  --told_in_hand;
}

/// Under the mutex. False where there is no room, or none any more.
bool EventWriter::Shared::put(Waiting waiting, std::size_t events_max, std::size_t bytes_max) {
  if (stopping || queue.size() >= events_max || queued_bytes + waiting.bytes > bytes_max) {
    if (keeper) stats.unkept.add();
    return false;
  }
  queued_bytes += waiting.bytes;
  queue.push_back(std::move(waiting));
  stats.queued_events.set(queue.size());
  stats.queued_bytes.set(queued_bytes);
  wake.notify_one();
  return true;
}

EventWriter::EventWriter(EventWriterConfig config, std::vector<std::unique_ptr<RecordSink>> sinks,
                         std::shared_ptr<EventKeeper> keeper)
    : shared_(std::make_shared<Shared>(config, std::move(sinks), std::move(keeper))),
      thread_([shared = shared_] { shared->run(); }) {}

EventWriter::~EventWriter() {
  stop();
}

void EventWriter::publish(Event event) {
  Shared& shared = *shared_;
  const std::size_t bytes = estimated_bytes(event);
  const std::lock_guard lock(shared.mutex);
  if (shared.put({std::move(event), bytes}, shared.config.queue_events_max, shared.config.queue_bytes_max)) {
    shared.stats.published.add();
  } else {
    (shared.stopping ? shared.stats.dropped_stopped : shared.stats.dropped_queue_full).add();
  }
}

void EventWriter::keep(Event event) {
  Shared& shared = *shared_;
  if (!shared.keeper) return;
  const std::size_t bytes = estimated_bytes(event);
  const std::lock_guard lock(shared.mutex);
  shared.put({std::move(event), bytes}, shared.config.queue_events_max / 2, shared.config.queue_bytes_max / 2);
}

void EventWriter::stop() {
  if (!thread_.joinable()) return;
  std::unique_lock lock(shared_->mutex);
  shared_->stopping = true;
  shared_->wake.notify_one();
  if (shared_->finished.wait_for(lock, shared_->config.flush_timeout, [this] { return shared_->done; })) {
    lock.unlock();
    thread_.join();
    return;
  }
  const auto told = std::count_if(shared_->queue.begin(), shared_->queue.end(),
                                  [](const Shared::Waiting& waiting) { return is_told(waiting.event); });
  const std::size_t lost = static_cast<std::size_t>(told) + shared_->told_in_hand;
  shared_->stats.lost_at_shutdown.add(lost);
  if (shared_->keeper) shared_->stats.unkept.add(shared_->queue.size());
  shared_->queue.clear();
  lock.unlock();
  thread_.detach();
  log_error("events lost at shutdown", {{"events", lost}, {"reason", "a sink did not take them in time"}});
}

void EventWriter::reopen() {
  for (const auto& sink : shared_->sinks) sink->reopen();
}

const EventWriterStats& EventWriter::stats() const {
  return shared_->stats;
}
const std::vector<std::unique_ptr<RecordSink>>& EventWriter::sinks() const {
  return shared_->sinks;
}

std::size_t estimated_bytes(const Event& event) {
  const TransferFacts& facts = event.transfer.facts;
  std::size_t bytes = sizeof(Event) + event.id.size() + event.sensor.size() + event.front_end.size();
  for (const std::string* const text :
       {&facts.method, &facts.host, &facts.path, &facts.file_name, &facts.form_field, &facts.inside, &facts.source,
        &facts.share, &facts.user, &facts.media_type, &facts.etag, &facts.alpn, &event.verdict.policy_digest,
        &event.findings.face_detector, &event.findings.plate_detector}) {
    bytes += text->size();
  }
  for (const RuleMatch& match : event.verdict.matches) bytes += sizeof match + match.rule.size() + match.reason.size();
  for (const FingerprintMatch& match : event.findings.matches) {
    bytes += sizeof match + match.set.size() + match.item.size();
  }
  bytes += event.transfer.other_parties.size() * sizeof(Parties);
  bytes += (event.findings.faces.size() + event.findings.plates.size()) * sizeof(Detection);
  for (const Part& part : event.findings.parts) {
    bytes += sizeof part + part.path.size() + (part.faces.size() + part.plates.size()) * sizeof(Detection);
    bytes += part.matches.size() * sizeof(FingerprintMatch);
  }
  return bytes + event.transfer.account.missing.size() * sizeof(ByteRange);
}

}  // namespace sallyport
