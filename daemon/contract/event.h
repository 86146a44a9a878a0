// What leaves the machine: one transfer, what was found, what was decided and what was done.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/base/time.h"
#include "daemon/contract/finding.h"
#include "daemon/contract/transfer.h"
#include "daemon/contract/verdict.h"

namespace sallyport {

/// What was really done; never more than what the front end confirmed.
enum class Disposition : std::uint8_t {
  kAllowed,         ///< passed
  kAlerted,         ///< passed, and somebody is told
  kBlocked,         ///< the receiver cannot have the whole object: its end was withheld
  kResetAttempted,  ///< RSTs were sent behind bytes already gone (tap): best effort
  kBlockTooLate,    ///< the verdict was block, but the whole object had been delivered
};
std::string_view to_string(Disposition disposition);

struct Event {
  std::string id;      ///< hex; a hash of sensor, object identity, times and policy: the same input gives the same id
  std::string sensor;  ///< name of this gateway
  Timestamp time;      ///< of the verdict
  Transfer transfer;
  Findings findings;
  Verdict verdict;
  Disposition disposition = Disposition::kAllowed;
  std::string front_end;
  Duration inspection_time{};  ///< from the last byte to the verdict
};

/// Takes events; any thread. Never blocks: a full queue drops the event and counts it.
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void publish(Event event) = 0;
};

}  // namespace sallyport
