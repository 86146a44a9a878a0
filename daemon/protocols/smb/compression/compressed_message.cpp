#include "daemon/protocols/smb/compression/compressed_message.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "daemon/base/byte_reader.h"
#include "daemon/protocols/smb/compression/lz4_block.h"
#include "daemon/protocols/smb/compression/lz77_huffman.h"
#include "daemon/protocols/smb/compression/lznt1.h"
#include "daemon/protocols/smb/compression/plain_lz77.h"

namespace sallyport::smb {
namespace {

constexpr std::size_t kIdentifierBytes = 4;
constexpr std::size_t kFlagsAt = 10;  // in both forms: the chained one has its first payload header there
constexpr std::uint16_t kFlagNone = 0, kFlagChained = 1;
constexpr std::size_t kPatternBytes = 8;
constexpr std::uint32_t kSmb2Identifier = 0xfe534d42;
constexpr std::size_t kSmb2HeaderBytes = 64;

using Failure = tl::unexpected<NotInspected>;
using Outcome = tl::expected<void, NotInspected>;

/// MS-SMB2 2.2.42.2.2; its reserved bytes are to be ignored.
Decoded decode_pattern(Bytes payload, std::span<std::byte> output) {
  ByteReader reader(payload);
  const std::byte pattern{reader.u8()};
  reader.skip(3);
  const std::uint32_t count = reader.u32le();
  if (!reader.ok() || reader.remaining() > 0 || count != output.size()) return Decoded::kBroken;
  std::fill(output.begin(), output.end(), pattern);
  return Decoded::kExact;
}

Decoded decode_plain(Bytes payload, std::span<std::byte> output) {
  if (payload.size() != output.size()) return Decoded::kBroken;
  std::copy(payload.begin(), payload.end(), output.begin());
  return Decoded::kExact;
}

tl::expected<Decoded, NotInspected> decode(std::uint16_t algorithm, Bytes payload, std::span<std::byte> output) {
  switch (static_cast<CompressionAlgorithm>(algorithm)) {
    case CompressionAlgorithm::kNone:
      return decode_plain(payload, output);
    case CompressionAlgorithm::kLznt1:
      return decode_lznt1(payload, output);
    case CompressionAlgorithm::kLz77:
      return decode_plain_lz77(payload, output);
    case CompressionAlgorithm::kLz77Huffman:
      return decode_lz77_huffman(payload, output);
    case CompressionAlgorithm::kPatternV1:
      return decode_pattern(payload, output);
    case CompressionAlgorithm::kLz4:
      return decode_lz4_block(payload, output);
  }
  return Failure(NotInspected::kUnknownCoding);
}

std::optional<std::uint16_t> flags_of(Bytes frame) {
  ByteReader reader(frame);
  reader.seek(kFlagsAt);
  const std::uint16_t flags = reader.u16le();
  return reader.ok() ? std::optional(flags) : std::nullopt;
}

bool is_known(std::uint16_t algorithm) {
  return algorithm <= static_cast<std::uint16_t>(CompressionAlgorithm::kLz4);
}

/// Puts a message together from its pieces.
class Decompression {
 public:
  Decompression(Bytes frame, std::size_t bytes_max) : reader_(frame), frame_(frame), bytes_max_(bytes_max) {}

  tl::expected<PlainMessage, NotInspected> run() {
    reader_.skip(kIdentifierBytes);
    const std::uint32_t declared = reader_.u32le();
    const auto flags = flags_of(frame_);
    if (!flags || *flags > kFlagChained) return Failure(NotInspected::kProtocolError);
    const Outcome outcome = is_chained(frame_) ? chained(declared) : unchained(declared);
    if (!outcome) return Failure(outcome.error());
    // Another transform header inside is refused by every receiver (MS-SMB2 3.2.5.1, 3.3.5.2).
    ByteReader message(plain_.bytes());
    if (message.u32be() != kSmb2Identifier || plain_.bytes().size() < kSmb2HeaderBytes) {
      return Failure(NotInspected::kProtocolError);
    }
    return std::move(plain_);
  }

