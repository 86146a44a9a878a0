// One direction of a connection that nobody reads: splice(2) moves its bytes from socket to socket inside the kernel.
#pragma once

#include <cstddef>
#include <cstdint>

#include "daemon/base/unique_fd.h"

namespace sallyport {

/// One thread. The pipe between is open only while bytes lie in it, so that an idle connection costs no descriptor.
class SplicedWay {
 public:
  enum class Moved : std::uint8_t {
    kWaitsForSender,
    kWaitsForReceiver,
    kEnded,  ///< all was passed on, and no more will come
    kBroken
  };

  /// Moves what there is, within a bound, so that others get their turn.
  Moved move(int from, int to);

 private:
  bool open_pipe();
  void close_pipe();

  UniqueFd pipe_out_;
  UniqueFd pipe_in_;
  std::size_t inside_ = 0;
  bool ended_ = false;
};

}  // namespace sallyport
