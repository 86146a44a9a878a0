// Prints events of every shape as OCSF JSON lines, for tests/integration/ocsf_validate.py.
#include <iostream>

#include "daemon/events/event_builder.h"
#include "daemon/events/ocsf_encoder.h"
#include "tests/support/sample_event.h"

int main() {
  using namespace sallyport;
  std::vector<Event> events;
  for (int disposition = 0; disposition <= static_cast<int>(Disposition::kBlockTooLate); ++disposition) {
    events.push_back(test::sample_event());
    events.back().disposition = static_cast<Disposition>(disposition);
    events.back().verdict.severity = static_cast<Severity>(disposition + 1);
  }
  for (int content = 0; content <= static_cast<int>(ContentType::kOther); ++content) {
    events.push_back(test::sample_event());
    events.back().transfer.content = static_cast<ContentType>(content);
    events.back().transfer.facts.protocol = Protocol::kSmb2;
    events.back().transfer.facts.share = "cards";
    events.back().transfer.facts.path = "in\\cards.jpg";
    events.back().transfer.facts.is_pipe = content == 0;
  }
  Transfer opaque;
  opaque.facts.protocol = Protocol::kTls;
  opaque.facts.host = "tls.example";
  Verdict passed;
  passed.record = true;
  passed.not_inspected = NotInspected::kEncrypted;
  events.push_back(EventBuilder("gate", "tap").build(opaque, {}, passed, Disposition::kAllowed, {}));
  events.emplace_back();
  events.push_back(EventBuilder("gate", "pcap")
                       .build(test::sample_transfer(), test::sample_findings(), {}, Disposition::kAllowed,
                              test::sample_transfer().last_seen));
  for (const Event& event : events) std::cout << encode_ocsf(event) << '\n';
}
