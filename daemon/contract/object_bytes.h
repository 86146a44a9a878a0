// The bytes of an object, in memory only.
#pragma once

#include "daemon/base/bytes.h"
#include "daemon/base/unique_fd.h"

namespace sallyport {

/// Immutable; shared between the shard, the worker pool and whoever waits for a verdict. Freed with the last owner.
/// No implementation writes to a file system.
class ObjectBytes {
 public:
  virtual ~ObjectBytes() = default;

  /// All bytes; holes below the size read as zero. Valid for the life of the object.
  virtual Bytes bytes() const = 0;
  /// A sealed memfd with these bytes, read-only, for handing to another process; or -1 where the bytes are only in
  /// memory.
  virtual int memfd() const = 0;
};

}  // namespace sallyport
