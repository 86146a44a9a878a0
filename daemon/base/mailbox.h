// How another thread hands work to the thread of one shard: a classification verdict, a reload, a part of a transfer
// that another shard saw. The shard's front end polls wake_fd() beside its packets.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

#include "daemon/base/unique_fd.h"

namespace sallyport {

/// post() from any thread; run() from the owning thread only. Work runs in the order in which it was posted.
class Mailbox {
 public:
  Mailbox();

  void post(std::function<void()> work);
  /// Runs what was posted before the call; what that work posts runs next time. Never blocks.
  void run();
  /// Readable while work waits. Valid for the life of the mailbox.
  int wake_fd() const { return event_fd_.get(); }

 private:
  UniqueFd event_fd_;
  std::mutex mutex_;
  std::vector<std::function<void()>> waiting_;  // guarded by mutex_
};

}  // namespace sallyport
