#include "daemon/protocols/smb/smb2_read.h"

#include <algorithm>

#include "daemon/base/byte_reader.h"

namespace sallyport::smb {
namespace {

constexpr std::uint16_t kReplyStructure = 17;
constexpr std::uint64_t kReplyHeadBytes = kSmb2HeaderBytes + 16;

// A READ that gives less than it asked for, or nothing, tells where the file ends.
void learn_end_of_file(Smb2Connection& connection, OpenFile& file, std::uint64_t end_of_file, Timestamp time) {
  if ((file.end_of_file && !file.has_grown) || file.appends) return;
  file.end_of_file = end_of_file;
  file.has_grown = false;
  connection.files().update(file, time);
}

// It was longer than when it was opened: others write to it.
void note_read(Smb2Connection& connection, OpenFile& file, std::uint64_t end, Timestamp time) {
  if (!file.end_of_file || file.appends || end <= *file.end_of_file) return;
  file.end_of_file = end;
  file.has_grown = true;
  connection.files().update(file, time);
}

}  // namespace

void on_read_request(Smb2Connection& connection, const Smb2Message& message) {
  connection.stats().reads.add();
  ByteReader reader(message.body());
  reader.skip(4);
  Smb2Request request;
  request.command = Command::kRead;
  request.length = reader.u32le();
  request.offset = reader.u64le();
  const FileId id{reader.u64le(), reader.u64le()};
  if (!reader.ok()) return connection.malformed(nullptr);
  OpenFile* const file = connection.requested_file(message.header, id, message.time);
  if (file == nullptr) return connection.malformed(nullptr);
  request.file = file->handle;
  connection.remember(message.header.message_id, std::move(request));
}

Payload on_read_reply(Smb2Connection& connection, const Smb2Message& message) {
  const auto request = connection.take(message.header);
  OpenFile* file = request ? connection.files().find(request->file) : nullptr;
  if (message.header.is_error()) {
    if (file != nullptr && message.header.is(NtStatus::kEndOfFile))
      learn_end_of_file(connection, *file, request->offset, message.time);
    return {};
  }
  ByteReader reader(message.body());
  const std::uint16_t structure = reader.u16le();
  const std::uint64_t data_offset = reader.u8();
  reader.skip(1);
  const std::uint64_t data_length = reader.u32le();
  if (!reader.ok() || structure != kReplyStructure) {
    connection.malformed(file);
    return {};
  }
  const std::uint64_t at = std::clamp(data_offset, kReplyHeadBytes, std::max(kReplyHeadBytes, message.size));
  const std::uint64_t size = std::min(data_length, message.size - std::min(at, message.size));
  if (size == 0 && data_length == 0) return {};
  connection.stats().read_bytes.add(size);
  if (file == nullptr) {
    connection.stats().unknown_reads.add();
    file = &connection.unknown_file(message.time);
  }
  const std::uint64_t offset = request ? request->offset : 0;
  const Payload payload = connection.files().payload(*file, false, offset, size, at, message.time);
  if (size != data_length || at != data_offset) connection.malformed(file);
  if (request && payload.offset == offset) note_read(connection, *file, offset + size, message.time);
  if (request && size < request->length) learn_end_of_file(connection, *file, offset + size, message.time);
  return payload;
}

}  // namespace sallyport::smb
