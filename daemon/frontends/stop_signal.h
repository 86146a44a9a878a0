// How another thread, or a signal handler, tells a front end's loop to end.
#pragma once

#include "daemon/base/unique_fd.h"

namespace sallyport {

/// Stays raised for good. Any thread.
class StopSignal {
 public:
  StopSignal();
  /// Async-signal-safe.
  void raise();
  bool raised() const;
  /// Readable once raised.
  int fd() const { return event_fd_.get(); }

 private:
  UniqueFd event_fd_;
};

}  // namespace sallyport
