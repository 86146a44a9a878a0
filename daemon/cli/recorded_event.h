// An event that the daemon wrote, read back for `policy explain`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"
#include "policy/scenario.h"

namespace sallyport::cli {

struct RecordedEvent {
  policy::PlayedTransfer played;
  std::string action;              ///< what was decided then; empty where the event does not say
  std::string policy_digest;       ///< under which policy
  std::vector<std::string> notes;  ///< what an event does not tell, or this one does not
};

/// What is to be said of a record: what nobody looked for, and what records leave out.
std::vector<std::string> notes_of(const policy::PlayedTransfer& played);
/// `line` is one event as OCSF JSON, see docs/events.md. Fields that are absent or of another type count as unknown.
Result<RecordedEvent> read_ocsf_event(std::string_view line);

}  // namespace sallyport::cli
