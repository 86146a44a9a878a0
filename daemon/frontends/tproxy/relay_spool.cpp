#include "daemon/frontends/tproxy/relay_spool.h"

#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "daemon/base/write_whole.h"

namespace sallyport {
namespace {

constexpr std::uint64_t kMemoryBytesMax = 64 * 1024;
constexpr std::size_t kSendBytesMax = std::size_t{1} << 20;

}  // namespace

bool RelaySpool::append(Bytes bytes) {
  if (!file_ && end_ + bytes.size() > kMemoryBytesMax && !move_to_file()) return false;
  if (!file_) {
    sallyport::append(memory_, bytes);
  } else if (!write_whole(file_.get(), bytes)) {
    return false;
  }
  end_ += bytes.size();
  return true;
}

bool RelaySpool::move_to_file() {
  UniqueFd file(::memfd_create("sallyport-relay", MFD_CLOEXEC));
  if (!file || !write_whole(file.get(), Bytes(memory_).subspan(static_cast<std::size_t>(begin_)))) return false;
  file_ = std::move(file);
  memory_ = {};
  end_ -= begin_;
  begin_ = 0;
  return true;
}

void RelaySpool::cut(std::uint64_t size) {
  end_ = std::min(end_, begin_ + size);
  if (!file_) memory_.resize(static_cast<std::size_t>(end_));
  if (file_) ::lseek(file_.get(), static_cast<off_t>(end_), SEEK_SET);
  if (empty()) shrink();
}

RelaySpool::Sent RelaySpool::send_to(int socket) {
  while (!empty()) {
    const std::int64_t sent = send_some(socket);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return errno == EAGAIN || errno == EWOULDBLOCK ? Sent::kBlocked : Sent::kBroken;
    if (sent == 0) return Sent::kBroken;
    begin_ += static_cast<std::uint64_t>(sent);
  }
  shrink();
  return Sent::kAll;
}

std::int64_t RelaySpool::send_some(int socket) {
  const std::size_t wanted = static_cast<std::size_t>(std::min<std::uint64_t>(size(), kSendBytesMax));
  if (!file_) return ::send(socket, memory_.data() + begin_, wanted, MSG_NOSIGNAL);
  off_t offset = static_cast<off_t>(begin_);
  return ::sendfile(socket, file_.get(), &offset, wanted);
}

void RelaySpool::shrink() {
  memory_ = {};
  file_.reset();
  begin_ = end_ = 0;
}

}  // namespace sallyport
