// COMPRESSION_TRANSFORM_HEADER and what follows it -> the message, or compound, that was compressed
// (MS-SMB2 2.2.42, 3.1.5.3, 3.3.5.2.1.2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <tl/expected.hpp>

#include "daemon/base/bytes.h"
#include "daemon/contract/not_inspected.h"

namespace sallyport::smb {

/// MS-SMB2 2.2.3.1.3.
enum class CompressionAlgorithm : std::uint16_t {
  kNone = 0,
  kLznt1 = 1,
  kLz77 = 2,
  kLz77Huffman = 3,
  kPatternV1 = 4,
  kLz4 = 5,
};

/// Owns its bytes.
class PlainMessage {
 public:
  PlainMessage() = default;
  /// Room for a message of this size. Nothing is written there yet: a message that fails early costs no 16 MiB of
  /// zeros.
  explicit PlainMessage(std::size_t size) : room_(std::make_unique_for_overwrite<std::byte[]>(size)), size_(size) {}

  Bytes bytes() const { return {room_.get(), size_}; }
  std::span<std::byte> room() { return {room_.get(), size_}; }
  /// Another receiver may read the frame in another way.
  bool ambiguous() const { return ambiguous_; }
  void set_ambiguous() { ambiguous_ = true; }

 private:
  std::unique_ptr<std::byte[]> room_;
  std::size_t size_ = 0;
  bool ambiguous_ = false;
};

/// Says the header that its payload is a chain (MS-SMB2 2.2.42)? A receiver that has not agreed to chains reads the
/// other form.
bool is_chained(Bytes frame);

/// `frame` is whole and begins with the protocol identifier. The answer begins with that of SMB2 and has at most
/// `bytes_max` bytes. Else: kProtocolError (lengths, flags or compressed bytes that contradict each other, nested
/// headers), kUnknownCoding (an algorithm that we do not know), kExpansionLimit (more than `bytes_max` bytes declared).
tl::expected<PlainMessage, NotInspected> decompress_message(Bytes frame, std::size_t bytes_max);

}  // namespace sallyport::smb
