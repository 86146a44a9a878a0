#include "daemon/protocols/smb/smb2_ioctl.h"

#include <algorithm>

#include "daemon/base/byte_reader.h"
#include "daemon/protocols/smb/server_side_copy.h"

namespace sallyport::smb {
namespace {

constexpr std::size_t kRequestHeadBytes = kSmb2HeaderBytes + 56;
constexpr std::size_t kReplyHeadBytes = kSmb2HeaderBytes + 48;

/// The common beginning of request and reply; `offset` and `size` are of the input of the one, the output of the other.
struct Ioctl {
  ControlCode code{};
  FileId id;
  std::size_t offset = 0;
  std::size_t size = 0;
};

std::optional<Ioctl> parse(Bytes body, bool is_reply) {
  ByteReader reader(body);
  reader.skip(4);
  Ioctl ioctl;
  ioctl.code = static_cast<ControlCode>(reader.u32le());
  ioctl.id.persistent = reader.u64le();
  ioctl.id.volatile_part = reader.u64le();
  if (is_reply) reader.skip(8);  // input of the reply
  ioctl.offset = reader.u32le();
  ioctl.size = reader.u32le();
  return reader.ok() ? std::optional(ioctl) : std::nullopt;
}

Bytes buffer_of(const Smb2Message& message, const Ioctl& ioctl) {
  return ioctl.offset < message.bytes.size() ? prefix(message.bytes.subspan(ioctl.offset), ioctl.size) : Bytes{};
}

Payload pipe_payload(Smb2Connection& connection, const Smb2Message& message, const Ioctl& ioctl, OpenFile& opened) {
  const bool upload = !message.header.is_reply();
  OpenFile& file = connection.files().transactions(opened, message.time);
  const std::uint64_t at = std::max<std::uint64_t>(ioctl.offset, upload ? kRequestHeadBytes : kReplyHeadBytes);
  const std::uint64_t size = std::min<std::uint64_t>(ioctl.size, message.size - std::min(at, message.size));
  const Payload payload = connection.files().payload(file, upload, 0, size, at, message.time);
  if (size != ioctl.size || (size > 0 && at != ioctl.offset)) connection.malformed(&file);
  return payload;
}

}  // namespace

std::size_t ioctl_head_bytes(Bytes head, bool is_reply) {
  const std::size_t least = is_reply ? kReplyHeadBytes : kRequestHeadBytes;
  if (head.size() < kSmb2HeaderBytes + 8) return least;
  ByteReader reader(head.subspan(kSmb2HeaderBytes + 4));
  const auto code = static_cast<ControlCode>(reader.u32le());
  return is_about_copies(code) ? kCopyHeadBytesMax : least;
}

Payload on_ioctl_request(Smb2Connection& connection, const Smb2Message& message) {
  const auto ioctl = parse(message.body(), false);
  if (!ioctl) return {};
  const bool is_pipe = ioctl->code == ControlCode::kPipeTransceive;
  if (!is_pipe && !is_about_copies(ioctl->code) && ioctl->code != ControlCode::kRequestResiliency) return {};
  OpenFile* const file = connection.requested_file(message.header, ioctl->id, message.time);
  if (file == nullptr) return {};
  Smb2Request request;
  request.command = Command::kIoctl;
  request.session = connection.session();
  request.file = file->handle;
  request.control_code = static_cast<std::uint32_t>(ioctl->code);
  const std::uint64_t handle = file->handle;
  if (is_about_copies(ioctl->code)) note_copy_request(connection, ioctl->code, buffer_of(message, *ioctl), request);
  connection.remember(message.header.message_id, std::move(request));
  if (!is_pipe) return {};
  connection.stats().pipe_transceives.add();
  OpenFile* const pipe = connection.files().find(handle);
  return pipe == nullptr ? Payload{} : pipe_payload(connection, message, *ioctl, *pipe);
}

Payload on_ioctl_reply(Smb2Connection& connection, const Smb2Message& message) {
  const auto request = connection.take(message.header);
  OpenFile* const file = request ? connection.files().find(request->file) : nullptr;
  if (file == nullptr || message.header.is_error()) return {};
  const auto ioctl = parse(message.body(), true);
  if (!ioctl) return {};
  const auto code = static_cast<ControlCode>(request->control_code);
  if (code == ControlCode::kPipeTransceive) return pipe_payload(connection, message, *ioctl, *file);
  if (code == ControlCode::kRequestResiliency) {
    connection.files().make_durable(*file);
  } else {
    on_copy_reply(connection, *request, buffer_of(message, *ioctl), message.time);
  }
  return {};
}

}  // namespace sallyport::smb
