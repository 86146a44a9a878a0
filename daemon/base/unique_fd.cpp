#include "daemon/base/unique_fd.h"

#include <unistd.h>

namespace sallyport {

void UniqueFd::reset(int fd) {
  if (fd_ >= 0 && fd_ != fd) ::close(fd_);
  fd_ = fd;
}

}  // namespace sallyport
