#include "daemon/protocols/smb/utf16.h"

#include <cstdint>

#include "daemon/base/byte_reader.h"

namespace sallyport::smb {
namespace {

constexpr std::uint32_t kReplacement = 0xfffd;

bool is_high(std::uint32_t unit) {
  return unit >= 0xd800 && unit <= 0xdbff;
}
bool is_low(std::uint32_t unit) {
  return unit >= 0xdc00 && unit <= 0xdfff;
}

std::uint32_t next_character(ByteReader& reader) {
  const std::uint32_t unit = reader.u16le();
  if (is_low(unit)) return kReplacement;
  if (!is_high(unit)) return unit;
  ByteReader ahead = reader;
  const std::uint32_t low = ahead.u16le();
  if (!ahead.ok() || !is_low(low)) return kReplacement;
  reader = ahead;
  return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
}

bool append_utf8(std::string& text, std::uint32_t character, std::size_t size_max) {
  const unsigned extra = character < 0x80 ? 0 : character < 0x800 ? 1 : character < 0x10000 ? 2 : 3;
  if (text.size() + extra + 1 > size_max) return false;
  static constexpr std::uint32_t kLead[] = {0x00, 0xc0, 0xe0, 0xf0};
  text += static_cast<char>(kLead[extra] | character >> (6 * extra));
  for (unsigned i = extra; i > 0; --i) text += static_cast<char>(0x80 | (character >> (6 * (i - 1)) & 0x3f));
  return true;
}

}  // namespace

std::string utf8_from_utf16(Bytes text, std::size_t size_max) {
  std::string name;
  ByteReader reader(text);
  while (reader.remaining() >= 2) {
    const std::uint32_t character = next_character(reader);
    if (character == 0 || !append_utf8(name, character, size_max)) break;
  }
  return name;
}

std::string utf8_from_bytes(Bytes text, std::size_t size_max) {
  std::string name;
  for (const std::byte byte : text) {
    const auto character = std::to_integer<std::uint32_t>(byte);
    if (character == 0 || !append_utf8(name, character, size_max)) break;
  }
  return name;
}

}  // namespace sallyport::smb
