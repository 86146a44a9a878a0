// A transfer that came to its verdict <-> a row of the ledger. Callers: ledger, ledger_reader.
#pragma once

#include <cstdint>
#include <string>

#include "daemon/contract/event.h"
#include "daemon/ledger/database.h"

namespace sallyport {

/// As it was recorded: what an event has, with all images of the object. Not in it: boxes, sizes of images in pixels,
/// sensor, front end, inspection time.
struct LedgerRow {
  std::int64_t id = 0;  ///< rises with the order in which rows were written; never used again
  Event event;
  bool told = false;  ///< an event was written
};

/// What a row is bound from; must live until the statement has run.
struct RowTexts {
  std::string sender;
  std::string receiver;
  std::string rules;
  std::string shadow_rules;
  std::string policy;
  std::string event;
  std::string detail;
};

RowTexts texts_of(const Event& event);
/// Binds kLedgerColumns to the parameters from 1 on.
void bind_row(Statement& insert, const Event& event, const RowTexts& texts);
/// Of a statement that selects "id, " and kLedgerColumns. False: damaged, but for its number.
bool read_row(const Statement& select, LedgerRow& row);

}  // namespace sallyport
