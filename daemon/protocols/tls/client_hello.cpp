#include "daemon/protocols/tls/client_hello.h"

#include <string_view>
#include <utility>

#include "daemon/base/byte_reader.h"
#include "daemon/base/limits.h"

namespace sallyport::tls {
namespace {

constexpr std::size_t kRecordHeaderBytes = 5;
constexpr std::size_t kMessageHeaderBytes = 4;
constexpr std::size_t kRandomBytes = 32;
constexpr std::size_t kHostNameBytesMax = 255;
/// Browsers offer two or three protocols of a few letters; the list may have 64 KiB.
constexpr std::size_t kProtocolsBytesMax = 255;
constexpr std::uint8_t kHandshakeRecord = 22;
constexpr std::uint8_t kClientHello = 1;
constexpr std::uint16_t kServerNameExtension = 0;
constexpr std::uint16_t kAlpnExtension = 16;
constexpr std::uint8_t kHostNameType = 0;

// RFC 6066 3: a list of names, each a type and a length; only host names exist.
std::string read_server_name(Bytes extension) {
  ByteReader reader(extension);
  reader.skip(2);
  while (reader.ok() && reader.remaining() > 0) {
    const std::uint8_t type = reader.u8();
    const Bytes name = reader.take(reader.u16be());
    if (reader.ok() && type == kHostNameType && name.size() <= kHostNameBytesMax) return std::string(as_text(name));
  }
  return {};
}

void append_encoded(std::string& text, Bytes name) {
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (const char c : as_text(name)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > ' ' && byte < 0x7f && c != ',' && c != '%') {
      text += c;
    } else {
      text += {'%', kDigits[byte >> 4U], kDigits[byte & 0xfU]};
    }
  }
}

// RFC 7301 3.1: a list of names, each of 1 to 255 bytes.
std::string read_protocols(Bytes extension) {
  ByteReader reader(extension);
  reader.skip(2);
  std::string all;
  while (reader.ok() && reader.remaining() > 0) {
    const Bytes name = reader.take(reader.u8());
    if (!reader.ok() || name.empty()) break;
    std::string longer = all.empty() ? std::string() : all + ',';
    append_encoded(longer, name);
    if (longer.size() > kProtocolsBytesMax) break;
    all = std::move(longer);
  }
  return all;
}

// Of an extension that comes twice, which no client may send (RFC 8446 4.2), the first counts.
ClientHello read_client_hello(Bytes body) {
  ByteReader reader(body);
  reader.skip(2 + kRandomBytes);
  reader.skip(reader.u8());     // session id
  reader.skip(reader.u16be());  // cipher suites
  reader.skip(reader.u8());     // compression methods
  ByteReader extensions(reader.take(reader.u16be()));
  ClientHello hello;
  while (extensions.ok() && extensions.remaining() > 0) {
    const std::uint16_t type = extensions.u16be();
    const Bytes extension = extensions.take(extensions.u16be());
    if (!extensions.ok()) break;
    if (type == kServerNameExtension && hello.server_name.empty()) hello.server_name = read_server_name(extension);
    if (type == kAlpnExtension && hello.protocols.empty()) hello.protocols = read_protocols(extension);
  }
  return hello;
}

}  // namespace

std::optional<ClientHello> client_hello_in(Bytes message) {
  ByteReader reader(message);
  const std::uint8_t type = reader.u8();
  if (reader.ok() && type != kClientHello) return ClientHello();
  const std::uint32_t size = reader.u24be();
  if (!reader.ok()) return std::nullopt;
  if (kMessageHeaderBytes + std::size_t{size} > limits::kClientHelloBytes) return ClientHello();
  if (reader.remaining() < size) return std::nullopt;
  return read_client_hello(reader.take(size));
}

void ClientHelloReader::feed(Bytes bytes) {
  while (!done_ && !bytes.empty()) {
    const bool in_record = record_left_ > 0;
    ByteBuffer& target = in_record ? message_ : record_header_;
    const std::size_t wanted = in_record ? record_left_ : kRecordHeaderBytes - record_header_.size();
    const Bytes piece = prefix(bytes, wanted);
    append(target, piece);
    bytes = bytes.subspan(piece.size());
    if (in_record) {
      record_left_ -= piece.size();
      take_message();
    } else if (record_header_.size() == kRecordHeaderBytes) {
      take_record_header();
    }
  }
}

void ClientHelloReader::take_record_header() {
  ByteReader reader(record_header_);
  const std::uint8_t type = reader.u8();
  reader.skip(2);
  record_left_ = reader.u16be();
  record_header_.clear();
  const bool fits = message_.size() + record_left_ <= limits::kClientHelloBytes;
  if (type != kHandshakeRecord || record_left_ == 0 || !fits) finish();
}

void ClientHelloReader::take_message() {
  auto hello = client_hello_in(message_);
  if (!hello) return;
  hello_ = std::move(*hello);
  finish();
}

void ClientHelloReader::finish() {
  done_ = true;
  message_ = ByteBuffer();
  record_header_ = ByteBuffer();
}

}  // namespace sallyport::tls
