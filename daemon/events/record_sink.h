// Where events go in the end: a file, the journal, a terminal. Caller: event_writer, direct_event_sink.
#pragma once

#include <string_view>

#include "daemon/base/counter.h"
#include "daemon/contract/event.h"

namespace sallyport {

/// An event and its OCSF JSON, one line without its newline. Both are valid during the call only.
struct EventRecord {
  const Event& event;
  std::string_view ocsf_json;
};

struct RecordSinkStats {
  Counter written;  ///< events that are wholly out
  Counter failed;   ///< events that this sink lost: disk full, journal gone
};

/// One thread at a time calls write(); reopen() may come from any thread.
class RecordSink {
 public:
  virtual ~RecordSink() = default;

  /// For logs and metric labels, such as "file" or "journald".
  virtual std::string_view name() const = 0;
  void write(const EventRecord& record) { (put(record) ? stats_.written : stats_.failed).add(); }
  /// Before the next event, open anew what is named by a path (logrotate).
  virtual void reopen() {}
  const RecordSinkStats& stats() const { return stats_; }

 private:
  /// False where the event was lost. May block: the queue in front of it absorbs that.
  virtual bool put(const EventRecord& record) = 0;

  RecordSinkStats stats_;
};

}  // namespace sallyport
