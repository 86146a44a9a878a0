// QUIC Initial packets made to order, sealed as a client seals them (RFC 9001 5).
#pragma once

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "tests/support/tls_hello.h"

namespace sallyport::test {

inline const unsigned char* raw(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
inline unsigned char* raw(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

inline std::string hmac_sha256(std::string_view key, std::string_view text) {
  std::string digest(32, '\0');
  ::HMAC(::EVP_sha256(), key.data(), static_cast<int>(key.size()), raw(text), text.size(), raw(digest), nullptr);
  return digest;
}

inline std::string expand_label(const std::string& secret, const std::string& label, std::size_t size) {
  const std::string info = length_prefix(size, 2) + sized("tls13 " + label, 1) + std::string("\0\1", 2);
  return hmac_sha256(secret, info).substr(0, size);
}

/// `version` 1 or 2.
struct QuicInitial {
  int version = 1;
  std::string destination_id = "\x83\x94\xc8\xf0\x3e\x51\x57\x08";
  std::string first_id = destination_id;  ///< what the keys come from
  std::uint8_t number = 2;
  std::string token = {};
  std::size_t size_min = 1162;  ///< of the frames: padding fills them up
};

inline std::string crypto_frame(std::size_t offset, const std::string& piece) {
  return "\x06" + length_prefix(0x4000 | offset, 2) + length_prefix(0x4000 | piece.size(), 2) + piece;
}

inline std::string aes_128(const EVP_CIPHER* kind, const std::string& key, const std::string& iv,
                           std::string_view extra, const std::string& plain) {
  EVP_CIPHER_CTX* const cipher = ::EVP_CIPHER_CTX_new();
  std::string coded(plain.size(), '\0');
  int written = 0;
  ::EVP_EncryptInit_ex(cipher, kind, nullptr, raw(std::string_view(key)),
                       iv.empty() ? nullptr : raw(std::string_view(iv)));
  if (!extra.empty()) ::EVP_EncryptUpdate(cipher, nullptr, &written, raw(extra), static_cast<int>(extra.size()));
  ::EVP_EncryptUpdate(cipher, raw(coded), &written, raw(std::string_view(plain)), static_cast<int>(plain.size()));
  if (!iv.empty()) {
    std::string tag(16, '\0');
    int rest = 0;
    ::EVP_EncryptFinal_ex(cipher, nullptr, &rest);
    ::EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_GET_TAG, 16, tag.data());
    coded += tag;
  }
  ::EVP_CIPHER_CTX_free(cipher);
  return coded;
}

/// A packet with a four-byte number, as in RFC 9001 A.2.
inline std::string quic_initial(std::string frames, const QuicInitial& how = {}) {
  using namespace std::string_literals;
  frames.resize(std::max(frames.size(), how.size_min), '\0');
  const bool two = how.version == 2;
  const std::string salt = two ? "\x0d\xed\xe3\xde\xf7\x00\xa6\xdb\x81\x93\x81\xbe\x6e\x26\x9d\xcb\xf9\xbd\x2e\xd9"s
                               : "\x38\x76\x2c\xf7\xf5\x59\x34\xb3\x4d\x17\x9a\xe6\xa4\xc8\x0c\xad\xcc\xbb\x7f\x0a"s;
  const std::string client = expand_label(hmac_sha256(salt, how.first_id), "client in", 32);
  const std::string words = two ? "quicv2 " : "quic ";
  std::string header = (two ? "\xd3\x6b\x33\x43\xcf"s : "\xc3\x00\x00\x00\x01"s) + sized(how.destination_id, 1) + '\0' +
                       sized(how.token, 1) + length_prefix(0x4000 | (frames.size() + 4 + 16), 2);
  const std::size_t number_at = header.size();
  header += length_prefix(how.number, 4);
  std::string nonce = expand_label(client, words + "iv", 12);
  nonce.back() = static_cast<char>(nonce.back() ^ how.number);
  const std::string sealed =
      aes_128(::EVP_aes_128_gcm(), expand_label(client, words + "key", 16), nonce, header, frames);
  const std::string mask =
      aes_128(::EVP_aes_128_ecb(), expand_label(client, words + "hp", 16), "", "", sealed.substr(0, 16));
  header[0] = static_cast<char>(header[0] ^ (mask[0] & 0x0f));
  for (std::size_t i = 0; i < 4; ++i) header[number_at + i] = static_cast<char>(header[number_at + i] ^ mask[1 + i]);
  return header + sealed;
}

}  // namespace sallyport::test
