#include "daemon/protocols/smb/smb2_create.h"

#include "daemon/base/byte_reader.h"

namespace sallyport::smb {
namespace {

constexpr std::uint16_t kRequestStructure = 57;
constexpr std::uint16_t kReplyStructure = 89;
/// Contexts looked at in one CREATE; the specification knows about a dozen.
constexpr unsigned kContextsMax = 32;

struct CreateRequest {
  Bytes name;
  std::uint32_t contexts_offset = 0;
  std::uint32_t contexts_length = 0;
};

std::optional<CreateRequest> parse_create_request(Bytes message) {
  ByteReader reader(message);
  reader.seek(kSmb2HeaderBytes);
  const std::uint16_t structure = reader.u16le();
  reader.skip(42);  // security flags to create options
  const std::size_t name_offset = reader.u16le();
  const std::size_t name_length = reader.u16le();
  CreateRequest request;
  request.contexts_offset = reader.u32le();
  request.contexts_length = reader.u32le();
  if (!reader.ok() || structure != kRequestStructure) return std::nullopt;
  if (name_length > 0) {
    reader.seek(name_offset);
    request.name = reader.take(name_length);
  }
  if (!reader.ok()) return std::nullopt;
  return request;
}

// DHnQ, DHnC, DH2Q, DH2C: MS-SMB2 2.2.13.2.3, .4, .11, .12.
bool is_durable(std::string_view name) {
  return name == "DHnQ" || name == "DHnC" || name == "DH2Q" || name == "DH2C";
}

bool asks_for_durable(Bytes message, const CreateRequest& request) {
  if (request.contexts_length == 0 || request.contexts_offset > message.size()) return false;
  Bytes contexts = message.subspan(request.contexts_offset);
  for (unsigned i = 0; i < kContextsMax; ++i) {
    ByteReader reader(contexts);
    const std::uint32_t next = reader.u32le();
    const std::size_t name_offset = reader.u16le();
    const std::size_t name_length = reader.u16le();
    reader.seek(name_offset);
    if (is_durable(as_text(reader.take(name_length)))) return true;
    if (!reader.ok() || next == 0 || next > contexts.size()) return false;
    contexts = contexts.subspan(next);
  }
  return false;
}

}  // namespace

void on_create_request(Smb2Connection& connection, const Smb2Message& message) {
  connection.stats().creates.add();
  OpenFile file = connection.new_file();
  file.message_id = message.header.message_id;
  if (const auto parsed = parse_create_request(message.bytes)) {
    file.path = connection.name_from(parsed->name);
    file.path.erase(0, file.path.find_first_not_of('\\'));
    if (asks_for_durable(message.bytes, *parsed)) connection.stats().durable_opens.add();
  } else {
    connection.malformed(nullptr);
  }
  Smb2Request request;
  request.command = Command::kCreate;
  request.session = file.session;
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
  ByteReader reader(message.body());
  const std::uint16_t structure = reader.u16le();
  reader.skip(46);  // oplock level to allocation size
  const std::uint64_t end_of_file = reader.u64le();
  reader.skip(8);  // attributes
  const FileId id{reader.u64le(), reader.u64le()};
  if (!reader.ok() || structure != kReplyStructure) return connection.malformed(file);
  if (!file->is_pipe) file->end_of_file = std::max(end_of_file, file->written_end);
  connection.files().set_id(*file, id, message.time);
}

}  // namespace sallyport::smb
