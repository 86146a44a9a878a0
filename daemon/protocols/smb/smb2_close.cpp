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

// Only requests are seen here: whatever the server's word would be, it does not come this way.
void end_without_reply(Smb2Connection& connection, OpenFile& file, Timestamp time) {
  OpenFiles& files = connection.files();
  if (!file.is_unseen) return;
  if (const TransferId running = files.running(file, true, time)) {
    connection.flow().sink.hole(running, 0, 0, NotInspected::kGap);
  }
  files.end(file, true, EndReason::kComplete, std::nullopt, time);
}

// Its CREATE was not seen, so neither is it known what moved before: only the server's word on its size helps.
void settle_size(Smb2Connection& connection, OpenFile& file, std::optional<std::uint64_t> end_of_file, Timestamp time) {
  OpenFiles& files = connection.files();
  if (file.appends) return;
  for (const bool upload : {true, false}) {
    const bool is_known = upload ? !file.is_unseen || end_of_file : file.end_of_file && !file.has_grown;
    const TransferId running = upload && !file.is_unseen ? TransferId{} : files.running(file, upload, time);
    if (!running) continue;
    if (!is_known) connection.flow().sink.hole(running, 0, 0, NotInspected::kGap);
    if (is_known && upload) connection.flow().sink.resize(running, *end_of_file);
  }
}

}  // namespace

void on_close_request(Smb2Connection& connection, const Smb2Message& message) {
  connection.stats().closes.add();
  ByteReader reader(message.body());
  reader.skip(2);
  const bool asks_for_size = reader.u16le() & kPostQueryAttributes;
  reader.skip(4);
  const FileId id{reader.u64le(), reader.u64le()};
  if (!reader.ok()) return connection.malformed(nullptr);
  OpenFile* const file = connection.requested_file(message.header, id, message.time);
  if (file == nullptr) return;
  Smb2Request request;
  request.command = Command::kClose;
  request.file = file->handle;
  if (file->is_unseen) connection.files().learn(*file);  // another shard may have seen its CREATE meanwhile
  // Channels of a session whose beginning was not seen may be where nobody looks: only the size tells.
  request.waits_for_size = asks_for_size && !connection.files().knows_server() && connection.has_replies();
  if (!file->is_unseen && !request.waits_for_size) {
    connection.files().end(*file, true, EndReason::kComplete, std::nullopt, message.time);
  }
  if (!connection.has_replies()) end_without_reply(connection, *file, message.time);
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
  const auto end_of_file = end_of_file_in(message.body());
  if (end_of_file && (!file->end_of_file || file->has_grown) && !file->appends) {
    file->end_of_file = end_of_file;
    file->has_grown = false;
    connection.files().update(*file, message.time);
  }
  settle_size(connection, *file, end_of_file, message.time);
  if (request->waits_for_size && end_of_file) connection.files().tell_size(*file, *end_of_file, message.time);
  if (file->is_unseen || request->waits_for_size)
    connection.files().end(*file, true, EndReason::kComplete, std::nullopt, message.time);
  connection.files().end(*file, false, EndReason::kComplete, std::nullopt, message.time);
  connection.files().closed(*file);
  connection.files().remove(file->handle);
}

}  // namespace sallyport::smb
