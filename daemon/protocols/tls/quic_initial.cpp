#include "daemon/protocols/tls/quic_initial.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>

namespace sallyport::tls {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::uint8_t kLongHeader = 0xc0;  // with the fixed bit
constexpr std::size_t kConnectionIdBytesMax = 20;
constexpr std::size_t kNumberBytesMax = 4;
constexpr std::size_t kSampleBytes = 16;
constexpr std::size_t kTagBytes = 16;
constexpr std::size_t kKeyBytes = 16;
constexpr std::size_t kIvBytes = 12;

/// What differs between the versions (RFC 9001 5.2; RFC 9369 3).
struct Version {
  std::uint32_t number;
  std::uint8_t initial_type;
  std::string_view salt;
  std::string_view key_label;
  std::string_view iv_label;
  std::string_view header_label;
};
constexpr Version kVersions[] = {
    {1, 0, "\x38\x76\x2c\xf7\xf5\x59\x34\xb3\x4d\x17\x9a\xe6\xa4\xc8\x0c\xad\xcc\xbb\x7f\x0a"sv, "quic key", "quic iv",
     "quic hp"},
    {0x6b3343cf, 1, "\x0d\xed\xe3\xde\xf7\x00\xa6\xdb\x81\x93\x81\xbe\x6e\x26\x9d\xcb\xf9\xbd\x2e\xd9"sv, "quicv2 key",
     "quicv2 iv", "quicv2 hp"},
};

const Version* version_of(std::uint32_t number) {
  const auto found = std::ranges::find(kVersions, number, &Version::number);
  return found == std::end(kVersions) ? nullptr : found;
}

using Secret = std::array<std::byte, 32>;
using Block = std::array<std::byte, 16>;

const unsigned char* raw(Bytes bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}
unsigned char* raw(std::byte* bytes) {
  return reinterpret_cast<unsigned char*>(bytes);
}
int length(Bytes bytes) {
  return static_cast<int>(bytes.size());
}

/// HMAC with SHA-256 (RFC 2104): the extract step of HKDF, and its expand step up to 32 bytes (RFC 5869).
Secret hmac(Bytes key, Bytes text) {
  Secret digest{};
  ::HMAC(::EVP_sha256(), key.data(), length(key), raw(text), text.size(), raw(digest.data()), nullptr);
  return digest;
}

/// HKDF-Expand-Label without context (RFC 8446 7.1), as 32 bytes of which the first `size` count.
Secret expand(const Secret& secret, std::string_view label, std::size_t size) {
  constexpr std::string_view kPrefix = "tls13 ";
  ByteBuffer info{std::byte{0}, std::byte(size), std::byte(kPrefix.size() + label.size())};
  append(info, as_byte_span(kPrefix));
  append(info, as_byte_span(label));
  info.push_back(std::byte{0});
  info.push_back(std::byte{1});
  return hmac(secret, info);
}

struct Keys {
  Secret key;
  Secret iv;
  Secret header;
};

Keys client_keys(const Version& version, Bytes first_id) {
  const Secret initial = hmac(as_byte_span(version.salt), first_id);
  const Secret client = expand(initial, "client in", 32);
  return {expand(client, version.key_label, kKeyBytes), expand(client, version.iv_label, kIvBytes),
          expand(client, version.header_label, kKeyBytes)};
}

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { ::EVP_CIPHER_CTX_free(context); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

Block header_mask(const Secret& key, Bytes sample) {
  Block mask{};
  const Cipher cipher(::EVP_CIPHER_CTX_new());
  int written = 0;
  ::EVP_EncryptInit_ex(cipher.get(), ::EVP_aes_128_ecb(), nullptr, raw(Bytes(key)), nullptr);
  ::EVP_EncryptUpdate(cipher.get(), raw(mask.data()), &written, raw(sample), length(sample));
  return mask;
}

/// RFC 9001 5.4: gives the header with its first byte and packet number as they were.
ByteBuffer plain_header(const InitialPacket& packet, const Secret& key) {
  const Block mask = header_mask(key, packet.bytes.subspan(packet.number_at + kNumberBytesMax, kSampleBytes));
  const std::byte first = packet.bytes[0] ^ (mask[0] & std::byte{0x0f});
  const std::size_t number_bytes = 1 + std::to_integer<std::size_t>(first & std::byte{3});
  const Bytes header = packet.bytes.first(packet.number_at + number_bytes);
  ByteBuffer plain(header.begin(), header.end());
  plain[0] = first;
  for (std::size_t i = 0; i < number_bytes; ++i) plain[packet.number_at + i] ^= mask[1 + i];
  return plain;
}

/// RFC 9001 5.3. Few Initial packets are sent, so the number in the header is the whole number.
Secret nonce_of(const Secret& iv, Bytes number) {
  Secret nonce = iv;
  for (std::size_t i = 0; i < number.size(); ++i) nonce[kIvBytes - number.size() + i] ^= number[i];
  return nonce;
}

std::optional<ByteBuffer> decrypt(const Keys& keys, const Secret& nonce, Bytes header, Bytes sealed) {
  const Bytes coded = sealed.first(sealed.size() - kTagBytes);
  Block tag{};
  std::ranges::copy(sealed.last(kTagBytes), tag.begin());
  ByteBuffer plain(coded.size());
  const Cipher cipher(::EVP_CIPHER_CTX_new());
  int written = 0;
  ::EVP_DecryptInit_ex(cipher.get(), ::EVP_aes_128_gcm(), nullptr, raw(Bytes(keys.key)), raw(Bytes(nonce)));
  ::EVP_DecryptUpdate(cipher.get(), nullptr, &written, raw(header), length(header));
  ::EVP_DecryptUpdate(cipher.get(), raw(plain.data()), &written, raw(coded), length(coded));
  ::EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data());
  if (::EVP_DecryptFinal_ex(cipher.get(), nullptr, &written) != 1) return std::nullopt;
  return plain;
}

}  // namespace

std::uint64_t read_varint(ByteReader& reader) {
  const std::uint8_t first = reader.u8();
  std::uint64_t value = first & 0x3fU;
  for (unsigned more = (1U << (first >> 6)) - 1; more > 0; --more) value = value << 8 | reader.u8();
  return value;
}

std::optional<InitialPacket> parse_initial(Bytes datagram) {
  ByteReader reader(datagram);
  const std::uint8_t first = reader.u8();
  InitialPacket packet;
  packet.version = reader.u32be();
  const Version* const version = version_of(packet.version);
  const bool is_initial = version && (first & kLongHeader) == kLongHeader && (first >> 4 & 3U) == version->initial_type;
  if (!is_initial) return std::nullopt;
  packet.destination_id = reader.take(reader.u8());
  reader.skip(reader.u8());          // source connection id
  reader.skip(read_varint(reader));  // token
  const std::uint64_t size = read_varint(reader);
  packet.number_at = reader.position();
  const bool is_whole = reader.ok() && size >= kNumberBytesMax + kSampleBytes && size <= reader.remaining();
  if (!is_whole || packet.destination_id.size() > kConnectionIdBytesMax) return std::nullopt;
  packet.bytes = datagram.first(packet.number_at + static_cast<std::size_t>(size));
  return packet;
}

std::optional<ByteBuffer> open_initial(const InitialPacket& packet, Bytes first_id) {
  const Keys keys = client_keys(*version_of(packet.version), first_id);
  const ByteBuffer header = plain_header(packet, keys.header);
  const Secret nonce = nonce_of(keys.iv, Bytes(header).subspan(packet.number_at));
  return decrypt(keys, nonce, header, packet.bytes.subspan(header.size()));
}

}  // namespace sallyport::tls
