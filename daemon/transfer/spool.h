// Where the bytes of one object wait for a verdict: memory, then a memfd. Never a file system.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "daemon/base/bytes.h"
#include "daemon/base/unique_fd.h"
#include "daemon/contract/object_bytes.h"

namespace sallyport {

/// Bytes at any offset; what was never written reads as zero. Not thread-safe. A call that the kernel refuses (no
/// memory, no descriptor) gives false or null, and the bytes are then of no use: clear() it.
class Spool {
 public:
  /// Up to `memory_bytes_max` bytes stay in memory, more move to a memfd.
  explicit Spool(std::size_t memory_bytes_max) : memory_bytes_max_(memory_bytes_max) {}

  [[nodiscard]] bool write(std::uint64_t offset, Bytes bytes);
  /// Fills `into` from `offset`; false where that reaches past size().
  [[nodiscard]] bool read(std::uint64_t offset, std::span<std::byte> into) const;
  /// How many bytes differ from those at `offset`; all of them where they cannot be read.
  std::uint64_t count_different(std::uint64_t offset, Bytes bytes) const;
  /// Shortens to `size` bytes; never lengthens.
  [[nodiscard]] bool truncate(std::uint64_t size);
  /// The bytes before `offset` are not needed any more; whole pages of them are given back and read as zero.
  void discard_before(std::uint64_t offset);
  void clear();

  /// One past the highest byte written.
  std::uint64_t size() const { return size_; }
  bool in_memory() const { return !file_; }
  /// Bytes of ordinary memory held; those of a memfd are for the owner to reckon, who knows which ranges were written.
  std::size_t memory_bytes() const { return memory_.capacity(); }

  /// Makes the bytes immutable and leaves the spool empty. Null when there are none or the kernel refuses.
  std::shared_ptr<const ObjectBytes> seal();
  /// A copy of the first `size` bytes, as seal() would give it. Null when there are none or the kernel refuses.
  std::shared_ptr<const ObjectBytes> copy(std::uint64_t size) const;

 private:
  bool write_memory(std::size_t offset, Bytes bytes);
  bool move_to_file();

  std::size_t memory_bytes_max_;
  std::uint64_t size_ = 0;
  ByteBuffer memory_;  // all bytes, while there is no file
  UniqueFd file_;
};

}  // namespace sallyport
