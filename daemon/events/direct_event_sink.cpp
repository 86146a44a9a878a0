#include "daemon/events/direct_event_sink.h"

#include "daemon/base/limits.h"
#include "daemon/events/event_builder.h"
#include "daemon/events/ocsf_encoder.h"

namespace sallyport {

DirectEventSink::~DirectEventSink() {
  flush();
}

void DirectEventSink::publish(Event event) {
  const std::lock_guard lock(mutex_);
  if (keeper_ != nullptr) {
    to_keep_.push_back(event);
    flush_locked();
  }
  shorten(event.findings);
  const std::string json = encode_ocsf(event);
  for (const auto& sink : sinks_) sink->write({event, json});
}

void DirectEventSink::keep(Event event) {
  if (keeper_ == nullptr) return;
  const std::lock_guard lock(mutex_);
  to_keep_.push_back(std::move(event));
  if (to_keep_.size() >= limits::kEventBatchMax) flush_locked();
}

void DirectEventSink::flush() {
  const std::lock_guard lock(mutex_);
  flush_locked();
}

void DirectEventSink::flush_locked() {
  if (to_keep_.empty()) return;
  keeper_->keep(to_keep_);
  to_keep_.clear();
}

}  // namespace sallyport
