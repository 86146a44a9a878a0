#include "daemon/frontends/tproxy/spliced_way.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace sallyport {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{1} << 20;
constexpr int kPieceBytesInt = int{1} << 20;
/// Pieces moved before others get their turn.
constexpr int kPiecesMax = 16;
constexpr unsigned kFlags = SPLICE_F_MOVE | SPLICE_F_NONBLOCK;

bool would_block() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

}  // namespace

bool SplicedWay::open_pipe() {
  if (pipe_in_) return true;
  int ends[2];
  if (::pipe2(ends, O_NONBLOCK | O_CLOEXEC) != 0) return false;
  pipe_out_.reset(ends[0]);
  pipe_in_.reset(ends[1]);
  // A user's pipes may not be this large for ever: then it stays as it is, and moves less at once.
  ::fcntl(pipe_in_.get(), F_SETPIPE_SZ, kPieceBytesInt);
  return true;
}

void SplicedWay::close_pipe() {
  pipe_in_.reset();
  pipe_out_.reset();
}

SplicedWay::Moved SplicedWay::move(int from, int to) {
  for (int i = 0; i < kPiecesMax; ++i) {
    if (inside_ == 0 && !ended_) {
      if (!open_pipe()) return Moved::kBroken;
      const ssize_t got = ::splice(from, nullptr, pipe_in_.get(), nullptr, kPieceBytes, kFlags);
      if (got < 0 && would_block()) {
        close_pipe();
        return Moved::kWaitsForSender;
      }
      if (got < 0) return Moved::kBroken;
      ended_ = got == 0;
      inside_ = static_cast<std::size_t>(got);
    }
    if (ended_ && inside_ == 0) {
      close_pipe();
      return Moved::kEnded;
    }
    const ssize_t put = ::splice(pipe_out_.get(), nullptr, to, nullptr, inside_, kFlags);
    if (put < 0 && would_block()) return Moved::kWaitsForReceiver;
    if (put <= 0) return Moved::kBroken;
    inside_ -= static_cast<std::size_t>(put);
  }
  return inside_ == 0 ? Moved::kWaitsForSender : Moved::kWaitsForReceiver;
}

}  // namespace sallyport
