#include "daemon/protocols/smb/smb2_set_info.h"

#include <algorithm>

#include "daemon/base/byte_reader.h"

namespace sallyport::smb {
namespace {

constexpr std::uint8_t kFileInformation = 0x01;
constexpr std::uint8_t kRename = 10;      // FileRenameInformation
constexpr std::uint8_t kAllocation = 19;  // FileAllocationInformation
constexpr std::uint8_t kEndOfFile = 20;   // FileEndOfFileInformation
constexpr std::uint8_t kRenameEx = 65;    // FileRenameInformationEx
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

void resize(Smb2Connection& connection, OpenFile& file, std::uint64_t size, Timestamp time) {
  file.size_set = size;
  file.written_end = std::min(file.written_end, size);
  if (file.end_of_file) file.end_of_file = size;
  connection.files().resize(file, size, time);
}

void undo(Smb2Connection& connection, OpenFile& file, const Smb2Request& request, Timestamp time) {
  file.size_set = request.size_before;
  connection.files().resize(file, std::max(file.written_end, request.floor_before), time);
}

std::optional<std::uint64_t> size_in(Bytes buffer) {
  ByteReader reader(buffer);
  const std::uint64_t size = reader.u64le();
  return reader.ok() && size < kFileEndMax ? std::optional(size) : std::nullopt;
}

// A file that stays on this flow and loses nothing has its new size at once.
void ask_for_size(Smb2Connection& connection, OpenFile& file, Smb2Request& request, Timestamp time) {
  request.write_count = connection.files().write_count(file);
  request.size_before = file.size_set;
  request.floor_before = file.size_floor;
  const bool takes_nothing = request.offset >= std::max(file.written_end, file.size_floor);
  request.is_applied = takes_nothing && !request.is_allocation && !connection.files().spans_flows(file);
  if (request.is_applied) resize(connection, file, request.offset, time);
}

// The server has accepted a size. What was written meanwhile may have come before it or after: then nothing is taken
// away.
void take_size(Smb2Connection& connection, OpenFile& file, const Smb2Request& request, Timestamp time) {
  const auto write_count = connection.files().write_count(file);
  const bool is_in_order = write_count && write_count == request.write_count;
  const bool is_longer = request.offset >= std::max(file.written_end, file.size_floor);
  if (request.is_allocation) {
    // Less than the file takes bytes away, but servers round it differently to whole clusters.
    if (request.offset > 0 && !is_longer) return connection.files().flag(file, Evasion::kSmbFraming);
    if (request.offset > 0) return;
  }
  const bool is_alone = !connection.files().spans_flows(file);
  if (is_in_order || (is_longer && is_alone)) return resize(connection, file, request.offset, time);
  const TransferId running = connection.files().running(file, true, time);
  connection.files().flag(file, Evasion::kSmbFraming);
  if (running && !is_alone) connection.flow().sink.hole(running, request.offset, 0, NotInspected::kGap);
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
  } else if (parsed->information == kEndOfFile || parsed->information == kAllocation) {
    const auto size = size_in(parsed->buffer);
    if (!size) return connection.malformed(file);
    request.offset = *size;
    request.is_allocation = parsed->information == kAllocation;
    ask_for_size(connection, *file, request, message.time);
  } else {
    return;
  }
  connection.remember(message.header.message_id, std::move(request));
}

void on_set_info_reply(Smb2Connection& connection, const Smb2Message& message) {
  const auto request = connection.take(message.header);
  OpenFile* const file = request ? connection.files().find(request->file) : nullptr;
  if (file == nullptr) return;
  if (message.header.is_error()) {
    if (request->is_applied) undo(connection, *file, *request, message.time);
    return;
  }
  if (!request->name.empty()) return connection.files().rename(*file, request->name, message.time);
  if (!request->is_applied) take_size(connection, *file, *request, message.time);
}

}  // namespace sallyport::smb
