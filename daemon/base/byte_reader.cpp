#include "daemon/base/byte_reader.h"

namespace sallyport {

Bytes ByteReader::take(std::size_t size) {
  if (!ok_ || remaining() < size) {
    ok_ = false;
    return {};
  }
  const Bytes taken = bytes_.subspan(position_, size);
  position_ += size;
  return taken;
}

void ByteReader::seek(std::size_t position) {
  if (position > bytes_.size()) {
    ok_ = false;
    return;
  }
  position_ = position;
}

std::uint64_t ByteReader::big_endian(std::size_t size) {
  std::uint64_t value = 0;
  for (const std::byte byte : take(size)) value = value << 8 | std::to_integer<std::uint64_t>(byte);
  return value;
}

std::uint64_t ByteReader::little_endian(std::size_t size) {
  std::uint64_t value = 0;
  unsigned shift = 0;
  for (const std::byte byte : take(size)) {
    value |= std::to_integer<std::uint64_t>(byte) << shift;
    shift += 8;
  }
  return value;
}

}  // namespace sallyport
