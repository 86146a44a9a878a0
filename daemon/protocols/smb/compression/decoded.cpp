#include "daemon/protocols/smb/compression/decoded.h"

#include <algorithm>
#include <cstring>

namespace sallyport::smb {

std::size_t OutputRoom::fitting(std::uint64_t size) {
  if (size <= left()) return static_cast<std::size_t>(size);
  was_cut_ = true;
  return left();
}

void OutputRoom::put(std::byte byte) {
  if (fitting(1) == 1) room_[written_++] = byte;
}

void OutputRoom::put(Bytes bytes) {
  const std::size_t size = fitting(bytes.size());
  std::copy_n(bytes.begin(), size, room_.begin() + static_cast<std::ptrdiff_t>(written_));
  written_ += size;
}

void OutputRoom::fill(std::byte byte, std::uint64_t count) {
  const std::size_t size = fitting(count);
  std::fill_n(room_.begin() + static_cast<std::ptrdiff_t>(written_), size, byte);
  written_ += size;
}

bool OutputRoom::copy(std::size_t distance, std::uint64_t length) {
  if (distance == 0 || distance > written_) return false;
  const std::size_t size = fitting(length);
  std::byte* const to = room_.data() + written_;
  const std::byte* const from = to - distance;
  // What was copied repeats the same bytes, so each turn may copy all of it: twice as much as the turn before.
  for (std::size_t done = 0; done < size;) {
    const std::size_t turn = std::min(size - done, distance + done);
    std::memcpy(to + done, from, turn);
    done += turn;
  }
  written_ += size;
  return true;
}

std::span<std::byte> OutputRoom::rest(std::size_t size) {
  return room_.subspan(written_, std::min(size, left()));
}

}  // namespace sallyport::smb
