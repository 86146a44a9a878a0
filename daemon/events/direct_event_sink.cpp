#include "daemon/events/direct_event_sink.h"

#include "daemon/events/ocsf_encoder.h"

namespace sallyport {

void DirectEventSink::publish(Event event) {
  const std::string json = encode_ocsf(event);
  const std::lock_guard lock(mutex_);
  for (const auto& sink : sinks_) sink->write({event, json});
}

}  // namespace sallyport
