#include "daemon/worker/sealed_image.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <utility>

namespace sallyport {

std::optional<SealedImage> SealedImage::map(const UniqueFd& memfd, std::uint64_t size_bytes) {
  constexpr int kNeeded = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW;
  const int seals = ::fcntl(memfd.get(), F_GET_SEALS);
  if (seals < 0 || (seals & kNeeded) != kNeeded) return std::nullopt;
  const off_t end = ::lseek(memfd.get(), 0, SEEK_END);
  if (end < 0 || size_bytes > static_cast<std::uint64_t>(end)) return std::nullopt;
  if (size_bytes == 0) return SealedImage(Bytes());
  // Private: before Linux 6.7 a memfd sealed against writing cannot be mapped shared, not even for reading.
  void* const start = ::mmap(nullptr, size_bytes, PROT_READ, MAP_PRIVATE, memfd.get(), 0);
  if (start == MAP_FAILED) return std::nullopt;
  return SealedImage(as_byte_span(start, size_bytes));
}

SealedImage::SealedImage(SealedImage&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}

SealedImage& SealedImage::operator=(SealedImage&& other) noexcept {
  std::swap(bytes_, other.bytes_);
  return *this;
}

SealedImage::~SealedImage() {
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

}  // namespace sallyport
