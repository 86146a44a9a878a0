// What an operator sets about one netfilter queue.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sallyport {

struct NfqueueConfig {
  std::uint16_t queue_number = 0;
  /// Packets that the kernel keeps for us at once, held ones included; beyond it see `fail_open`.
  std::uint32_t queue_packets_max = 8192;
  /// Bytes of the netlink socket's receive buffer. The kernel charges a packet of 64 KiB at its full size.
  std::uint32_t receive_buffer_bytes = 64U << 20;
  /// Take super-packets of up to 64 KiB as they are, instead of having them cut into segments first.
  bool super_packets = true;
  /// A full queue or socket lets packets pass uninspected, those of held flows too; false: they are dropped and TCP
  /// sends again.
  bool fail_open = false;
  /// The bits of the packet mark that say "this connection needs no inspection"; a later rule must save them as
  /// connection mark (deploy/nftables). Zero: flows cannot leave the queue. Other bits of the mark are not touched.
  std::uint32_t bypass_mark = 0x40000000;
};

}  // namespace sallyport
