// The end of the way: events from every shard, to every sink, on a thread of their own.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <thread>
#include <vector>

#include "daemon/base/counter.h"
#include "daemon/contract/event.h"
#include "daemon/events/record_sink.h"

namespace sallyport {

struct EventWriterConfig {
  std::size_t queue_events_max = 16384;                 ///< events waiting; some seconds of the busiest gateway
  std::size_t queue_bytes_max = std::size_t{64} << 20;  ///< bytes of memory that waiting events may take, estimated
  std::chrono::milliseconds flush_timeout{5000};        ///< how long stop() waits for slow sinks
};

struct EventWriterStats {
  Counter published;           ///< accepted into the queue
  Counter dropped_queue_full;  ///< refused: the queue was full
  Counter dropped_stopped;     ///< refused: stop() had been called
  Counter lost_at_shutdown;    ///< accepted, and not written when flush_timeout was over
  Counter unkept;              ///< did not come as far as the keeper: the queue was full, or the time for it was over
  Counter queued_events;       ///< gauge: waiting now
  Counter queued_bytes;        ///< gauge: estimated bytes waiting now
};

/// publish() from any thread takes a short lock and never waits for a sink. Every sink gets every event, in one order;
/// a sink that loses events does not keep the others from theirs. What waits is taken a batch at a time: the keeper, if
/// there is one, has all of a batch before any sink gets an event of it. What is only to be kept may fill half of the
/// queue: it never takes the place of an event.
class EventWriter : public EventSink {
 public:
  EventWriter(EventWriterConfig config, std::vector<std::unique_ptr<RecordSink>> sinks,
              std::shared_ptr<EventKeeper> keeper = nullptr);
  /// stop(), if nobody has.
  ~EventWriter() override;

  void publish(Event event) override;
  void keep(Event event) override;
  /// Writes what waits, for at most flush_timeout; what is left then is counted as lost. A sink that hangs in a system
  /// call cannot be ended: its thread is left behind with what it needs, and this returns all the same.
  void stop();
  /// Passes RecordSink::reopen() on.
  void reopen();

  const EventWriterStats& stats() const;
  /// In the order of construction. Valid until stop() has timed out; afterwards only while the process ends.
  const std::vector<std::unique_ptr<RecordSink>>& sinks() const;

 private:
  struct Shared;

  std::shared_ptr<Shared> shared_;  // also held by the thread, which may outlive this object when a sink hangs
  std::thread thread_;
};

/// Bytes of memory that an event takes while it waits, to within what matters for a limit.
std::size_t estimated_bytes(const Event& event);

}  // namespace sallyport
