#include "daemon/events/journald_sink.h"

#include <unistd.h>

#include <cstring>

#include "daemon/base/log.h"
#include "daemon/events/sentence.h"

// Field values are ours, not the place in the source that sends them.
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

namespace sallyport {
namespace {

constexpr const char* kJournalSocket = "/run/systemd/journal/socket";

/// Syslog severities (RFC 5424 6.2.1).
int journal_priority(Severity severity) {
  switch (severity) {
    case Severity::kCritical:
      return 2;
    case Severity::kHigh:
      return 3;
    case Severity::kMedium:
      return 4;
    case Severity::kLow:
      return 5;
    case Severity::kInformational:
      break;
  }
  return 6;
}

class FieldList {
 public:
  void add(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    fields_.emplace_back(name).append("=").append(value);
  }
  std::vector<std::string> take() { return std::move(fields_); }

 private:
  std::vector<std::string> fields_;
};

}  // namespace

std::vector<std::string> journal_fields(const EventRecord& record) {
  const Event& event = record.event;
  FieldList fields;
  fields.add("MESSAGE", sentence(event));
  fields.add("PRIORITY", std::to_string(journal_priority(event.verdict.severity)));
  fields.add("SALLYPORT_EVENT_ID", event.id);
  fields.add("SALLYPORT_SENSOR", event.sensor);
  for (const RuleMatch& match : event.verdict.matches) fields.add("SALLYPORT_RULE", match.rule);
  fields.add("SALLYPORT_ACTION", to_string(event.verdict.action));
  fields.add("SALLYPORT_DISPOSITION", to_string(event.disposition));
  fields.add("SALLYPORT_SEVERITY", to_string(event.verdict.severity));
  fields.add("SALLYPORT_PROTOCOL", to_string(event.transfer.facts.protocol));
  fields.add("SALLYPORT_SENDER", event.transfer.facts.sender.to_string());
  fields.add("SALLYPORT_RECEIVER", event.transfer.facts.receiver.to_string());
  if (event.transfer.sha256) fields.add("SALLYPORT_SHA256", to_hex(*event.transfer.sha256));
  if (event.verdict.not_inspected) fields.add("SALLYPORT_NOT_INSPECTED", to_string(*event.verdict.not_inspected));
  fields.add("SALLYPORT_OCSF", record.ocsf_json);
  return fields.take();
}

Result<std::unique_ptr<JournaldSink>> JournaldSink::open() {
  if (::access(kJournalSocket, W_OK) != 0) {
    return fail_errno(std::string("cannot send events to the journal: ") + kJournalSocket);
  }
  return std::make_unique<JournaldSink>(
      [](const iovec* fields, int count) { return ::sd_journal_sendv(fields, count); });
}

bool JournaldSink::put(const EventRecord& record) {
  std::vector<std::string> fields = journal_fields(record);
  std::vector<iovec> pieces;
  for (std::string& field : fields) pieces.push_back({field.data(), field.size()});
  const int result = send_(pieces.data(), static_cast<int>(pieces.size()));
  if (result == 0) return true;
  log_error("event lost", {{"sink", name()}, {"reason", std::strerror(-result)}});
  return false;
}

}  // namespace sallyport
