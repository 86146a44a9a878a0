// Netfilter queue: many verdicts as few netlink messages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "daemon/base/bytes.h"
#include "daemon/frontends/nfqueue/verdict_sink.h"

namespace sallyport {

/// Collects verdicts until encode(). One thread.
class VerdictBatch : public VerdictSink {
 public:
  explicit VerdictBatch(std::uint16_t queue_number) : queue_number_(queue_number) {}

  void give(const PacketVerdict& verdict) override { waiting_.push_back(verdict); }
  bool empty() const { return waiting_.empty(); }

  /// The messages for all that was given, in the order in which the packets came, and forgets it. Each element is at
  /// most kSendBytes long and valid until the next call. `others_wait`: packets that came earlier have no verdict yet.
  /// Only without such packets may a run of plain accepts become one NFQNL_MSG_VERDICT_BATCH, since that one concerns
  /// every packet in the queue up to its id.
  std::vector<Bytes> encode(bool others_wait);

  /// Bytes of one send: far below the default send buffer of a netlink socket.
  static constexpr std::size_t kSendBytes = 32768;

 private:
  void sort_by_arrival();
  std::size_t end_of_run(std::size_t begin) const;
  std::size_t put(std::byte* place, int type, const PacketVerdict& verdict) const;

  std::uint16_t queue_number_;
  std::vector<PacketVerdict> waiting_;
  std::vector<std::byte> buffer_;
};

}  // namespace sallyport
