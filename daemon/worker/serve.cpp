#include "daemon/worker/serve.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>

#include "daemon/base/limits.h"
#include "daemon/base/unique_fd.h"
#include "daemon/worker/fault_injection.h"
#include "daemon/worker/sealed_image.h"

namespace sallyport {
namespace {

struct Packet {
  std::size_t size = 0;
  bool cut_off = false;  ///< larger than the buffer, or with more than one descriptor
  UniqueFd image;
};

/// The descriptor that came with a message, if one did.
UniqueFd take_descriptor(msghdr& header) {
  const cmsghdr* const control = CMSG_FIRSTHDR(&header);
  if (control == nullptr || control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS) return UniqueFd();
  if (control->cmsg_len != CMSG_LEN(sizeof(int))) return UniqueFd();
  int fd = -1;
  std::memcpy(&fd, CMSG_DATA(control), sizeof fd);
  return UniqueFd(fd);
}

/// Nothing when receiving failed; a packet of size 0 at the end of the channel.
std::optional<Packet> receive(int channel_fd, std::span<std::byte> buffer) {
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];  // room for one descriptor: the kernel closes any other
  iovec vector{buffer.data(), buffer.size()};
  msghdr header{};
  header.msg_iov = &vector;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  ssize_t received = -1;
  do {
    received = ::recvmsg(channel_fd, &header, MSG_CMSG_CLOEXEC);
  } while (received < 0 && errno == EINTR);
  if (received < 0) return std::nullopt;
  Packet packet;
  packet.size = static_cast<std::size_t>(received);
  packet.cut_off = (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0;
  packet.image = take_descriptor(header);
  return packet;
}

bool send(int channel_fd, std::string_view message) {
  iovec vector{const_cast<char*>(message.data()), message.size()};
  msghdr header{};
  header.msg_iov = &vector;
  header.msg_iovlen = 1;
  ssize_t sent = -1;
  do {
    sent = ::sendmsg(channel_fd, &header, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent == static_cast<ssize_t>(message.size());
}

/// The last reply, those about parts being sent; nothing for a request that breaks the protocol.
std::optional<std::string> answer(Bytes message, const UniqueFd& image_fd, const ServeSettings& settings,
                                  ObjectInspector& inspector) {
  const std::optional<ReceivedRequest> request = parse_request(message);
  if (!request) return std::nullopt;
  const std::optional<SealedImage> image = SealedImage::map(image_fd, request->size_bytes);
  if (!image) return std::nullopt;
  if (settings.inject_faults) {
    if (const auto fault = find_fault(image->bytes())) commit_fault(*fault);
  }
  // A channel that fails here fails for the last reply too.
  const auto tell = [&](const Part& part) { send(settings.channel_fd, encode_part(request->id, part)); };
  return encode_reply(request->id, inspector.inspect(image->bytes(), request->inspection, tell));
}

}  // namespace

ServeEnd serve(const ServeSettings& settings, const Greeting& greeting, ObjectInspector& inspector) {
  if (!send(settings.channel_fd, encode_hello(greeting))) return ServeEnd::kChannelError;
  ByteBuffer buffer(limits::kWorkerMessageBytes);
  for (;;) {
    const std::optional<Packet> packet = receive(settings.channel_fd, buffer);
    if (!packet) return ServeEnd::kChannelError;
    if (packet->size == 0 && !packet->image) return ServeEnd::kPeerClosed;
    if (packet->cut_off) return ServeEnd::kProtocolError;
    const auto reply = answer(Bytes(buffer).first(packet->size), packet->image, settings, inspector);
    if (!reply) return ServeEnd::kProtocolError;
    if (!send(settings.channel_fd, *reply)) return ServeEnd::kChannelError;
  }
}

}  // namespace sallyport
