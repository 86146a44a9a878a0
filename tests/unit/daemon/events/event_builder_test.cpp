#include "daemon/events/event_builder.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "daemon/base/limits.h"
#include "tests/support/sample_event.h"

namespace sallyport {
namespace {

using test::sample_findings;
using test::sample_transfer;
using test::sample_verdict;

Event build(const Transfer& transfer) {
  return EventBuilder("gate-1", "tap")
      .build(transfer, sample_findings(), sample_verdict(), Disposition::kAlerted,
             transfer.last_seen + std::chrono::milliseconds(7));
}

TEST(EventBuilder, CarriesAndRedacts) {
  const Event event = build(sample_transfer());
  EXPECT_EQ(event.sensor, "gate-1");
  EXPECT_EQ(event.front_end, "tap");
  EXPECT_EQ(event.transfer.facts.path, "/in/cards.jpg?token=&n=");
  EXPECT_EQ(event.disposition, Disposition::kAlerted);
  EXPECT_EQ(event.inspection_time, std::chrono::milliseconds(7));
  EXPECT_EQ(event.id.size(), 32U);
}

TEST(EventBuilder, ShortenedItTellsOfWhatSomebodyShouldSee) {
  Findings findings;
  findings.parts.resize(limits::kEventPartsMax + 5);
  findings.parts.back().path = "zip:face.jpg";
  findings.parts.back().faces = {{{}, 0.9F}};
  Event event = EventBuilder("g", "pcap").build(sample_transfer(), findings, {}, Disposition::kAllowed, {});
  EXPECT_EQ(event.findings.parts.size(), limits::kEventPartsMax + 5) << "the ledger has all of them";
  shorten(event.findings);
  EXPECT_EQ(event.findings.parts.size(), limits::kEventPartsMax);
  EXPECT_EQ(event.findings.parts.front().path, "zip:face.jpg");
  EXPECT_EQ(event.findings.parts_untold, 5U);
}

TEST(EventBuilder, InspectionTimeIsNeverNegative) {
  const Transfer transfer = sample_transfer();
  const Event event = EventBuilder("g", "pcap").build(transfer, {}, {}, Disposition::kAllowed, transfer.begun);
  EXPECT_EQ(event.inspection_time, Duration::zero());
}

TEST(EventId, IgnoresNumbersThatDifferFromRunToRun) {
  Transfer again = sample_transfer();
  again.id = TransferId{99};
  again.facts.first_flow = FlowId{77};
  EXPECT_EQ(build(sample_transfer()).id, build(again).id);
}

TEST(EventId, DiffersWithEachThingThatMatters) {
  const std::vector<std::function<void(Transfer&)>> changes = {
      [](Transfer& t) { t.facts.sender.port = 1; },
      [](Transfer& t) { t.facts.receiver.port = 1; },
      [](Transfer& t) { t.facts.upload = false; },
      [](Transfer& t) { t.facts.path += "x"; },
      [](Transfer& t) { t.facts.path += t.facts.file_name, t.facts.file_name.clear(); },
      [](Transfer& t) { t.begun += std::chrono::nanoseconds(1); },
      [](Transfer& t) { t.size += 1; },
      [](Transfer& t) { t.sha256.reset(); },
  };
  std::set<std::string> ids = {event_id("gate-1", sample_transfer(), "p"), event_id("gate-2", sample_transfer(), "p"),
                               event_id("gate-1", sample_transfer(), "q")};
  for (const auto& change : changes) {
    Transfer transfer = sample_transfer();
    change(transfer);
    ids.insert(event_id("gate-1", transfer, "p"));
  }
  EXPECT_EQ(ids.size(), changes.size() + 3);
}

}  // namespace
}  // namespace sallyport
