#include "daemon/contract/pdq.h"

#include <algorithm>

namespace sallyport {

std::string to_hex(const PdqHash& hash) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : hash) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::optional<PdqHash> pdq_from_hex(std::string_view text) {
  const auto bytes = sha256_from_hex(text);  // as long
  if (!bytes) return std::nullopt;
  PdqHash hash;
  std::transform(bytes->begin(), bytes->end(), hash.begin(), [](std::byte byte) { return std::uint8_t(byte); });
  return hash;
}

}  // namespace sallyport
