// Events without a queue: for a program that reads a capture file and must lose none. The daemon uses event_writer.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "daemon/contract/event.h"
#include "daemon/events/record_sink.h"

namespace sallyport {

/// publish() writes to every sink before it returns, one caller at a time: it may block, unlike what EventSink
/// promises. The keeper, if there is one, has an event before any sink.
class DirectEventSink : public EventSink {
 public:
  explicit DirectEventSink(std::vector<std::unique_ptr<RecordSink>> sinks, EventKeeper* keeper = nullptr)
      : keeper_(keeper), sinks_(std::move(sinks)) {}
  /// flush().
  ~DirectEventSink() override;

  void publish(Event event) override;
  void keep(Event event) override;
  /// Has the keeper keep what waits for more of its kind.
  void flush();

 private:
  void flush_locked();

  std::mutex mutex_;
  EventKeeper* keeper_;         // may be null
  std::vector<Event> to_keep_;  // of which nobody is told: kept together, since each time costs a write to the disk
  std::vector<std::unique_ptr<RecordSink>> sinks_;
};

}  // namespace sallyport
