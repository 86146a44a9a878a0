#include "daemon/protocols/tls/quic_hello.h"

#include <algorithm>
#include <utility>

#include "daemon/base/byte_reader.h"
#include "daemon/base/limits.h"
#include "daemon/protocols/tls/quic_initial.h"

namespace sallyport::tls {
namespace {

/// A hello with post-quantum keys takes two datagrams; some more may be sent again.
constexpr unsigned kDatagramsMax = 16;
/// Initial packets of one datagram; a client sends one or two.
constexpr int kPacketsMax = 4;
/// Pieces of a message that are not joined yet; browsers cut it into a dozen.
constexpr std::size_t kPiecesMax = 64;
constexpr std::size_t kRangeCost = 64;  // a node of the set

/// What an Initial packet may hold before its end (RFC 9000 12.4); padding is 0, a ping 1.
enum Frame : std::uint64_t { kAck = 2, kAckWithEcn = 3, kCrypto = 6 };

void skip_ack(ByteReader& reader, bool with_ecn) {
  read_varint(reader);  // largest
  read_varint(reader);  // delay
  std::uint64_t ranges = read_varint(reader);
  read_varint(reader);  // the first range
  for (; reader.ok() && ranges > 0; --ranges) {
    read_varint(reader);
    read_varint(reader);
  }
  for (int counts = with_ecn ? 3 : 0; counts > 0; --counts) read_varint(reader);
}

}  // namespace

std::size_t QuicHelloReader::memory_bytes() const {
  return first_id_.capacity() + message_.capacity() + seen_.count() * kRangeCost;
}

void QuicHelloReader::feed(Bytes datagram) {
  for (int packets = 0; !done_ && packets < kPacketsMax && take_packet(datagram); ++packets) {
  }
  if (++datagrams_ == kDatagramsMax) finish();
}

/// False where no Initial packet begins here. A server that wants a Retry names the next keys (RFC 9001 5.2): they come
/// from the packet's own destination then.
bool QuicHelloReader::take_packet(Bytes& datagram) {
  const auto packet = parse_initial(datagram);
  if (!packet) {
    if (datagrams_ == 0 && first_id_.empty()) finish();
    return false;
  }
  datagram = datagram.subspan(packet->bytes.size());
  if (first_id_.empty()) first_id_.assign(packet->destination_id.begin(), packet->destination_id.end());
  auto frames = open_initial(*packet, first_id_);
  if (!frames) frames = open_initial(*packet, packet->destination_id);
  if (frames) take_frames(*frames);
  return true;
}

void QuicHelloReader::take_frames(Bytes frames) {
  ByteReader reader(frames);
  while (!done_ && reader.remaining() > 0) {
    const std::uint64_t type = read_varint(reader);
    if (type == kAck || type == kAckWithEcn) skip_ack(reader, type == kAckWithEcn);
    if (type == kCrypto) {
      const std::uint64_t offset = read_varint(reader);
      const Bytes piece = reader.take(static_cast<std::size_t>(read_varint(reader)));
      if (reader.ok() && !take_crypto(offset, piece)) return finish();
    }
    if (!reader.ok() || (type > kAckWithEcn && type != kCrypto)) break;
  }
  take_message();
}

/// False where it is more than a hello can be.
bool QuicHelloReader::take_crypto(std::uint64_t offset, Bytes piece) {
  if (offset > limits::kClientHelloBytes || piece.size() > limits::kClientHelloBytes - offset) return false;
  const std::size_t begin = static_cast<std::size_t>(offset);
  message_.resize(std::max(message_.size(), begin + piece.size()));
  std::ranges::copy(piece, message_.begin() + static_cast<std::ptrdiff_t>(begin));
  if (!piece.empty()) seen_.add({offset, offset + piece.size()});
  return seen_.count() <= kPiecesMax;
}

void QuicHelloReader::take_message() {
  if (done_) return;
  auto hello = client_hello_in(prefix(message_, static_cast<std::size_t>(seen_.contiguous_end())));
  if (!hello) return;
  hello_ = std::move(*hello);
  finish();
}

void QuicHelloReader::finish() {
  done_ = true;
  message_ = ByteBuffer();
  first_id_ = ByteBuffer();
  seen_ = ByteRangeSet();
}

}  // namespace sallyport::tls
