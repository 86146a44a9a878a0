// Start of the data's way, inline: packets that a firewall rule queues for us, each of which waits in the kernel for a
// verdict. Leaves: RawPacket to PacketSink (seam 1). Comes back: FlowControl (seam 5).
#pragma once

#include <chrono>
#include <optional>

#include "daemon/contract/flow_control.h"
#include "daemon/contract/packet_sink.h"
#include "daemon/frontends/frontend.h"
#include "daemon/frontends/nfqueue/flow_verdicts.h"
#include "daemon/frontends/nfqueue/nfqueue_config.h"
#include "daemon/frontends/nfqueue/queue_message.h"
#include "daemon/frontends/nfqueue/queue_socket.h"
#include "daemon/frontends/nfqueue/queue_status.h"
#include "daemon/frontends/nfqueue/verdict_batch.h"
#include "daemon/frontends/raw_injector.h"
#include "daemon/frontends/stop_signal.h"

namespace sallyport {

struct NfqueueStats {
  Counter verdict_messages;  ///< netlink messages, or groups of them, sent
  Counter queue_dropped;     ///< packets the kernel dropped, or let pass with fail_open, because the queue was full
  Counter
      user_dropped;  ///< packets the kernel dropped, or let pass with fail_open, because our receive buffer was full
  Counter waiting;   ///< gauge: packets in the kernel's queue, held ones included
};

/// One queue is one thread is one shard. start() and run() on that thread, in the network namespace of the rules; needs
/// CAP_NET_ADMIN for all its life and CAP_NET_RAW at start(). FlowControl is for calls from inside the sink only. When
/// run() has returned, or the program dies, the kernel drops what still waits, and then does with new packets what the
/// rule says
/// (`bypass`: pass; else: drop).
class NfqueueSource final : public PacketFrontend, public FlowControl {
 public:
  explicit NfqueueSource(const NfqueueConfig& config);

  void attach(PacketSink& sink) override { sink_ = &sink; }
  Status start() override;
  Status run() override;
  void stop() override { stop_.raise(); }
  const Capabilities& capabilities() const override { return capabilities_; }
  const FrontendStats& stats() const override { return stats_; }
  const NfqueueStats& queue_stats() const { return queue_stats_; }
  const FlowVerdictStats& verdict_stats() const { return flows_.stats(); }
  const QueueMessageStats& message_stats() const { return message_stats_; }
  /// Null before start().
  const QueueSocketStats* socket_stats() const { return socket_ ? &socket_->stats() : nullptr; }

  void hold(FlowId flow, Direction direction) override { flows_.hold(flow, direction); }
  void release(FlowId flow, Direction direction) override { flows_.release(flow, direction); }
  void drop(FlowId flow) override { flows_.drop(flow); }
  void bypass(FlowId flow) override { flows_.bypass(flow); }
  void forget(FlowId flow) override { flows_.forget(flow); }
  bool inject(Bytes ip_packet) override;

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;

  Status wait_and_work();
  Status drain();
  void take(const QueuedPacket& packet);
  bool tick_is_due() const;
  void tick();
  bool others_may_wait() const;
  void send_verdicts();
  void read_queue_status();

  PacketSink* sink_ = nullptr;
  NfqueueConfig config_;
  Capabilities capabilities_;
  StopSignal stop_;
  std::optional<QueueSocket> socket_;
  std::optional<QueueStatusFile> status_file_;
  std::optional<RawInjector> injector_;
  VerdictBatch batch_;
  FlowVerdicts flows_;
  Timestamp now_;  // of the datagrams being worked on
  SteadyTime last_tick_;
  SteadyTime last_status_;
  QueueStatus last_seen_;  // to turn the kernel's wrapping counters into ours
  FrontendStats stats_;
  NfqueueStats queue_stats_;
  QueueMessageStats message_stats_;
};

}  // namespace sallyport
