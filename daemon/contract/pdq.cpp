#include "daemon/contract/pdq.h"

#include <algorithm>
#include <array>

namespace sallyport {
namespace {

constexpr std::array<std::string_view, kPictureForms> kWords{
    "upright", "mirrored", "flipped", "turned_180", "transposed", "turned_left", "turned_right", "transversed"};

}  // namespace

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

std::string_view to_string(PictureForm form) {
  return kWords[static_cast<std::size_t>(form) % kWords.size()];
}

PictureForm picture_form_from(std::string_view word) {
  const auto found = std::find(kWords.begin(), kWords.end(), word);
  return found == kWords.end() ? PictureForm::kUpright : static_cast<PictureForm>(found - kWords.begin());
}

}  // namespace sallyport
