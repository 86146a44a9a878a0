#include "daemon/protocols/smb/smb2_negotiate.h"

#include <algorithm>
#include <optional>

#include "daemon/base/byte_reader.h"

namespace sallyport::smb {
namespace {

constexpr std::uint16_t kSigningRequired = 0x2;
constexpr std::uint32_t kMultiChannel = 0x8;
constexpr std::uint32_t kEncryption = 0x40;
constexpr std::uint16_t kDialect30 = 0x0300;
constexpr std::uint16_t kDialect311 = 0x0311;
constexpr std::uint16_t kDialectWildcard = 0x02ff;  // answers an SMB1 negotiate; another NEGOTIATE follows
constexpr std::uint16_t kEncryptionContext = 0x0002;
constexpr std::uint16_t kCompressionContext = 0x0003;
constexpr std::uint32_t kChainedCompression = 0x1;
/// Contexts looked at; the specification knows nine types.
constexpr unsigned kContextsMax = 16;

std::string hex(Bytes bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const std::byte byte : bytes) {
    text += kDigits[std::to_integer<unsigned>(byte) >> 4];
    text += kDigits[std::to_integer<unsigned>(byte) & 15];
  }
  return text;
}

/// MS-SMB2 2.2.4.1: the data of a context.
std::optional<Bytes> find_context(Bytes message, std::uint32_t offset, unsigned count, std::uint16_t wanted) {
  ByteReader reader(message);
  reader.seek(offset);
  for (unsigned i = 0; i < count && i < kContextsMax; ++i) {
    const std::uint16_t type = reader.u16le();
    const std::size_t length = reader.u16le();
    reader.skip(4);
    if (!reader.ok()) return std::nullopt;
    if (type == wanted) return reader.take(std::min(length, reader.remaining()));
    reader.skip(length + (8 - length % 8) % 8);
  }
  return std::nullopt;
}

/// MS-SMB2 2.2.3.1.3.
bool chains_compression(Bytes context) {
  ByteReader reader(context);
  reader.skip(4);
  return reader.u32le() & kChainedCompression;
}

}  // namespace

void on_negotiate_reply(Smb2Connection& connection, const Smb2Message& message) {
  if (message.header.is_error()) return;
  ByteReader reader(message.body());
  reader.skip(2);
  const std::uint16_t security_mode = reader.u16le();
  const std::uint16_t dialect = reader.u16le();
  const unsigned context_count = reader.u16le();
  const Bytes guid = reader.take(16);
  const std::uint32_t capabilities = reader.u32le();
  reader.skip(32);  // sizes, times, security buffer
  const std::uint32_t context_offset = reader.u32le();
  if (!reader.ok()) return connection.malformed(nullptr);
  if (security_mode & kSigningRequired) connection.stats().signing_required.add();
  const auto context = [&](std::uint16_t type) {
    return dialect == kDialect311 ? find_context(message.bytes, context_offset, context_count, type) : std::nullopt;
  };
  const bool encrypts = dialect == kDialect311 ? context(kEncryptionContext).has_value()
                                               : dialect >= kDialect30 && (capabilities & kEncryption);
  if (encrypts) connection.stats().encryption_offered.add();
  const bool multichannel = dialect == kDialectWildcard || (dialect >= kDialect30 && (capabilities & kMultiChannel));
  connection.files().set_server(hex(guid), multichannel);
  if (dialect == kDialectWildcard) return;
  const auto compression = context(kCompressionContext);
  connection.set_chains_compression(compression && chains_compression(*compression));
}

}  // namespace sallyport::smb
