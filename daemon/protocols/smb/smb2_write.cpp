#include "daemon/protocols/smb/smb2_write.h"

#include <algorithm>

#include "daemon/base/byte_reader.h"

namespace sallyport::smb {
namespace {

constexpr std::uint16_t kRequestStructure = 49;
constexpr std::uint64_t kRequestHeadBytes = kSmb2HeaderBytes + 48;
/// As an offset: append at the end of the file (MS-FSA 2.1.5.4; Samba does it too).
constexpr std::uint64_t kAppend = ~std::uint64_t{0};
/// Files end before it (MS-FSA: offsets are signed).
constexpr std::uint64_t kFileEndMax = std::uint64_t{1} << 63;

struct WriteRequest {
  std::uint64_t data_offset = 0;
  std::uint64_t length = 0;
  std::uint64_t offset = 0;
  FileId id;
};

std::optional<WriteRequest> parse_write_request(Bytes body) {
  ByteReader reader(body);
  const std::uint16_t structure = reader.u16le();
  WriteRequest request;
  request.data_offset = reader.u16le();
  request.length = reader.u32le();
  request.offset = reader.u64le();
  request.id.persistent = reader.u64le();
  request.id.volatile_part = reader.u64le();
  if (!reader.ok() || structure != kRequestStructure) return std::nullopt;
  return request;
}

}  // namespace

Payload on_write_request(Smb2Connection& connection, const Smb2Message& message) {
  connection.stats().writes.add();
  const auto write = parse_write_request(message.body());
  OpenFile* const file = write ? connection.requested_file(message.header, write->id, message.time) : nullptr;
  if (file == nullptr) {
    connection.malformed(nullptr);
    return {};
  }
  // Contradicting lengths: what is there has left all the same, so as much as fits is taken.
  const std::uint64_t at = std::clamp(write->data_offset, kRequestHeadBytes, std::max(kRequestHeadBytes, message.size));
  const std::uint64_t size = std::min(write->length, message.size - std::min(at, message.size));
  std::uint64_t offset = write->offset;
  if (offset == kAppend) offset = file->end_of_file.value_or(file->written_end);
  const bool is_beyond = offset > kFileEndMax - size;
  if (is_beyond) offset = file->written_end;
  Smb2Request request;
  request.command = Command::kWrite;
  request.file = file->handle;
  connection.remember(message.header.message_id, std::move(request));
  connection.stats().written_bytes.add(size);
  const Payload payload = connection.files().payload(*file, true, offset, size, at, message.time);
  if (size > 0) connection.files().note_written(*file, offset + size);
  if (is_beyond || size != write->length || (size > 0 && at != write->data_offset)) connection.malformed(file);
  return payload;
}

void on_write_reply(Smb2Connection& connection, const Smb2Message& message) {
  if (!connection.take(message.header)) return;
  if (message.header.is_error()) return connection.stats().refused_writes.add();
  ByteReader reader(message.body());
  reader.skip(4);
  connection.stats().accepted_bytes.add(reader.u32le());
}

}  // namespace sallyport::smb
