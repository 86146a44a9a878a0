#include "daemon/protocols/smb/ntlmssp.h"

#include "daemon/base/byte_reader.h"
#include "daemon/protocols/smb/utf16.h"

namespace sallyport::smb {
namespace {

constexpr std::string_view kSignature("NTLMSSP\0", 8);
constexpr std::uint32_t kAuthenticate = 3;
constexpr std::uint32_t kUnicode = 0x1;
constexpr std::size_t kDomainFieldAt = 28;
constexpr std::size_t kFlagsAt = 60;

std::string text_field(Bytes message, ByteReader& fields, bool is_unicode, std::size_t size_max) {
  const std::size_t length = fields.u16le();
  fields.skip(2);
  const std::size_t offset = fields.u32le();
  ByteReader reader(message);
  reader.seek(offset);
  const Bytes text = reader.take(length);
  return is_unicode ? utf8_from_utf16(text, size_max) : utf8_from_bytes(text, size_max);
}

}  // namespace

std::string ntlm_user(Bytes token, std::size_t size_max) {
  const std::size_t start = as_text(token).find(kSignature);
  if (start == std::string_view::npos) return {};
  const Bytes message = token.subspan(start);
  ByteReader reader(message);
  reader.skip(kSignature.size());
  if (reader.u32le() != kAuthenticate) return {};
  reader.seek(kFlagsAt);
  const bool is_unicode = reader.u32le() & kUnicode;
  reader.seek(kDomainFieldAt);
  const std::string domain = text_field(message, reader, is_unicode, size_max);
  const std::string user = text_field(message, reader, is_unicode, size_max);
  if (!reader.ok() || user.empty()) return {};
  return domain.empty() ? user : domain + '\\' + user;
}

}  // namespace sallyport::smb
