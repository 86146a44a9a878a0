// The parser test: whatever way the same bytes are cut, the log must be the same.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "daemon/base/bytes.h"

namespace sallyport::test {

/// Calls `run` with a feeder for each way to cut `input`: whole, split in two at each byte (at most 4096 places, evenly
/// spread), and byte by byte. `run` makes a fresh parser, gives it to the pieces through the feeder and returns its
/// log. Gives the log of the whole input; fails the test where another way gives another log.
using Feeder = std::function<void(const std::function<void(Bytes)>& feed)>;
inline std::string feed_all_ways(Bytes input, const std::function<std::string(const Feeder&)>& run) {
  constexpr std::size_t kSplitsMax = 4096;
  const std::string whole = run([&](const auto& feed) {
    if (!input.empty()) feed(input);
  });
  const std::size_t step = input.size() / kSplitsMax + 1;
  for (std::size_t split = 1; split < input.size(); split += step) {
    const std::string log = run([&](const auto& feed) {
      feed(input.first(split));
      feed(input.subspan(split));
    });
    EXPECT_EQ(whole, log) << "split at byte " << split;
    if (log != whole) return whole;
  }
  const std::string single = run([&](const auto& feed) {
    for (std::size_t i = 0; i < input.size(); ++i) feed(input.subspan(i, 1));
  });
  EXPECT_EQ(whole, single) << "byte by byte";
  return whole;
}

}  // namespace sallyport::test
