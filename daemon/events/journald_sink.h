// Events to the systemd journal, with fields to search by.
#pragma once

#include <sys/uio.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/events/record_sink.h"

namespace sallyport {

/// Fields: MESSAGE (a sentence), PRIORITY by severity, SALLYPORT_EVENT_ID, SALLYPORT_SENSOR, SALLYPORT_RULE (one each
/// match), SALLYPORT_ACTION, SALLYPORT_DISPOSITION, SALLYPORT_SEVERITY, SALLYPORT_PROTOCOL, SALLYPORT_SENDER,
/// SALLYPORT_RECEIVER, SALLYPORT_SHA256, SALLYPORT_NOT_INSPECTED and SALLYPORT_OCSF (the whole event).
class JournaldSink : public RecordSink {
 public:
  /// sd_journal_sendv(3): 0, or a negative errno.
  using Send = std::function<int(const iovec* fields, int count)>;

  /// Fails where no journal runs: libsystemd would drop every event and report success.
  static Result<std::unique_ptr<JournaldSink>> open();
  explicit JournaldSink(Send send) : send_(std::move(send)) {}

  std::string_view name() const override { return "journald"; }

 private:
  bool put(const EventRecord& record) override;

  Send send_;
};

/// "NAME=value" for each field above, in that order; fields without a value are left out.
std::vector<std::string> journal_fields(const EventRecord& record);

}  // namespace sallyport
