#include "daemon/transfer/spool.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace sallyport {
namespace {

/// Bytes read at once where they have to be looked at: two reads fill the first-level cache.
constexpr std::size_t kReadBytes = 16384;
constexpr std::uint64_t kPageBytes = 4096;

class MemoryBytes : public ObjectBytes {
 public:
  explicit MemoryBytes(ByteBuffer bytes) : bytes_(std::move(bytes)) {}
  Bytes bytes() const override { return bytes_; }
  int memfd() const override { return -1; }

 private:
  ByteBuffer bytes_;
};

class SealedBytes : public ObjectBytes {
 public:
  SealedBytes(UniqueFd file, void* start, std::size_t size) : file_(std::move(file)), start_(start), size_(size) {}
  SealedBytes(const SealedBytes&) = delete;
  SealedBytes& operator=(const SealedBytes&) = delete;
  ~SealedBytes() override { ::munmap(start_, size_); }
  Bytes bytes() const override { return as_byte_span(start_, size_); }
  int memfd() const override { return file_.get(); }

 private:
  UniqueFd file_;
  void* start_;
  std::size_t size_;
};

UniqueFd make_file() {
  return UniqueFd(::memfd_create("object", MFD_CLOEXEC | MFD_ALLOW_SEALING));
}

bool write_file(int file, std::uint64_t offset, Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
    offset += static_cast<std::uint64_t>(written);
  }
  return true;
}

bool read_file(int file, std::uint64_t offset, std::span<std::byte> into) {
  while (!into.empty()) {
    const ssize_t got = ::pread(file, into.data(), into.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    into = into.subspan(static_cast<std::size_t>(got));
    offset += static_cast<std::uint64_t>(got);
  }
  return true;
}

std::shared_ptr<const ObjectBytes> seal_file(UniqueFd file, std::size_t size) {
  // Without a writable mapping anywhere the kernel accepts all seals; F_SEAL_SEAL keeps them.
  if (::fcntl(file.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) return nullptr;
  void* const start = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (start == MAP_FAILED) return nullptr;
  return std::make_shared<SealedBytes>(std::move(file), start, size);
}

std::uint64_t count_different_bytes(Bytes left, Bytes right) {
  if (std::equal(left.begin(), left.end(), right.begin())) return 0;
  std::uint64_t different = 0;
  for (std::size_t i = 0; i < left.size(); ++i) different += left[i] != right[i];
  return different;
}

}  // namespace

bool Spool::write(std::uint64_t offset, Bytes bytes) {
  if (bytes.empty()) return true;
  const std::uint64_t end = offset + bytes.size();
  if (!file_ && end <= memory_bytes_max_) return write_memory(static_cast<std::size_t>(offset), bytes);
  if (!file_ && !move_to_file()) return false;
  if (!write_file(file_.get(), offset, bytes)) return false;
  size_ = std::max(size_, end);
  return true;
}

bool Spool::write_memory(std::size_t offset, Bytes bytes) {
  if (offset == memory_.size()) {
    append(memory_, bytes);
  } else {
    if (memory_.size() < offset + bytes.size()) memory_.resize(offset + bytes.size());
    std::copy(bytes.begin(), bytes.end(), memory_.begin() + static_cast<std::ptrdiff_t>(offset));
  }
  size_ = memory_.size();
  return true;
}

bool Spool::move_to_file() {
  UniqueFd file = make_file();
  if (!file || !write_file(file.get(), 0, memory_)) return false;
  file_ = std::move(file);
  memory_ = ByteBuffer();
  return true;
}

bool Spool::read(std::uint64_t offset, std::span<std::byte> into) const {
  if (offset > size_ || size_ - offset < into.size()) return false;
  if (file_) return read_file(file_.get(), offset, into);
  const Bytes from = Bytes(memory_).subspan(static_cast<std::size_t>(offset), into.size());
  std::copy(from.begin(), from.end(), into.begin());
  return true;
}

std::uint64_t Spool::count_different(std::uint64_t offset, Bytes bytes) const {
  std::array<std::byte, kReadBytes> buffer;
  std::uint64_t different = 0;
  while (!bytes.empty()) {
    const std::span<std::byte> piece = std::span(buffer).first(std::min(buffer.size(), bytes.size()));
    if (!read(offset, piece)) return different + bytes.size();
    different += count_different_bytes(piece, bytes.first(piece.size()));
    offset += piece.size();
    bytes = bytes.subspan(piece.size());
  }
  return different;
}

bool Spool::truncate(std::uint64_t size) {
  if (size >= size_) return true;
  size_ = size;
  if (file_) return ::ftruncate(file_.get(), static_cast<off_t>(size)) == 0;
  memory_.resize(static_cast<std::size_t>(size));
  return true;
}

void Spool::discard_before(std::uint64_t offset) {
  if (offset >= size_) return clear();
  const std::uint64_t whole_pages = offset / kPageBytes * kPageBytes;
  if (!file_ || whole_pages == 0) return;
  // Giving memory back is a kindness, not a duty: a refusal leaves the bytes where they are.
  [[maybe_unused]] const int refused =
      ::fallocate(file_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(whole_pages));
}

void Spool::clear() {
  size_ = 0;
  memory_ = ByteBuffer();
  file_.reset();
}

std::shared_ptr<const ObjectBytes> Spool::seal() {
  const auto size = static_cast<std::size_t>(std::exchange(size_, 0));
  if (size == 0) return nullptr;
  if (file_) return seal_file(std::move(file_), size);
  return std::make_shared<MemoryBytes>(std::exchange(memory_, ByteBuffer()));
}

std::shared_ptr<const ObjectBytes> Spool::copy(std::uint64_t size) const {
  size = std::min(size, size_);
  if (size == 0) return nullptr;
  const auto whole = static_cast<std::size_t>(size);
  if (!file_)
    return std::make_shared<MemoryBytes>(
        ByteBuffer(memory_.begin(), memory_.begin() + static_cast<std::ptrdiff_t>(whole)));
  if (size <= memory_bytes_max_) {
    ByteBuffer bytes(whole);
    if (!read(0, bytes)) return nullptr;
    return std::make_shared<MemoryBytes>(std::move(bytes));
  }
  UniqueFd target = make_file();
  off_t position = 0;
  while (static_cast<std::uint64_t>(position) < size) {
    std::array<std::byte, kReadBytes> buffer;
    const auto piece =
        std::span(buffer).first(std::min<std::size_t>(buffer.size(), whole - static_cast<std::size_t>(position)));
    const auto offset = static_cast<std::uint64_t>(position);
    if (!read(offset, piece) || !write_file(target.get(), offset, piece)) return nullptr;
    position += static_cast<off_t>(piece.size());
  }
  return seal_file(std::move(target), whole);
}

}  // namespace sallyport