 private:
  Outcome unchained(std::uint32_t declared) {
    const std::uint16_t algorithm = reader_.u16le();
    reader_.skip(2);  // flags
    const std::size_t offset = reader_.u32le();
    const bool is_none = algorithm == static_cast<std::uint16_t>(CompressionAlgorithm::kNone);
    if (!reader_.ok() || is_none || offset > reader_.remaining()) return Failure(NotInspected::kProtocolError);
    if (!make_room(std::uint64_t{declared} + offset)) return Failure(NotInspected::kExpansionLimit);
    const Bytes clear = reader_.take(offset);
    std::copy(clear.begin(), clear.end(), plain_.room().begin());
    return decode_next(algorithm, reader_.rest(), offset, declared);
  }

  Outcome chained(std::uint32_t declared) {
    if (!make_room(declared)) return Failure(NotInspected::kExpansionLimit);
    std::size_t done = 0;
    for (bool first = true; done < declared; first = false) {
      const std::uint16_t algorithm = reader_.u16le();
      const std::uint16_t flags = reader_.u16le();
      const Bytes payload = reader_.take(reader_.u32le());
      if (!reader_.ok()) return Failure(NotInspected::kProtocolError);
      if (!is_known(algorithm)) return Failure(NotInspected::kUnknownCoding);
      if (!first && flags != kFlagNone) plain_.set_ambiguous();
      const auto piece = piece_of(algorithm, payload);
      if (!piece || piece->size > declared - done) return Failure(NotInspected::kProtocolError);
      if (const auto outcome = decode_next(algorithm, piece->bytes, done, piece->size); !outcome) return outcome;
      done += piece->size;
    }
    if (reader_.remaining() > 0) plain_.set_ambiguous();
    return {};
  }

  struct Piece {
    Bytes bytes;
    std::size_t size = 0;  ///< once it is decoded
  };

  /// MS-SMB2 2.2.42.2.1: the LZ algorithms alone say how large the piece was.
  static std::optional<Piece> piece_of(std::uint16_t algorithm, Bytes payload) {
    ByteReader reader(payload);
    switch (static_cast<CompressionAlgorithm>(algorithm)) {
      case CompressionAlgorithm::kNone:
        return Piece{payload, payload.size()};
      case CompressionAlgorithm::kPatternV1: {
        reader.skip(kPatternBytes - sizeof(std::uint32_t));
        const std::size_t size = reader.u32le();
        return reader.ok() ? std::optional(Piece{payload, size}) : std::nullopt;
      }
      default:
        const std::size_t size = reader.u32le();
        return reader.ok() ? std::optional(Piece{reader.rest(), size}) : std::nullopt;
    }
  }

  bool make_room(std::uint64_t size) {
    if (size > bytes_max_) return false;
    plain_ = PlainMessage(static_cast<std::size_t>(size));
    return true;
  }

  Outcome decode_next(std::uint16_t algorithm, Bytes payload, std::size_t at, std::size_t size) {
    const auto decoded = decode(algorithm, payload, plain_.room().subspan(at, size));
    if (!decoded) return Failure(decoded.error());
    if (!is_full(*decoded)) return Failure(NotInspected::kProtocolError);
    if (*decoded == Decoded::kSurplus) plain_.set_ambiguous();
    return {};
  }

  ByteReader reader_;
  Bytes frame_;
  std::size_t bytes_max_;
  PlainMessage plain_;
};

}  // namespace

bool is_chained(Bytes frame) {
  return flags_of(frame) == kFlagChained;
}

tl::expected<PlainMessage, NotInspected> decompress_message(Bytes frame, std::size_t bytes_max) {
  return Decompression(frame, bytes_max).run();
}

}  // namespace sallyport::smb
