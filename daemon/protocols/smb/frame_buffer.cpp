#include "daemon/protocols/smb/frame_buffer.h"

namespace sallyport::smb {

bool FrameBuffer::append(Bytes bytes) {
  const std::uint64_t held = stats_.frame_bytes_held.value() + bytes.size();
  if (held > config_.frame_bytes_held_max) return false;
  stats_.frame_bytes_held.set(held);
  sallyport::append(bytes_, bytes);
  return true;
}

void FrameBuffer::clear() {
  stats_.frame_bytes_held.set(stats_.frame_bytes_held.value() - bytes_.size());
  ByteBuffer().swap(bytes_);
}

}  // namespace sallyport::smb
