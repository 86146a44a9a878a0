#include "daemon/protocols/smb/smb2_ioctl.h"

#include <algorithm>

#include "daemon/base/byte_reader.h"
#include "daemon/protocols/smb/server_side_copy.h"

namespace sallyport::smb {
namespace {

constexpr std::size_t kRequestHeadBytes = kSmb2HeaderBytes + 56;
constexpr std::size_t kReplyHeadBytes = kSmb2HeaderBytes + 48;
/// MS-SMB2 2.2.32.5: one of the server's interfaces, and the families of its address.
constexpr std::size_t kInterfaceBytes = 152;
constexpr std::uint16_t kInternet4 = 0x0002;
constexpr std::uint16_t kInternet6 = 0x0017;
/// Interfaces taken from one reply: as many as a session has channels.
constexpr unsigned kInterfacesMax = 32;

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

std::optional<IpAddress> interface_address(Bytes entry) {
  ByteReader reader(entry);
  reader.skip(24);  // next, index, capability, reserved, link speed
  const std::uint16_t family = reader.u16le();
  reader.skip(2);  // port
  if (family == kInternet6) reader.skip(4);
  const Bytes address = reader.take(family == kInternet6 ? 16 : 4);
  if (!reader.ok() || (family != kInternet4 && family != kInternet6)) return std::nullopt;
  return family == kInternet6 ? IpAddress::from_v6(address) : IpAddress::from_v4(address);
}

/// Channels of its sessions may come to any of them.
void note_interfaces(Smb2Connection& connection, Bytes output) {
  for (unsigned i = 0; i < kInterfacesMax && output.size() >= kInterfaceBytes; ++i) {
    if (const auto address = interface_address(output.first(kInterfaceBytes))) connection.files().add_address(*address);
    const std::size_t next = ByteReader(output).u32le();
    if (next < kInterfaceBytes || next > output.size()) return;
    output = output.subspan(next);
  }
}

bool is_looked_at(ControlCode code) {
  return code == ControlCode::kPipeTransceive || code == ControlCode::kRequestResiliency ||
         code == ControlCode::kQueryInterfaces || is_about_copies(code);
}

}  // namespace

std::size_t ioctl_head_bytes(Bytes head, bool is_reply) {
  const std::size_t least = is_reply ? kReplyHeadBytes : kRequestHeadBytes;
  if (head.size() < kSmb2HeaderBytes + 8) return least;
  ByteReader reader(head.subspan(kSmb2HeaderBytes + 4));
  const auto code = static_cast<ControlCode>(reader.u32le());
  return is_about_copies(code) || code == ControlCode::kQueryInterfaces ? kCopyHeadBytesMax : least;
}

Payload on_ioctl_request(Smb2Connection& connection, const Smb2Message& message) {
  const auto ioctl = parse(message.body(), false);
  if (!ioctl) return {};
  const bool is_pipe = ioctl->code == ControlCode::kPipeTransceive;
  const bool is_of_server = ioctl->code == ControlCode::kQueryInterfaces;
  if (!is_looked_at(ioctl->code)) return {};
  OpenFile* const file = is_of_server ? nullptr : connection.requested_file(message.header, ioctl->id, message.time);
  if (file == nullptr && !is_of_server) return {};
  const std::uint64_t handle = is_of_server ? 0 : file->handle;
  Smb2Request request;
  request.command = Command::kIoctl;
  request.session = connection.session();
  request.file = handle;
  request.control_code = static_cast<std::uint32_t>(ioctl->code);
  if (is_about_copies(ioctl->code)) note_copy_request(connection, ioctl->code, buffer_of(message, *ioctl), request);
  connection.remember(message.header.message_id, std::move(request));
  if (!is_pipe) return {};
  connection.stats().pipe_transceives.add();
  OpenFile* const pipe = connection.files().find(handle);
  return pipe == nullptr ? Payload{} : pipe_payload(connection, message, *ioctl, *pipe);
}

Payload on_ioctl_reply(Smb2Connection& connection, const Smb2Message& message) {
  const auto request = connection.take(message.header);
  if (!request || message.header.is_error()) return {};
  const auto ioctl = parse(message.body(), true);
  if (!ioctl) return {};
  const auto code = static_cast<ControlCode>(request->control_code);
  if (code == ControlCode::kQueryInterfaces) note_interfaces(connection, buffer_of(message, *ioctl));
  OpenFile* const file = connection.files().find(request->file);
  if (file == nullptr) return {};
  if (code == ControlCode::kPipeTransceive) return pipe_payload(connection, message, *ioctl, *file);
  if (code == ControlCode::kRequestResiliency) {
    connection.files().make_durable(*file);
  } else {
    on_copy_reply(connection, *request, buffer_of(message, *ioctl), message.time);
  }
  return {};
}

}  // namespace sallyport::smb
