#include "daemon/protocols/smb/smb1_header.h"

#include "daemon/base/byte_reader.h"

namespace sallyport::smb {
namespace {

constexpr std::uint8_t kReplyFlag = 0x80;
constexpr std::uint16_t kUnicodeFlag = 0x8000;

}  // namespace

bool is_andx(Smb1Command command) {
  switch (command) {
    case Smb1Command::kLockingAndx:
    case Smb1Command::kOpenAndx:
    case Smb1Command::kReadAndx:
    case Smb1Command::kWriteAndx:
    case Smb1Command::kSessionSetupAndx:
    case Smb1Command::kLogoffAndx:
    case Smb1Command::kTreeConnectAndx:
    case Smb1Command::kNtCreateAndx:
      return true;
    default:
      return false;
  }
}

std::optional<Smb1Header> parse_smb1_header(Bytes message) {
  ByteReader reader(message);
  reader.skip(4);
  Smb1Header header;
  header.command = static_cast<Smb1Command>(reader.u8());
  header.status = reader.u32le();
  header.is_reply = reader.u8() & kReplyFlag;
  header.is_unicode = reader.u16le() & kUnicodeFlag;
  const std::uint64_t process_high = reader.u16le();
  reader.skip(10);
  header.tree_id = reader.u16le();
  const std::uint64_t process_low = reader.u16le();
  header.user_id = reader.u16le();
  header.multiplex_id = reader.u16le();
  header.request_key = process_high << 32 | process_low << 16 | header.multiplex_id;
  if (!reader.ok()) return std::nullopt;
  return header;
}

std::optional<Smb1Block> parse_smb1_block(Bytes message, Smb1Command command, std::size_t offset) {
  ByteReader reader(message);
  reader.seek(offset);
  Smb1Block block;
  block.command = command;
  block.words = reader.take(std::size_t{2} * reader.u8());
  const std::size_t byte_count = reader.u16le();
  if (!reader.ok()) return std::nullopt;
  block.bytes_at = reader.position();
  block.bytes = prefix(reader.rest(), byte_count);
  if (is_andx(command) && block.words.size() >= 4) {
    ByteReader words(block.words);
    block.next_command = static_cast<Smb1Command>(words.u8());
    words.skip(1);
    block.next_offset = words.u16le();
  }
  return block;
}

}  // namespace sallyport::smb
