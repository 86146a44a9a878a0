#include "daemon/frontends/nfqueue/queue_socket.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <linux/netlink.h>

#include <array>
#include <cerrno>
#include <string>

#include "daemon/frontends/nfqueue/queue_status.h"

namespace sallyport {
namespace {

/// Datagrams of one recvmmsg(): enough to spread the cost of the system call, few enough to stay in the second-level
/// cache.
constexpr std::size_t kReceiveBatch = 16;
/// Bytes of one datagram: the largest IP packet, and the attributes before it.
constexpr std::size_t kDatagramBytes = 65536 + 4096;
/// Bytes of one configuration request or its answer; both are a few attributes.
constexpr std::size_t kConfigBytes = 1024;
/// What the kernel copies of a packet at most, NFQNL_MAX_COPY_RANGE.
constexpr int kCopyRangeBytes = 0xffff - static_cast<int>(NLA_HDRLEN);

using ConfigBuffer = std::array<char, kConfigBytes>;

/// Sends one request and gives the kernel's answer as errno; zero is success.
int request(int fd, nlmsghdr* message) {
  message->nlmsg_flags |= NLM_F_ACK;
  if (::send(fd, message, message->nlmsg_len, 0) < 0) return errno;
  alignas(nlmsghdr) ConfigBuffer answer;
  ssize_t size = 0;
  do {
    size = ::recv(fd, answer.data(), answer.size(), 0);
  } while (size < 0 && errno == EINTR);
  if (size < 0) return errno;
  const auto* const header = reinterpret_cast<const nlmsghdr*>(answer.data());
  if (!mnl_nlmsg_ok(header, static_cast<int>(size)) || header->nlmsg_type != NLMSG_ERROR) return EPROTO;
  return -static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(header))->error;
}

std::string queue_name(const NfqueueConfig& config) {
  return "netfilter queue " + std::to_string(config.queue_number);
}

tl::unexpected<Error> bind_failure(const NfqueueConfig& config, int error_number) {
  if (error_number == EPERM || error_number == EBUSY) {
    const auto status =
        QueueStatusFile::open().and_then([&](const auto& file) { return file.read(config.queue_number); });
    if (status) {
      return fail(ErrorCode::kUnavailable, queue_name(config) + " is bound by another program already (netlink port " +
                                               std::to_string(status->port) + ")");
    }
    return fail(ErrorCode::kPermissionDenied, "binding " + queue_name(config) + " needs the capability CAP_NET_ADMIN");
  }
  errno = error_number;
  return fail_errno("binding " + queue_name(config));
}

Status bind_queue(int fd, const NfqueueConfig& config) {
  alignas(nlmsghdr) ConfigBuffer buffer;
  nlmsghdr* const message = nfq_nlmsg_put(buffer.data(), NFQNL_MSG_CONFIG, config.queue_number);
  nfq_nlmsg_cfg_put_cmd(message, AF_UNSPEC, NFQNL_CFG_CMD_BIND);
  if (const int error_number = request(fd, message)) return bind_failure(config, error_number);
  return {};
}

Status set_flags(int fd, const NfqueueConfig& config) {
  alignas(nlmsghdr) ConfigBuffer buffer;
  nlmsghdr* const message = nfq_nlmsg_put(buffer.data(), NFQNL_MSG_CONFIG, config.queue_number);
  const std::uint32_t flags =
      (config.super_packets ? unsigned{NFQA_CFG_F_GSO} : 0U) | (config.fail_open ? unsigned{NFQA_CFG_F_FAIL_OPEN} : 0U);
  nfq_nlmsg_cfg_put_qmaxlen(message, config.queue_packets_max);
  mnl_attr_put_u32(message, NFQA_CFG_FLAGS, htonl(flags));
  mnl_attr_put_u32(message, NFQA_CFG_MASK, htonl(NFQA_CFG_F_GSO | NFQA_CFG_F_FAIL_OPEN | NFQA_CFG_F_CONNTRACK));
  if (const int error_number = request(fd, message)) {
    errno = error_number;
    return fail_errno("setting length and flags of " + queue_name(config));
  }
  return {};
}

/// The last step. Until it is done the kernel drops what is queued; from then on packets come, and could come before an
/// answer, so none is asked for. The kernel acts before send() returns and refuses only what is malformed.
Status set_copy_mode(int fd, const NfqueueConfig& config) {
  alignas(nlmsghdr) ConfigBuffer buffer;
  nlmsghdr* const message = nfq_nlmsg_put(buffer.data(), NFQNL_MSG_CONFIG, config.queue_number);
  nfq_nlmsg_cfg_put_params(message, NFQNL_COPY_PACKET, kCopyRangeBytes);
  if (::send(fd, message, message->nlmsg_len, 0) < 0) return fail_errno("setting copy mode of " + queue_name(config));
  return {};
}

Status set_socket_options(int fd, const NfqueueConfig& config) {
  const int bytes = static_cast<int>(config.receive_buffer_bytes);
  if (::setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) < 0) {
    return fail_errno("setting a receive buffer of " + std::to_string(bytes) + " bytes for " + queue_name(config));
  }
  // Without it an overrun makes the socket refuse everything for a while. What is lost is told by QueueStatus.
  const int on = 1;
  if (::setsockopt(fd, SOL_NETLINK, NETLINK_NO_ENOBUFS, &on, sizeof on) < 0) {
    return fail_errno("setting NETLINK_NO_ENOBUFS for " + queue_name(config));
  }
  return {};
}

}  // namespace

