#include "daemon/protocols/smb/smb2_close.h"

#include "daemon/base/byte_reader.h"

namespace sallyport::smb {
namespace {

constexpr std::uint16_t kPostQueryAttributes = 0x1;

std::optional<std::uint64_t> end_of_file_in(Bytes body) {
  ByteReader reader(body);
  reader.skip(2);
  const std::uint16_t flags = reader.u16le();
  reader.skip(44);  // reserved, times, allocation size
  const std::uint64_t end_of_file = reader.u64le();
  if (!reader.ok() || !(flags & kPostQueryAttributes)) return std::nullopt;
  return end_of_file;
}

}  // namespace

void on_close_request(Smb2Connection& connection, const Smb2Message& message) {
  connection.stats().closes.add();
  ByteReader reader(message.body());
  reader.skip(8);
  const FileId id{reader.u64le(), reader.u64le()};
  if (!reader.ok()) return connection.malformed(nullptr);
  OpenFile* const file = connection.requested_file(message.header, id, message.time);
  if (file == nullptr) return;
  Smb2Request request;
  request.command = Command::kClose;
  request.file = file->handle;
  connection.files().end(*file, true, EndReason::kComplete, std::nullopt, message.time);
  connection.remember(message.header.message_id, std::move(request));
}

void on_close_reply(Smb2Connection& connection, const Smb2Message& message) {
  const auto request = connection.take(message.header);
  OpenFile* const file = request ? connection.files().find(request->file) : nullptr;
  if (file == nullptr) return;
  if (message.header.is_error()) {
    file->is_close_refused = true;
    return;
  }
  if (!file->end_of_file && !file->appends) {
    file->end_of_file = end_of_file_in(message.body());
    if (file->end_of_file) connection.files().update(*file);
  }
  connection.files().end(*file, false, EndReason::kComplete, std::nullopt, message.time);
  connection.files().remove(file->handle);
}

}  // namespace sallyport::smb
