#include "daemon/events/line_output.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace sallyport {

bool LineOutput::write_line(int fd, std::string_view text) {
  line_.clear();
  if (torn_) line_ += '\n';
  line_ += text;
  line_ += '\n';
  std::size_t written = 0;
  while (written < line_.size()) {
    const ssize_t count = ::write(fd, line_.data() + written, line_.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      const int reason = count == 0 ? EIO : errno;
      if (written > 0) take_back(fd, written);
      errno = reason;
      return false;
    }
    written += static_cast<std::size_t>(count);
  }
  torn_ = false;
  return true;
}

void LineOutput::take_back(int fd, std::size_t written) {
  struct stat state {};
  const bool regular = ::fstat(fd, &state) == 0 && S_ISREG(state.st_mode);
  const auto size = static_cast<off_t>(written);
  if (regular && state.st_size >= size && ::ftruncate(fd, state.st_size - size) == 0) return;
  torn_ = true;
}

}  // namespace sallyport
