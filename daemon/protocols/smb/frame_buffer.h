// A frame on the way to being whole, for messages that cannot be read before their last byte.
#pragma once

#include <cstddef>

#include "daemon/base/bytes.h"
#include "daemon/protocols/smb/smb_config.h"

namespace sallyport::smb {

/// Its bytes count against SmbConfig::frame_bytes_held_max together with those of every other buffer that writes the
/// same SmbStats. Not thread-safe.
class FrameBuffer {
 public:
  FrameBuffer(const SmbConfig& config, SmbStats& stats) : config_(config), stats_(stats) {}
  ~FrameBuffer() { clear(); }
  FrameBuffer(const FrameBuffer&) = delete;
  FrameBuffer& operator=(const FrameBuffer&) = delete;

  /// Makes address space for a frame; memory is taken as bytes come.
  void expect(std::size_t size) { bytes_.reserve(size); }
  /// False, and nothing taken: the budget is used up.
  bool append(Bytes bytes);
  Bytes bytes() const { return bytes_; }
  /// Gives the memory back.
  void clear();

 private:
  const SmbConfig& config_;
  SmbStats& stats_;
  ByteBuffer bytes_;
};

}  // namespace sallyport::smb
