// Events without a queue: for a program that reads a capture file and must lose none. The daemon uses event_writer.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "daemon/contract/event.h"
#include "daemon/events/record_sink.h"

namespace sallyport {

/// publish() writes to every sink before it returns, one caller at a time: it may block, unlike what EventSink
/// promises.
class DirectEventSink : public EventSink {
 public:
  explicit DirectEventSink(std::vector<std::unique_ptr<RecordSink>> sinks) : sinks_(std::move(sinks)) {}

  void publish(Event event) override;

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<RecordSink>> sinks_;
};

}  // namespace sallyport
