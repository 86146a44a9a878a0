// Netfilter queue: what the kernel tells of its queues (/proc/net/netfilter/nfnetlink_queue).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "daemon/base/result.h"
#include "daemon/base/unique_fd.h"

namespace sallyport {

struct QueueStatus {
  std::uint32_t port = 0;           ///< netlink port of the program that has the queue
  std::uint32_t packets = 0;        ///< waiting for a verdict now
  std::uint32_t queue_dropped = 0;  ///< because the queue was full; wraps at 2^32
  std::uint32_t user_dropped = 0;   ///< because our receive buffer was full; wraps at 2^32
};

/// The line of one queue in the file's text; nothing where there is none.
std::optional<QueueStatus> parse_queue_status(std::string_view text, std::uint16_t queue_number);

/// The file, kept open so that it can be read after privileges are gone. One thread.
class QueueStatusFile {
 public:
  /// Of the network namespace of the calling thread.
  static Result<QueueStatusFile> open();
  Result<QueueStatus> read(std::uint16_t queue_number) const;

 private:
  explicit QueueStatusFile(UniqueFd fd) : fd_(std::move(fd)) {}

  UniqueFd fd_;
};

}  // namespace sallyport
