#include "daemon/events/event_writer.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

#include "daemon/base/log.h"
#include "daemon/events/ocsf_encoder.h"

namespace sallyport {

struct EventWriter::Shared {
  struct Waiting {
    Event event;
    std::size_t bytes;
  };

  Shared(EventWriterConfig wanted, std::vector<std::unique_ptr<RecordSink>> outputs)
      : config(wanted), sinks(std::move(outputs)) {}

  void run();
  bool take(Waiting& next);
  void write(const Event& event);

  const EventWriterConfig config;
  const std::vector<std::unique_ptr<RecordSink>> sinks;
  std::mutex mutex;
  std::condition_variable wake;      // something waits, or stopping
  std::condition_variable finished;  // the thread has left run()
  std::deque<Waiting> queue;         // guarded by mutex, as is all below
  std::size_t queued_bytes = 0;
  bool stopping = false;
  bool done = false;
  EventWriterStats stats;  // written under mutex
};

void EventWriter::Shared::run() {
  Waiting next;
  while (take(next)) write(next.event);
  const std::lock_guard lock(mutex);
  done = true;
  finished.notify_all();
}

/// False when stopping and nothing waits any more.
bool EventWriter::Shared::take(Waiting& next) {
  std::unique_lock lock(mutex);
  wake.wait(lock, [this] { return stopping || !queue.empty(); });
  if (queue.empty()) return false;
  next = std::move(queue.front());
  queue.pop_front();
  queued_bytes -= next.bytes;
  stats.queued_events.set(queue.size());
  stats.queued_bytes.set(queued_bytes);
  return true;
}

void EventWriter::Shared::write(const Event& event) {
  const std::string json = encode_ocsf(event);
  for (const auto& sink : sinks) sink->write({event, json});
}

EventWriter::EventWriter(EventWriterConfig config, std::vector<std::unique_ptr<RecordSink>> sinks)
    : shared_(std::make_shared<Shared>(config, std::move(sinks))), thread_([shared = shared_] { shared->run(); }) {}

EventWriter::~EventWriter() {
  stop();
}

void EventWriter::publish(Event event) {
  const std::size_t bytes = estimated_bytes(event);
  Shared& shared = *shared_;
  const std::lock_guard lock(shared.mutex);
  if (shared.stopping) return shared.stats.dropped_stopped.add();
  const bool full = shared.queue.size() >= shared.config.queue_events_max ||
                    bytes > shared.config.queue_bytes_max - shared.queued_bytes;
  if (full) return shared.stats.dropped_queue_full.add();
  shared.queue.push_back({std::move(event), bytes});
  shared.queued_bytes += bytes;
  shared.stats.published.add();
  shared.stats.queued_events.set(shared.queue.size());
  shared.stats.queued_bytes.set(shared.queued_bytes);
  shared.wake.notify_one();
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
  const std::size_t lost = shared_->queue.size() + 1;  // and the one that the sink hangs on
  shared_->stats.lost_at_shutdown.add(lost);
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
        &facts.share, &facts.user, &facts.media_type, &facts.etag, &event.verdict.policy_digest,
        &event.findings.face_detector, &event.findings.plate_detector}) {
    bytes += text->size();
  }
  for (const RuleMatch& match : event.verdict.matches) bytes += sizeof match + match.rule.size() + match.reason.size();
  for (const FingerprintMatch& match : event.findings.matches) {
    bytes += sizeof match + match.set.size() + match.item.size();
  }
  bytes += (event.findings.faces.size() + event.findings.plates.size()) * sizeof(Detection);
  return bytes + event.transfer.account.missing.size() * sizeof(ByteRange);
}

}  // namespace sallyport
