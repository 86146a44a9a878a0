// A ledger in a folder of its own, and what stands in it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "daemon/ledger/ledger.h"
#include "daemon/ledger/ledger_reader.h"
#include "tests/support/sample_event.h"
#include "tests/support/temporary_folder.h"

namespace sallyport::test {

class LedgerTest : public testing::Test {
 protected:
  Timestamp clock = sample_event().time;

  LedgerConfig config() {
    return {folder.path("ledger.db"), std::chrono::milliseconds(0), 0, [this] { return clock; }};
  }
  static std::unique_ptr<Ledger> open(LedgerConfig config) {
    auto ledger = Ledger::open(std::move(config));
    if (!ledger) ADD_FAILURE() << ledger.error().message;
    return ledger ? std::move(*ledger) : nullptr;
  }
  std::unique_ptr<Ledger> open() { return open(config()); }

  Event event_at(std::chrono::seconds later, std::uint16_t port = 1) const {
    Event event = sample_event();
    event.time += later;
    event.transfer.facts.sender.port = port;
    return event;
  }
  std::vector<LedgerRow> rows(const LedgerRange& range = {}) {
    std::vector<LedgerRow> found;
    auto reader = LedgerReader::open(folder.path("ledger.db"));
    if (!reader) {
      ADD_FAILURE() << reader.error().message;
      return found;
    }
    const auto reading = reader->for_each(range, [&found](const LedgerRow& row) {
      found.push_back(row);
      return true;
    });
    if (!reading) ADD_FAILURE() << reading.error().message;
    return found;
  }

  TemporaryFolder folder;
};

}  // namespace sallyport::test
