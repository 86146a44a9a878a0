// Netfilter queue: where verdicts about single packets go.
#pragma once

#include <cstdint>

namespace sallyport {

/// What the kernel shall do with one packet.
struct PacketVerdict {
  std::uint32_t id = 0;
  bool accept = true;
  bool has_mark = false;  ///< set `mark` as the packet's mark
  std::uint32_t mark = 0;
};

class VerdictSink {
 public:
  virtual ~VerdictSink() = default;
  /// Exactly once a packet.
  virtual void give(const PacketVerdict& verdict) = 0;
};

}  // namespace sallyport
