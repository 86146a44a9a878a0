#include "daemon/protocols/smb/smb2_set_info.h"

#include "daemon/base/byte_reader.h"

namespace sallyport::smb {
namespace {

constexpr std::uint8_t kFileInformation = 0x01;
constexpr std::uint8_t kRename = 10;     // FileRenameInformation
constexpr std::uint8_t kEndOfFile = 20;  // FileEndOfFileInformation
constexpr std::uint8_t kRenameEx = 65;   // FileRenameInformationEx
constexpr std::uint64_t kFileEndMax = std::uint64_t{1} << 63;

struct SetInfoRequest {
  std::uint8_t type = 0;
  std::uint8_t information = 0;
  FileId id;
  Bytes buffer;
};

std::optional<SetInfoRequest> parse_set_info_request(Bytes message) {
  ByteReader reader(message);
  reader.seek(kSmb2HeaderBytes);
  reader.skip(2);
  SetInfoRequest request;
  request.type = reader.u8();
  request.information = reader.u8();
  const std::size_t length = reader.u32le();
  const std::size_t offset = reader.u16le();
  reader.skip(6);
  request.id.persistent = reader.u64le();
  request.id.volatile_part = reader.u64le();
  reader.seek(offset);
  request.buffer = reader.take(length);
  if (!reader.ok()) return std::nullopt;
  return request;
}

std::string new_path(const Smb2Connection& connection, Bytes buffer) {
  ByteReader reader(buffer);
  reader.skip(16);  // replace if exists, root directory
  const std::size_t length = reader.u32le();
  std::string path = connection.name_from(reader.take(length));
  path.erase(0, path.find_first_not_of('\\'));
  return path;
}

}  // namespace

void on_set_info_request(Smb2Connection& connection, const Smb2Message& message) {
  connection.stats().set_infos.add();
  const auto parsed = parse_set_info_request(message.bytes);
  if (!parsed) return connection.malformed(nullptr);
  OpenFile* const file = connection.requested_file(message.header, parsed->id, message.time);
  if (file == nullptr || parsed->type != kFileInformation) return;
  Smb2Request request;
  request.command = Command::kSetInfo;
  request.file = file->handle;
  if (parsed->information == kRename || parsed->information == kRenameEx) {
    request.name = new_path(connection, parsed->buffer);
  } else if (parsed->information == kEndOfFile) {
    ByteReader reader(parsed->buffer);
    const std::uint64_t size = reader.u64le();
    if (!reader.ok() || size >= kFileEndMax) return connection.malformed(file);
    request.size = ask_size(connection.flow().sink, *file, size);
  } else {
    return;
  }
  connection.remember(message.header.message_id, std::move(request));
}

void on_set_info_reply(Smb2Connection& connection, const Smb2Message& message) {
  const auto request = connection.take(message.header);
  OpenFile* const file = request ? connection.files().find(request->file) : nullptr;
  if (file == nullptr) return;
  if (!request->name.empty()) {
    if (message.header.is_error()) return;
    file->path = request->name;
    connection.files().update(*file);
  } else if (message.header.is_error()) {
    refuse_size(connection.flow().sink, *file, request->size);
  } else {
    confirm_size(connection.flow().sink, *file, request->size);
  }
}

}  // namespace sallyport::smb
