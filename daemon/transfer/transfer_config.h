// What an operator sets of the transfer stage.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "daemon/base/time.h"

namespace sallyport {

/// A value; one for all shards.
struct TransferConfig {
  /// Bytes of one object that are kept for a verdict; a larger one is NotInspected::kTooLarge.
  std::uint64_t object_bytes_max = 64ULL << 20;
  /// Bytes that one shard keeps of all its objects; above it the longest idle object loses its bytes (kOverBudget).
  std::uint64_t kept_bytes_max = 1ULL << 30;
  /// Transfers that one shard follows at once; above it the longest idle one ends (kOverBudget).
  std::size_t open_transfers_max = 65536;
  /// Bytes of one object kept in ordinary memory; a larger object moves to a memfd.
  std::size_t memory_bytes_per_object = 1U << 20;
  /// A transfer of which nothing was heard for so long ends.
  Duration idle_timeout = std::chrono::hours(1);
  /// How long an object that was brought in parts waits for the next part when no flow brings one.
  Duration part_idle_timeout = std::chrono::minutes(5);
  /// How long a resumable object (a file under a durable SMB handle) whose last flow broke off waits for its client to
  /// come back. Servers keep such handles for one to three minutes unless told otherwise.
  Duration reconnect_linger = std::chrono::minutes(3);
  /// How long the end of an object that flows of several shards feed is put off, for bytes that another shard has yet
  /// to hand in.
  Duration settle_time = std::chrono::milliseconds(50);
};

}  // namespace sallyport
