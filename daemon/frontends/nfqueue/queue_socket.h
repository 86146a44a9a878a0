// Netfilter queue: the netlink socket bound to one queue.
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <vector>

#include "daemon/base/bytes.h"
#include "daemon/base/counter.h"
#include "daemon/base/result.h"
#include "daemon/base/unique_fd.h"
#include "daemon/frontends/nfqueue/nfqueue_config.h"

namespace sallyport {

struct QueueSocketStats {
  Counter overruns;       ///< times that the kernel reported a full receive buffer (ENOBUFS)
  Counter send_failures;  ///< sends of verdicts that failed; the packets stay in the kernel's queue
};

/// One thread. Needs CAP_NET_ADMIN when opened and at each send: the kernel checks the sender of every verdict.
/// Closing it drops, in the kernel, every packet that has no verdict yet.
class QueueSocket {
 public:
  /// Binds in the network namespace of the calling thread. Fails, saying why, without CAP_NET_ADMIN, where another
  /// program has the queue, and where the kernel has no netfilter queues.
  static Result<QueueSocket> open(const NfqueueConfig& config);

  int fd() const { return fd_.get(); }
  /// Takes what waits, at most receive_batch() datagrams, without blocking; gives their number. A full receive buffer
  /// is counted and is no failure.
  Result<std::size_t> receive();
  /// The datagrams of the last receive().
  Bytes datagram(std::size_t index) const;
  static std::size_t receive_batch();

  /// Whole netlink messages, one behind the other; the kernel has acted on them when this returns.
  void send(Bytes messages);

  const QueueSocketStats& stats() const { return stats_; }

 private:
  explicit QueueSocket(UniqueFd fd);

  UniqueFd fd_;
  std::vector<std::byte> buffers_;
  std::vector<std::size_t> sizes_;
  std::vector<mmsghdr> headers_;
  std::vector<iovec> vectors_;
  QueueSocketStats stats_;
};

}  // namespace sallyport
