#include "daemon/frontends/tap/capture_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <array>
#include <cerrno>

namespace sallyport {
namespace {

/// zlib reads so much at once; its default of 8 KiB costs a call for every few packets.
constexpr unsigned kInflateBufferBytes = 256 * 1024;

::ssize_t read_gzip(void* cookie, char* buffer, std::size_t size) {
  const int count = ::gzread(static_cast<gzFile>(cookie), buffer, static_cast<unsigned>(size));
  // A file cut off in the middle gives what it has: libpcap then sees its end.
  return count < 0 ? 0 : count;
}

int close_gzip(void* cookie) {
  return ::gzclose(static_cast<gzFile>(cookie)) == Z_OK ? 0 : EOF;
}

bool is_gzip(int fd) {
  std::array<unsigned char, 2> magic{};
  return ::pread(fd, magic.data(), magic.size(), 0) == 2 && magic[0] == 0x1f && magic[1] == 0x8b;
}

std::FILE* open_gzip(int fd) {
  const gzFile file = ::gzdopen(fd, "rb");
  if (!file) {
    ::close(fd);
    return nullptr;
  }
  ::gzbuffer(file, kInflateBufferBytes);
  std::FILE* const stream = ::fopencookie(file, "r", {read_gzip, nullptr, nullptr, close_gzip});
  if (!stream) ::gzclose(file);
  return stream;
}

}  // namespace

Result<CaptureFile> CaptureFile::open(const std::string& path) {
  CaptureFile file;
  file.fd_.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.fd_) return fail_errno("cannot open capture file '" + path + "'");
  struct stat status {};
  if (::fstat(file.fd_.get(), &status) != 0) return fail_errno("cannot look at capture file '" + path + "'");
  if (S_ISDIR(status.st_mode)) return fail(ErrorCode::kInvalidArgument, "capture file '" + path + "' is a folder");
  file.size_ = S_ISREG(status.st_mode) ? static_cast<std::uint64_t>(status.st_size) : 0;
  const int shared = ::fcntl(file.fd_.get(), F_DUPFD_CLOEXEC, 0);
  if (shared < 0) return fail_errno("cannot open capture file '" + path + "' twice");
  file.stream_.reset(is_gzip(shared) ? open_gzip(shared) : ::fdopen(shared, "rb"));
  if (!file.stream_) return fail_errno("cannot read capture file '" + path + "'");
  return file;
}

std::uint64_t CaptureFile::position() const {
  const ::off_t position = ::lseek(fd_.get(), 0, SEEK_CUR);
  return position < 0 ? 0 : static_cast<std::uint64_t>(position);
}

}  // namespace sallyport
