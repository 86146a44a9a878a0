#include "daemon/base/mailbox.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <utility>

#include "daemon/base/check.h"

namespace sallyport {

Mailbox::Mailbox() : event_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  SALLYPORT_CHECK(event_fd_.get() >= 0);
}

void Mailbox::post(std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(work));
  }
  const std::uint64_t one = 1;
  // Fails only when the counter would overflow, and then the descriptor is readable anyway.
  [[maybe_unused]] const ssize_t written = ::write(event_fd_.get(), &one, sizeof one);
}

void Mailbox::run() {
  std::uint64_t count = 0;
  if (::read(event_fd_.get(), &count, sizeof count) < 0) return;
  std::vector<std::function<void()>> now;
  {
    const std::lock_guard lock(mutex_);
    now.swap(waiting_);
  }
  for (auto& work : now) work();
}

}  // namespace sallyport