Result<QueueSocket> QueueSocket::open(const NfqueueConfig& config) {
  UniqueFd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER));
  if (!fd) return fail_errno("opening a netlink socket for " + queue_name(config));
  const sockaddr_nl any{AF_NETLINK, 0, 0, 0};
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any) < 0) {
    return fail_errno("binding the netlink socket for " + queue_name(config));
  }
  for (const auto step : {bind_queue, set_socket_options, set_flags, set_copy_mode}) {
    if (Status status = step(fd.get(), config); !status) return tl::unexpected(status.error());
  }
  return QueueSocket(std::move(fd));
}

QueueSocket::QueueSocket(UniqueFd fd)
    : fd_(std::move(fd)),
      buffers_(kReceiveBatch * kDatagramBytes),
      sizes_(kReceiveBatch),
      headers_(kReceiveBatch),
      vectors_(kReceiveBatch) {
  for (std::size_t i = 0; i < kReceiveBatch; ++i) {
    vectors_[i] = {buffers_.data() + i * kDatagramBytes, kDatagramBytes};
    headers_[i].msg_hdr.msg_iov = &vectors_[i];
    headers_[i].msg_hdr.msg_iovlen = 1;
  }
}

std::size_t QueueSocket::receive_batch() {
  return kReceiveBatch;
}

Result<std::size_t> QueueSocket::receive() {
  const int count = ::recvmmsg(fd_.get(), headers_.data(), kReceiveBatch, MSG_DONTWAIT, nullptr);
  if (count >= 0) {
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) sizes_[i] = headers_[i].msg_len;
    return static_cast<std::size_t>(count);
  }
  if (errno == ENOBUFS) stats_.overruns.add();
  if (errno == ENOBUFS || errno == EAGAIN || errno == EINTR) return 0;
  return fail_errno("receiving from a netfilter queue");
}

Bytes QueueSocket::datagram(std::size_t index) const {
  return Bytes(buffers_).subspan(index * kDatagramBytes, sizes_[index]);
}

void QueueSocket::send(Bytes messages) {
  ssize_t sent = 0;
  do {
    sent = ::send(fd_.get(), messages.data(), messages.size(), 0);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0) stats_.send_failures.add();
}

}  // namespace sallyport
