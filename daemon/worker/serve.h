// The worker's life after it has entered the sandbox: greet, then answer one request after the other.
#pragma once

#include "daemon/worker/message.h"
#include "daemon/worker/object_inspector.h"

namespace sallyport {

struct ServeSettings {
  int channel_fd = -1;         ///< SOCK_SEQPACKET; not owned
  bool inject_faults = false;  ///< see fault_injection.h
};

enum class ServeEnd {
  kPeerClosed,     ///< the daemon is done with this worker, or gone
  kProtocolError,  ///< a message that does not parse, or an image that is not sealed or shorter than it is said to be
  kChannelError,   ///< sending or receiving failed
};

/// Blocks until the channel ends. One thread. A hostile image can end the process inside; the daemon sees to that.
ServeEnd serve(const ServeSettings& settings, const Greeting& greeting, ObjectInspector& inspector);

}  // namespace sallyport
