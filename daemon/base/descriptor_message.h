// Messages of a SOCK_SEQPACKET channel between our processes, each with at most one descriptor (SCM_RIGHTS, unix(7)).
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "daemon/base/bytes.h"
#include "daemon/base/unique_fd.h"

namespace sallyport {

struct ReceivedMessage {
  std::size_t size = 0;  ///< bytes of it in the buffer; zero: the other side has ended
  bool cut_off = false;  ///< larger than the buffer, or with more than one descriptor
  UniqueFd descriptor;   ///< if one came; closed when this process executes another program
};

/// Sends all of `message`, and `descriptor` with it where that is not negative; it stays the caller's. `flags` as of
/// send(2). False: errno says why, and nothing was sent. Any thread.
bool send_message(int channel, Bytes message, int descriptor = -1, int flags = 0);
/// Nothing where receiving failed: errno says why. Blocks as the channel does; any thread.
std::optional<ReceivedMessage> receive_message(int channel, std::span<std::byte> buffer);

}  // namespace sallyport
