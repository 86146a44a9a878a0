#include "daemon/protocols/smb/smb1_file.h"

#include <algorithm>
#include <utility>

#include "daemon/base/byte_reader.h"

namespace sallyport::smb {
namespace {

constexpr std::uint16_t kBytePipe = 1;
constexpr std::uint16_t kMessagePipe = 2;
/// Before each string of the older commands (SMB_Data.Bytes.BufferFormat).
constexpr std::size_t kStringFormatBytes = 1;
/// In the words of NT_CREATE_ANDX, behind AndX, name length and flags.
constexpr std::size_t kRootAt = 11;

bool has_string_format(Smb1Command command) {
  return is_smb1_open(command) && command != Smb1Command::kOpenAndx && command != Smb1Command::kNtCreateAndx;
}

std::optional<Smb1OpenReply> parse_nt_create_reply(Bytes words) {
  ByteReader reader(words);
  reader.skip(5);  // AndX, oplock level
  Smb1OpenReply reply;
  reply.id = reader.u16le();
  reader.skip(48);  // create action, times, attributes, allocation size
  reply.end_of_file = reader.u64le();
  reply.resource = reader.u16le();
  return reader.ok() ? std::optional(reply) : std::nullopt;
}

std::optional<Smb1OpenReply> parse_open_andx_reply(Bytes words) {
  ByteReader reader(words);
  reader.skip(4);
  Smb1OpenReply reply;
  reply.id = reader.u16le();
  reader.skip(6);  // attributes, last write
  reply.end_of_file = reader.u32le();
  reader.skip(2);  // access
  reply.resource = reader.u16le();
  return reader.ok() ? std::optional(reply) : std::nullopt;
}

std::optional<Smb1OpenReply> parse_open_reply(Smb1Command command, Bytes words) {
  if (command == Smb1Command::kNtCreateAndx) return parse_nt_create_reply(words);
  if (command == Smb1Command::kOpenAndx) return parse_open_andx_reply(words);
  ByteReader reader(words);
  Smb1OpenReply reply;
  reply.id = reader.u16le();
  if (command == Smb1Command::kOpen) {
    reader.skip(6);  // attributes, last write
    reply.end_of_file = reader.u32le();
  } else {
    reply.end_of_file = 0;  // it was created, or cut to nothing
  }
  return reader.ok() ? std::optional(reply) : std::nullopt;
}

}  // namespace

bool is_smb1_open(Smb1Command command) {
  switch (command) {
    case Smb1Command::kOpen:
    case Smb1Command::kCreate:
    case Smb1Command::kCreateTemporary:
    case Smb1Command::kCreateNew:
    case Smb1Command::kOpenAndx:
    case Smb1Command::kNtCreateAndx:
    case Smb1Command::kOpenPrintFile:
      return true;
    default:
      return false;
  }
}

std::string smb1_path(Smb1Connection& connection, std::string name, std::uint16_t root) {
  name.erase(0, name.find_first_not_of('\\'));
  const OpenFile* const folder = root == 0 ? nullptr : connection.files().find(FileKey{kSmb1Session, {0, root}});
  return folder == nullptr || folder->path.empty() ? name : folder->path + '\\' + name;
}

void begin_smb1_open(Smb1Connection& connection, Smb1Message& message, std::string path, Smb1Request& request) {
  connection.stats().creates.add();
  OpenFile file = connection.new_file(message);
  file.path = std::move(path);
  request.opened_file = connection.files().add(std::move(file), message.time).handle;
  message.chained_file = request.opened_file;
}

void end_smb1_open(Smb1Connection& connection, const Smb1Message& message, const Smb1OpenReply& reply,
                   const Smb1Request& request) {
  OpenFile* file = connection.files().find(request.opened_file);
  // Asked for unseen: still, another file has this id from now on.
  if (file == nullptr) {
    file = &connection.files().add(connection.new_file(message), message.time);
    file->is_adopted = true;
  }
  if (file->share.empty()) connection.place_file(*file, message);
  if (reply.resource == kBytePipe || reply.resource == kMessagePipe) file->is_pipe = file->appends = true;
  if (!file->appends && reply.end_of_file) file->end_of_file = std::max(*reply.end_of_file, file->written_end);
  connection.files().set_id(*file, FileId{0, reply.id}, message.time);
}

void fail_smb1_open(Smb1Connection& connection, const Smb1Message& message, const Smb1Request& request) {
  OpenFile* const file = connection.files().find(request.opened_file);
  if (file == nullptr) return;
  connection.files().end(*file, true, EndReason::kAborted, std::nullopt, message.time);
  connection.files().end(*file, false, EndReason::kAborted, std::nullopt, message.time);
  connection.files().remove(file->handle);
}

void on_smb1_open_request(Smb1Connection& connection, Smb1Message& message, const Smb1Block& block,
                          Smb1Request& request) {
  std::uint16_t root = 0;
  if (block.command == Smb1Command::kNtCreateAndx) {
    ByteReader words(block.words);
    words.skip(kRootAt);
    root = words.u16le();
  }
  const std::size_t name_at = has_string_format(block.command) ? kStringFormatBytes : 0;
  std::string path = smb1_path(connection, connection.aligned_text(message, block, name_at), root);
  begin_smb1_open(connection, message, std::move(path), request);
}

void on_smb1_open_reply(Smb1Connection& connection, Smb1Message& message, const Smb1Block& block,
                        const Smb1Request& request) {
  if (message.header.is_error() && block.words.empty()) return fail_smb1_open(connection, message, request);
  const auto reply = parse_open_reply(block.command, block.words);
  if (!reply) return connection.malformed(connection.files().find(request.opened_file));
  if (block.command == Smb1Command::kCreateTemporary) {
    OpenFile* const file = connection.files().find(request.opened_file);
    const std::string name = connection.aligned_text(message, block, kStringFormatBytes);
    if (file != nullptr) file->path = smb1_path(connection, file->path.empty() ? name : file->path + '\\' + name, 0);
  }
  end_smb1_open(connection, message, *reply, request);
}

void close_smb1_file(Smb1Connection& connection, OpenFile& file, Timestamp time, Smb1Request& request) {
  connection.stats().closes.add();
  settle_size(connection.flow().sink, file);
  connection.files().end(file, true, EndReason::kComplete, std::nullopt, time);
  request.closed_file = file.handle;
}

void on_smb1_close_request(Smb1Connection& connection, const Smb1Message& message, const Smb1Block& block,
                           Smb1Request& request) {
  ByteReader words(block.words);
  const std::uint16_t id = words.u16le();
  if (!words.ok()) return connection.malformed(nullptr);
  close_smb1_file(connection, connection.requested_file(message, id), message.time, request);
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
