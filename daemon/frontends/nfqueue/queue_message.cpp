#include "daemon/frontends/nfqueue/queue_message.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <optional>

namespace sallyport {
namespace {

/// More than any NFQA_MAX that the library may have been built with.
using Attributes = std::array<nlattr*, 64>;

std::uint32_t u32_of(const nlattr* attribute, std::uint32_t absent) {
  return attribute != nullptr ? ntohl(mnl_attr_get_u32(attribute)) : absent;
}

std::optional<QueuedPacket> parse_packet(const nlmsghdr* message) {
  Attributes attributes{};
  if (nfq_nlmsg_parse(message, attributes.data()) < 0) return std::nullopt;
  const nlattr* const header = attributes[NFQA_PACKET_HDR];
  if (header == nullptr || mnl_attr_get_payload_len(header) < sizeof(nfqnl_msg_packet_hdr)) return std::nullopt;
  QueuedPacket packet;
  packet.id = ntohl(static_cast<const nfqnl_msg_packet_hdr*>(mnl_attr_get_payload(header))->packet_id);
  packet.mark = u32_of(attributes[NFQA_MARK], 0);
  if (const nlattr* const payload = attributes[NFQA_PAYLOAD]) {
    packet.payload = as_byte_span(mnl_attr_get_payload(payload), mnl_attr_get_payload_len(payload));
  }
  const auto size = static_cast<std::uint32_t>(packet.payload.size());
  packet.original_size = std::max(size, u32_of(attributes[NFQA_CAP_LEN], size));
  // A super-packet was put together by the kernel, which had to know that its parts were right.
  const std::uint32_t info = u32_of(attributes[NFQA_SKB_INFO], 0);
  const bool has_checked = (info & NFQA_SKB_CSUM_NOTVERIFIED) == 0 || (info & NFQA_SKB_GSO) != 0;
  packet.checksums = has_checked ? ChecksumState::kChecked : ChecksumState::kFilledIn;
  return packet;
}

bool is_packet(const nlmsghdr* message) {
  return message->nlmsg_type == (NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_PACKET);
}

void count_other(const nlmsghdr* message, QueueMessageStats& stats) {
  if (message->nlmsg_type != NLMSG_ERROR || mnl_nlmsg_get_payload_len(message) < sizeof(nlmsgerr)) {
    stats.malformed.add();
    return;
  }
  const int error_number = -static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(message))->error;
  if (error_number != 0) (error_number == ENOENT ? stats.packets_gone : stats.verdict_errors).add();
}

}  // namespace

void for_each_packet(Bytes datagram, const std::function<void(const QueuedPacket&)>& take, QueueMessageStats& stats) {
  int left = static_cast<int>(std::min<std::size_t>(datagram.size(), std::numeric_limits<int>::max()));
  const auto* message = reinterpret_cast<const nlmsghdr*>(datagram.data());
  while (mnl_nlmsg_ok(message, left)) {
    if (is_packet(message)) {
      const auto packet = parse_packet(message);
      packet ? take(*packet) : stats.malformed.add();
    } else {
      count_other(message, stats);
    }
    message = mnl_nlmsg_next(message, &left);
  }
}

}  // namespace sallyport
