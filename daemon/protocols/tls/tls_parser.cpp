#include "daemon/protocols/tls/tls_parser.h"

#include <algorithm>
#include <array>

#include "daemon/base/byte_reader.h"

namespace sallyport::tls {
namespace {

constexpr std::uint8_t kHandshakeRecord = 0x16;
constexpr std::uint8_t kApplicationRecord = 0x17;
/// 2^14 of plaintext, and what encryption may add (RFC 5246 6.2.3; TLS 1.3 adds less).
constexpr std::size_t kPlainRecordBytesMax = 16384;
constexpr std::size_t kRecordBytesMax = 16384 + 2048;

bool is_handshake_type(std::uint8_t type) {
  static constexpr std::array<std::uint8_t, 13> kTypes{0, 1, 2, 4, 5, 8, 11, 12, 13, 14, 15, 16, 20};
  return std::find(kTypes.begin(), kTypes.end(), type) != kTypes.end();
}

Recognition judge_length(std::uint8_t type, Bytes bytes) {
  ByteReader reader(bytes);
  reader.skip(3);
  const std::size_t length = reader.u16be();
  if (!reader.ok()) return Recognition::kMaybe;
  if (type == kApplicationRecord) return length > 0 && length <= kRecordBytesMax ? Recognition::kYes : Recognition::kNo;
  if (length < 4 || length > kPlainRecordBytesMax) return Recognition::kNo;
  const std::uint8_t message = reader.u8();
  if (!reader.ok()) return Recognition::kMaybe;
  return is_handshake_type(message) ? Recognition::kYes : Recognition::kNo;
}

}  // namespace

Recognition recognise(Direction, Bytes bytes) {
  ByteReader reader(bytes);
  const std::uint8_t type = reader.u8();
  if (!reader.ok()) return Recognition::kMaybe;
  if (type != kHandshakeRecord && type != kApplicationRecord) return Recognition::kNo;
  const std::uint8_t major = reader.u8();
  if (!reader.ok()) return Recognition::kMaybe;
  const std::uint8_t minor = reader.u8();
  if (major != 3 || (reader.ok() && minor > 4)) return Recognition::kNo;
  return judge_length(type, bytes);
}

template <typename HelloReader>
std::size_t HelloParser<HelloReader>::feed(Direction direction, Bytes bytes, Timestamp time) {
  if (!in_hello_ || direction == Direction::kServerToClient) return opaque_.feed(direction, bytes, time);
  hello_.feed(bytes);
  held_back_ += bytes.size();
  if (hello_.done()) end_hello(time);
  return bytes.size();
}

template <typename HelloReader>
void HelloParser<HelloReader>::end_hello(Timestamp time) {
  if (!in_hello_) return;
  in_hello_ = false;
  const ClientHello& said = hello_.hello();
  if (said != ClientHello()) opaque_.name({said.server_name, said.protocols});
  hello_ = {};
  opaque_.count(Direction::kClientToServer, held_back_, time);
}

template <typename HelloReader>
void HelloParser<HelloReader>::gap(Direction direction, std::uint64_t size, Timestamp time) {
  if (direction == Direction::kClientToServer) end_hello(time);
  opaque_.gap(direction, size, time);
}

template <typename HelloReader>
void HelloParser<HelloReader>::conflict(Direction direction, Timestamp time) {
  if (direction == Direction::kClientToServer) end_hello(time);
  opaque_.conflict(direction, time);
}

template <typename HelloReader>
void HelloParser<HelloReader>::half_close(Direction direction, Timestamp time) {
  if (direction == Direction::kClientToServer) end_hello(time);
  opaque_.half_close(direction, time);
}

template <typename HelloReader>
void HelloParser<HelloReader>::finish(CloseReason reason, Timestamp time) {
  end_hello(time);
  opaque_.finish(reason, time);
}

template class HelloParser<ClientHelloReader>;
template class HelloParser<QuicHelloReader>;

std::unique_ptr<ProtocolParser> make_tls_parser(const Flow& flow, TransferSink& sink) {
  if (flow.transport == Transport::kQuic) return std::make_unique<QuicParser>(flow, sink);
  return std::make_unique<TlsParser>(flow, sink);
}

}  // namespace sallyport::tls
