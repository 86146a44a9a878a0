#include "daemon/protocols/grpc/length_prefixed.h"

#include <algorithm>

#include "daemon/base/byte_reader.h"

namespace sallyport::grpc {

void LengthPrefixed::push(Bytes bytes) {
  while (!bytes.empty() && !lost_) {
    if (in_message_) {
      const Bytes piece = prefix(bytes, static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size())));
      left_ -= piece.size();
      handler_.message_bytes(piece);
      bytes = bytes.subspan(piece.size());
      if (left_ == 0) end_message();
      continue;
    }
    const Bytes piece = prefix(bytes, kPrefixBytes - prefix_size_);
    std::copy(piece.begin(), piece.end(), prefix_.begin() + static_cast<std::ptrdiff_t>(prefix_size_));
    prefix_size_ += piece.size();
    bytes = bytes.subspan(piece.size());
    if (prefix_size_ < kPrefixBytes) return;
    ByteReader reader(prefix_);
    const std::uint8_t flags = reader.u8();
    left_ = reader.u32be();
    prefix_size_ = 0;
    in_message_ = true;
    odd_ = odd_ || (flags & ~(kCompressed | kTrailers)) != 0;
    handler_.message_begin(flags, static_cast<std::uint32_t>(left_));
    if (left_ == 0) end_message();
  }
}

void LengthPrefixed::end_message() {
  in_message_ = false;
  handler_.message_end();
}

bool LengthPrefixed::lose(std::uint64_t size) {
  if (lost_) return false;
  lost_ = !in_message_ || size == 0 || size > left_;
  if (in_message_) {
    const std::uint64_t inside = size == 0 ? left_ : std::min(size, left_);
    handler_.message_lost(inside);
    left_ -= inside;
    if (left_ == 0) end_message();
  }
  return !lost_;
}

}  // namespace sallyport::grpc
