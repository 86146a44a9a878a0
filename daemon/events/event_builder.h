// Verdict to event: the last stage before events leave. Caller: pipeline/inspection, and the CLI.
#pragma once

#include <string>

#include "daemon/contract/event.h"

namespace sallyport {

/// Makes redacted events with a deterministic id. Immutable: any thread.
class EventBuilder {
 public:
  /// `sensor` names this gateway, `front_end` is Capabilities::front_end.
  EventBuilder(std::string sensor, std::string front_end);

  /// `decided` is the time of the verdict; inspection_time counts from transfer.last_seen and is never negative.
  Event build(const Transfer& transfer, Findings findings, const Verdict& verdict, Disposition disposition,
              Timestamp decided) const;

 private:
  std::string sensor_;
  std::string front_end_;
};

/// Cuts what is told of the images inside the object to limits::kEventPartsMax, for an event that goes out; build() has
/// those first that somebody should see.
void shorten(Findings& findings);

/// 32 hexadecimal digits: SHA-256 of sensor, protocol, endpoints, direction, time of the beginning, raw names, size,
/// digest of the object and of the policy, cut to 128 bits. Nothing that differs from one run to the next goes in, so a
/// replayed capture gives the same ids and a receiver may drop duplicates. Identical objects sent under one name in one
/// packet share an id.
std::string event_id(const std::string& sensor, const Transfer& transfer, const std::string& policy_digest);

}  // namespace sallyport
