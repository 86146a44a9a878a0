#include "daemon/protocols/smb/smb1_file.h"

#include <algorithm>

#include "daemon/base/byte_reader.h"

namespace sallyport::smb {
namespace {

constexpr std::uint16_t kDiskFile = 0;

struct OpenReply {
  std::uint16_t id = 0;
  std::uint64_t end_of_file = 0;
  std::uint16_t file_type = kDiskFile;
};

std::optional<OpenReply> parse_nt_create_reply(Bytes words) {
  ByteReader reader(words);
  reader.skip(5);  // AndX, oplock level
  OpenReply reply;
  reply.id = reader.u16le();
  reader.skip(48);  // create action, times, attributes, allocation size
  reply.end_of_file = reader.u64le();
  reply.file_type = reader.u16le();
  return reader.ok() ? std::optional(reply) : std::nullopt;
}

std::optional<OpenReply> parse_open_reply(Bytes words) {
  ByteReader reader(words);
  reader.skip(4);
  OpenReply reply;
  reply.id = reader.u16le();
  reader.skip(6);  // attributes, last write
  reply.end_of_file = reader.u32le();
  reader.skip(2);  // access
  reply.file_type = reader.u16le();
  return reader.ok() ? std::optional(reply) : std::nullopt;
}

}  // namespace

void on_smb1_open_request(Smb1Connection& connection, Smb1Message& message, const Smb1Block& block,
                          Smb1Request& request) {
  connection.stats().creates.add();
  OpenFile file = connection.new_file(message);
  file.path = connection.aligned_text(message, block, 0);
  file.path.erase(0, file.path.find_first_not_of('\\'));
  request.opened_file = connection.files().add(std::move(file), message.time).handle;
  message.chained_file = request.opened_file;
}

void on_smb1_open_reply(Smb1Connection& connection, Smb1Message& message, const Smb1Block& block,
                        const Smb1Request& request) {
  OpenFile* const file = connection.files().find(request.opened_file);
  if (file == nullptr) return;
  if (message.header.is_error() && block.words.empty()) {
    connection.files().end(*file, true, EndReason::kAborted, std::nullopt, message.time);
    connection.files().end(*file, false, EndReason::kAborted, std::nullopt, message.time);
    return connection.files().remove(file->handle);
  }
  const auto reply =
      block.command == Smb1Command::kOpenAndx ? parse_open_reply(block.words) : parse_nt_create_reply(block.words);
  if (!reply) return connection.malformed(file);
  if (reply->file_type != kDiskFile) file->is_pipe = file->appends = true;
  if (!file->appends) file->end_of_file = std::max(reply->end_of_file, file->written_end);
  connection.files().set_id(*file, FileId{0, reply->id}, message.time);
}

void on_smb1_close_request(Smb1Connection& connection, const Smb1Message& message, const Smb1Block& block,
                           Smb1Request& request) {
  connection.stats().closes.add();
  ByteReader words(block.words);
  const std::uint16_t id = words.u16le();
  if (!words.ok()) return connection.malformed(nullptr);
  OpenFile& file = connection.requested_file(message, id);
  connection.files().end(file, true, EndReason::kComplete, std::nullopt, message.time);
  request.closed_file = file.handle;
}

void on_smb1_close_reply(Smb1Connection& connection, const Smb1Message& message, const Smb1Request& request) {
  OpenFile* const file = connection.files().find(request.closed_file);
  if (file == nullptr) return;
  if (message.header.is_error()) {
    file->is_close_refused = true;
    return;
  }
  connection.files().end(*file, false, EndReason::kComplete, std::nullopt, message.time);
  connection.files().remove(file->handle);
}

}  // namespace sallyport::smb
