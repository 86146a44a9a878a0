// What the inspection of transfers counts.
#pragma once

#include <array>

#include "daemon/base/counter.h"
#include "daemon/base/duration_histogram.h"
#include "daemon/contract/event.h"
#include "daemon/contract/not_inspected.h"
#include "daemon/contract/transfer.h"

namespace sallyport {

inline constexpr std::size_t kProtocolCount = 7;
inline constexpr std::size_t kActionCount = 3;
inline constexpr std::size_t kDispositionCount = 5;

/// Written by the shard's thread.
struct InspectionStats {
  std::array<std::array<Counter, kActionCount>, kProtocolCount> verdicts;  ///< by protocol and action
  std::array<Counter, kDispositionCount> dispositions;
  std::array<Counter, kNotInspectedCount> not_inspected;
  std::array<Counter, kProtocolCount> transfer_bytes;  ///< bytes seen of ended transfers
  Counter transfers;                                   ///< begun and of interest
  Counter classifications;                             ///< asked of the workers
  Counter prefix_verdicts;                      ///< verdicts on what had come of an object whose end was not known
  Counter shadow_matches;                       ///< rules in shadow that would have acted
  Counter flows_bypassed;                       ///< no rule can match them
  Counter holds;                                ///< ends of objects withheld
  Counter pending;                              ///< gauge: answers waited for
  std::array<Counter, kEvasionCount> evasions;  ///< transfers that showed the sign
  Counter delivered_before_block_bytes;         ///< of objects under a block verdict
  DurationHistogram inspection_time;            ///< from the last byte of an object to its verdict
};

}  // namespace sallyport
