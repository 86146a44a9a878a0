#include "daemon/base/write_whole.h"

#include <unistd.h>

#include <cerrno>

namespace sallyport {

bool write_whole(int fd, Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) return false;
    if (written > 0) bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace sallyport
