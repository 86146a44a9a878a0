// Bytes on their way through a relay: those that the receiver has no room for yet, and those that are withheld.
#pragma once

#include <cstdint>

#include "daemon/base/bytes.h"
#include "daemon/base/unique_fd.h"

namespace sallyport {

/// First in, first out. What is more than a few segments lies in a memfd, so that a released object goes from there to
/// the socket without a copy. One thread.
class RelaySpool {
 public:
  enum class Sent : std::uint8_t { kAll, kBlocked, kBroken };

  RelaySpool() = default;
  RelaySpool(const RelaySpool&) = delete;
  RelaySpool& operator=(const RelaySpool&) = delete;

  std::uint64_t size() const { return end_ - begin_; }
  bool empty() const { return size() == 0; }
  /// False where the system has no memory for them; nothing was taken then.
  bool append(Bytes bytes);
  /// Forgets all behind the first `size` bytes.
  void cut(std::uint64_t size);
  /// Sends to a socket as much as it takes.
  Sent send_to(int socket);

 private:
  bool move_to_file();
  std::int64_t send_some(int socket);
  void shrink();

  ByteBuffer memory_;  // while there is no file: all from offset 0 on
  UniqueFd file_;
  std::uint64_t begin_ = 0;  // offsets in memory_ or the file
  std::uint64_t end_ = 0;
};

}  // namespace sallyport
