// What leaves the machine: one transfer, what was found, what was decided and what was done.
#pragma once

#include <cstdint>
#include <span>
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

/// Somebody is told of it: a rule matched, or the policy wants a record. The others are for the ledger alone.
inline bool is_told(const Event& event) {
  return event.verdict.record || !event.verdict.matches.empty();
}

/// Takes events; any thread. Never blocks: a full queue drops the event and counts it.
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void publish(Event event) = 0;
  /// A transfer that has come to its verdict, and of which nobody is told.
  virtual void keep(Event /*event*/) {}
};

/// Keeps what came to a verdict, before anybody is told of it: the ledger. One thread at a time; may wait for a disk.
class EventKeeper {
 public:
  virtual ~EventKeeper() = default;
  /// When this returns they are kept, or counted as lost.
  virtual void keep(std::span<const Event> events) = 0;
  /// Forgets what is too old or too much, a little at a time. True: there is more to do.
  virtual bool tend() = 0;
};

}  // namespace sallyport
