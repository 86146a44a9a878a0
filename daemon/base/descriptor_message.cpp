#include "daemon/base/descriptor_message.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>
#include <cstring>

namespace sallyport {
namespace {

/// Room for one descriptor: the kernel closes any other.
struct Control {
  alignas(cmsghdr) char bytes[CMSG_SPACE(sizeof(int))] = {};
};

void put_descriptor(msghdr& header, Control& control, int descriptor) {
  header.msg_control = control.bytes;
  header.msg_controllen = sizeof control.bytes;
  cmsghdr* const rights = CMSG_FIRSTHDR(&header);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(rights), &descriptor, sizeof descriptor);
}

UniqueFd take_descriptor(msghdr& header) {
  const cmsghdr* const rights = CMSG_FIRSTHDR(&header);
  if (rights == nullptr || rights->cmsg_level != SOL_SOCKET || rights->cmsg_type != SCM_RIGHTS) return UniqueFd();
  if (rights->cmsg_len != CMSG_LEN(sizeof(int))) return UniqueFd();
  int descriptor = -1;
  std::memcpy(&descriptor, CMSG_DATA(rights), sizeof descriptor);
  return UniqueFd(descriptor);
}

}  // namespace

bool send_message(int channel, Bytes message, int descriptor, int flags) {
  iovec vector{const_cast<std::byte*>(message.data()), message.size()};
  msghdr header{};
  header.msg_iov = &vector;
  header.msg_iovlen = 1;
  Control control;
  if (descriptor >= 0) put_descriptor(header, control, descriptor);
  ssize_t sent = -1;
  do {
    sent = ::sendmsg(channel, &header, flags | MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent == static_cast<ssize_t>(message.size());
}

std::optional<ReceivedMessage> receive_message(int channel, std::span<std::byte> buffer) {
  iovec vector{buffer.data(), buffer.size()};
  msghdr header{};
  header.msg_iov = &vector;
  header.msg_iovlen = 1;
  Control control;
  header.msg_control = control.bytes;
  header.msg_controllen = sizeof control.bytes;
  ssize_t received = -1;
  do {
    received = ::recvmsg(channel, &header, MSG_CMSG_CLOEXEC);
  } while (received < 0 && errno == EINTR);
  if (received < 0) return std::nullopt;
  ReceivedMessage message;
  message.size = static_cast<std::size_t>(received);
  message.cut_off = (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0;
  message.descriptor = take_descriptor(header);
  return message;
}

}  // namespace sallyport
