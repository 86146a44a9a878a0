// The bytes of an image as another process handed them over: a sealed memfd, mapped read-only.
#pragma once

#include <cstdint>
#include <optional>

#include "daemon/base/bytes.h"
#include "daemon/base/unique_fd.h"

namespace sallyport {

/// Movable owner of a mapping. Unmapped in the destructor.
class SealedImage {
 public:
  /// Nothing unless `memfd` is sealed against writing, shrinking and growing, and holds at least `size_bytes`: an image
  /// that changes while a decoder reads it, or ends early, is a way to attack the decoder. The descriptor is not needed
  /// afterwards.
  static std::optional<SealedImage> map(const UniqueFd& memfd, std::uint64_t size_bytes);

  SealedImage(SealedImage&& other) noexcept;
  SealedImage& operator=(SealedImage&& other) noexcept;
  ~SealedImage();

  /// Valid for the life of the object.
  Bytes bytes() const { return bytes_; }

 private:
  explicit SealedImage(Bytes bytes) : bytes_(bytes) {}

  Bytes bytes_;
};

}  // namespace sallyport
