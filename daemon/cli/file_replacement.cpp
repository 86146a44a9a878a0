#include "daemon/cli/file_replacement.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "daemon/base/unique_fd.h"

namespace sallyport::cli {
namespace {

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::fsync(fd) == 0;
}

/// The owner is kept where that is permitted; a file of another owner in one's own folder becomes one's own.
bool take_over(int fd, const struct stat& old) {
  (void)!::fchown(fd, old.st_uid, old.st_gid);
  return ::fchmod(fd, old.st_mode & 07777) == 0;
}

}  // namespace

Status replace_file(const std::string& path, const std::string& text) {
  std::error_code failure;
  const std::string target = std::filesystem::canonical(path, failure).string();
  struct stat old {};
  if (failure || ::stat(target.c_str(), &old) != 0) return fail_errno("cannot write " + path);
  std::string beside = target + ".XXXXXX";
  const UniqueFd fd(::mkostemp(beside.data(), O_CLOEXEC));
  if (!fd) return fail_errno("cannot write beside " + path);
  if (write_all(fd.get(), text) && take_over(fd.get(), old) && ::rename(beside.c_str(), target.c_str()) == 0) return {};
  auto error = fail_errno("cannot replace " + path);
  ::unlink(beside.c_str());
  return error;
}

}  // namespace sallyport::cli
