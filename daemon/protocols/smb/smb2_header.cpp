#include "daemon/protocols/smb/smb2_header.h"

#include "daemon/base/byte_reader.h"

namespace sallyport::smb {

std::optional<Smb2Header> parse_smb2_header(Bytes message) {
  ByteReader reader(message);
  Smb2Header header;
  reader.skip(4);
  const std::uint16_t structure_size = reader.u16le();
  reader.skip(2);  // CreditCharge
  header.status = reader.u32le();
  header.command = static_cast<Command>(reader.u16le());
  reader.skip(2);  // credits asked for or granted: they bound what is pending, and so does our table
  header.flags = reader.u32le();
  header.next_command = reader.u32le();
  header.message_id = reader.u64le();
  if (header.is_async()) {
    header.async_id = reader.u64le();
  } else {
    reader.skip(4);
    header.tree_id = reader.u32le();
  }
  header.session_id = reader.u64le();
  reader.skip(16);  // Signature
  if (!reader.ok() || structure_size != kSmb2HeaderBytes) return std::nullopt;
  return header;
}

}  // namespace sallyport::smb
