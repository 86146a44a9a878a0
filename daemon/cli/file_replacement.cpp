#include "daemon/cli/file_replacement.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "daemon/base/unique_fd.h"
#include "daemon/base/write_whole.h"

namespace sallyport::cli {
namespace {

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
  const bool written = write_whole(fd.get(), as_byte_span(text)) && ::fsync(fd.get()) == 0;
  if (written && take_over(fd.get(), old) && ::rename(beside.c_str(), target.c_str()) == 0) return {};
  auto error = fail_errno("cannot replace " + path);
  ::unlink(beside.c_str());
  return error;
}

}  // namespace sallyport::cli
