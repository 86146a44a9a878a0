#include "daemon/frontends/stop_signal.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "daemon/base/check.h"

namespace sallyport {

StopSignal::StopSignal() : event_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  SALLYPORT_CHECK(event_fd_);
}

void StopSignal::raise() {
  const int saved = errno;
  const std::uint64_t one = 1;
  // The one way to fail is a full counter, and that is raised as well.
  [[maybe_unused]] const ::ssize_t written = ::write(event_fd_.get(), &one, sizeof one);
  errno = saved;
}

bool StopSignal::raised() const {
  pollfd entry{event_fd_.get(), POLLIN, 0};
  return ::poll(&entry, 1, 0) == 1;
}

}  // namespace sallyport
