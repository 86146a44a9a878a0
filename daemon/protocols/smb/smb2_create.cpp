#include "daemon/protocols/smb/smb2_create.h"

#include <algorithm>

#include "daemon/base/byte_reader.h"
#include "daemon/protocols/smb/create_contexts.h"

namespace sallyport::smb {
namespace {

constexpr std::uint16_t kRequestStructure = 57;
constexpr std::uint16_t kReplyStructure = 89;
/// CreateAction: the file was there, and what was in it stays.
constexpr std::uint32_t kFileOpened = 1;

struct CreateRequest {
  Bytes name;
  CreateContexts contexts;
};

Bytes contexts_of(Bytes message, std::size_t offset, std::size_t length) {
  if (length == 0 || offset > message.size()) return {};
  return prefix(message.subspan(offset), length);
}

std::optional<CreateRequest> parse_create_request(Bytes message) {
  ByteReader reader(message);
  reader.seek(kSmb2HeaderBytes);
  const std::uint16_t structure = reader.u16le();
  reader.skip(42);  // security flags to create options
  const std::size_t name_offset = reader.u16le();
  const std::size_t name_length = reader.u16le();
  CreateRequest request;
  const std::size_t contexts_offset = reader.u32le();
  const std::size_t contexts_length = reader.u32le();
  if (!reader.ok() || structure != kRequestStructure) return std::nullopt;
  if (name_length > 0) {
    reader.seek(name_offset);
    request.name = reader.take(name_length);
  }
  if (!reader.ok()) return std::nullopt;
  request.contexts = parse_create_contexts(contexts_of(message, contexts_offset, contexts_length));
  return request;
}

// With SMB2_FLAGS_DFS_OPERATIONS the name begins with server and share (MS-SMB2 2.2.13).
std::string inside_share(const std::string& path) {
  const std::size_t server_end = path.find('\\');
  const std::size_t share_end = server_end == std::string::npos ? server_end : path.find('\\', server_end + 1);
  return share_end == std::string::npos ? path : path.substr(share_end + 1);
}

struct CreateReply {
  std::uint32_t action = 0;
  std::uint64_t end_of_file = 0;
  FileId id;
  CreateContexts contexts;
};

std::optional<CreateReply> parse_create_reply(const Smb2Message& message) {
  ByteReader reader(message.body());
  const std::uint16_t structure = reader.u16le();
  reader.skip(2);  // oplock level, flags
  CreateReply reply;
  reply.action = reader.u32le();
  reader.skip(40);  // times, allocation size
  reply.end_of_file = reader.u64le();
  reader.skip(8);  // attributes
  reply.id.persistent = reader.u64le();
  reply.id.volatile_part = reader.u64le();
  if (!reader.ok() || structure != kReplyStructure) return std::nullopt;
  const std::size_t offset = reader.u32le();
  const std::size_t length = reader.u32le();
  if (reader.ok()) reply.contexts = parse_create_contexts(contexts_of(message.bytes, offset, length));
  return reply;
}

}  // namespace

void on_create_request(Smb2Connection& connection, const Smb2Message& message) {
  connection.stats().creates.add();
  OpenFile file = connection.new_file();
  file.message_id = message.header.message_id;
  if (const auto parsed = parse_create_request(message.bytes)) {
    file.path = connection.name_from(parsed->name);
    file.path.erase(0, file.path.find_first_not_of('\\'));
    if (message.header.is_dfs()) file.path = inside_share(file.path);
    file.create_guid = parsed->contexts.create_guid;
    file.reconnects = parsed->contexts.reconnects;
    file.asks_for_durable = parsed->contexts.is_durable || file.reconnects;
    if (file.asks_for_durable) connection.stats().durable_opens.add();
  } else {
    connection.malformed(nullptr);
  }
  Smb2Request request;
  request.command = Command::kCreate;
  request.session = file.session;
  request.is_replay = message.header.is_replay();
  request.file = connection.files().add(std::move(file), message.time).handle;
  connection.set_current_file(request.file);
  connection.remember(message.header.message_id, std::move(request));
}

void on_create_reply(Smb2Connection& connection, const Smb2Message& message) {
  const auto request = connection.take(message.header);
  OpenFile* const file = request ? connection.files().find(request->file) : nullptr;
  if (file == nullptr) return;
  if (message.header.is_error()) {
    connection.files().end(*file, true, EndReason::kAborted, std::nullopt, message.time);
    connection.files().end(*file, false, EndReason::kAborted, std::nullopt, message.time);
    connection.files().remove(request->file);
    return;
  }
  const auto reply = parse_create_reply(message);
  if (!reply) return connection.malformed(file);
  if (!file->is_pipe) file->end_of_file = std::max(reply->end_of_file, file->written_end);
  file->is_durable = file->asks_for_durable && (reply->contexts.is_durable || file->reconnects);
  if (reply->action == kFileOpened && !file->is_pipe) connection.files().keep(*file, reply->end_of_file);
  connection.files().opened(*file, reply->id, request->is_replay, message.time);
}

}  // namespace sallyport::smb
