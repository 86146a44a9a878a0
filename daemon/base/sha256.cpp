#include "daemon/base/sha256.h"

#include <openssl/evp.h>

#include "daemon/base/check.h"
#include "daemon/base/hex.h"

namespace sallyport {
namespace {

// Fetched once: EVP_sha256() would look the algorithm up again for every digest, which costs more than hashing 1 KiB.
const EVP_MD* algorithm() {
  static const EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  SALLYPORT_CHECK(fetched != nullptr);
  return fetched;
}

EVP_MD_CTX* as_context(void* context) {
  return static_cast<EVP_MD_CTX*>(context);
}

}  // namespace

std::string to_hex(const Sha256Digest& digest) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(2 * digest.size());
  for (const std::byte byte : digest) {
    text += kDigits[std::to_integer<unsigned>(byte >> 4)];
    text += kDigits[std::to_integer<unsigned>(byte & std::byte{0xf})];
  }
  return text;
}

std::optional<Sha256Digest> sha256_from_hex(std::string_view text) {
  Sha256Digest digest;
  if (text.size() != 2 * digest.size()) return std::nullopt;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    const int high = hex_digit(text[2 * i]);
    const int low = hex_digit(text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    digest[i] = static_cast<std::byte>(high << 4 | low);
  }
  return digest;
}

void Sha256::Free::operator()(void* context) const {
  EVP_MD_CTX_free(as_context(context));
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  SALLYPORT_CHECK(context_ != nullptr);
  SALLYPORT_CHECK(EVP_DigestInit_ex2(as_context(context_.get()), algorithm(), nullptr) == 1);
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(Bytes bytes) {
  SALLYPORT_CHECK(EVP_DigestUpdate(as_context(context_.get()), bytes.data(), bytes.size()) == 1);
}

Sha256Digest Sha256::finish() {
  Sha256Digest digest;
  EVP_MD_CTX* const context = as_context(context_.get());
  SALLYPORT_CHECK(EVP_DigestFinal_ex(context, reinterpret_cast<unsigned char*>(digest.data()), nullptr) == 1);
  SALLYPORT_CHECK(EVP_DigestInit_ex2(context, algorithm(), nullptr) == 1);
  return digest;
}

Sha256Digest Sha256::of(Bytes bytes) {
  Sha256 running;
  running.update(bytes);
  return running.finish();
}

}  // namespace sallyport
