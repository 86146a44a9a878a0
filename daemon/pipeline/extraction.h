// The first half of a shard: packets or streams in, whole objects out. Joins net, protocols and transfer; decides
// nothing.
// Used by pipeline (with a policy behind it) and by `sallyport extract` (with a folder behind it).
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>

#include "daemon/base/mailbox.h"
#include "daemon/contract/object_sink.h"
#include "daemon/contract/packet_sink.h"
#include "daemon/contract/stream_sink.h"
#include "daemon/net/tcp_reassembler.h"
#include "daemon/pipeline/protocols.h"
#include "daemon/protocols/dispatcher.h"
#include "daemon/transfer/shared_transfers.h"
#include "daemon/transfer/transfer_table.h"

namespace sallyport {

struct ExtractionConfig {
  std::uint8_t shard = 0;
  ReassemblyConfig net;
  ProtocolsConfig protocols;
  TransferConfig transfer;
};

/// Hears of flows. Calls come on the shard's thread.
class FlowWatcher {
 public:
  virtual ~FlowWatcher() = default;

  /// kNone: the flow is not followed any further.
  virtual Interest on_flow_open(const Flow& flow) = 0;
  /// All transfers of the flow have ended, or wait for other flows.
  virtual void on_flow_close(FlowId flow, CloseReason reason, Timestamp time) = 0;
};

/// One thread. All references outlive it.
class Extraction : public PacketSink, public StreamSink {
 public:
  Extraction(const ExtractionConfig& config, ObjectSink& objects, FlowWatcher& flows, SharedTransfers& shared,
             Mailbox& mailbox);

  PacketPlace on_packet(const RawPacket& packet) override;
  void on_tick(Timestamp now) override;
  int wake_fd() const override { return mailbox_.wake_fd(); }
  void on_end(Timestamp now) override;

  /// The StreamSink calls are its reassembler's, and those of a front end that has streams. A flow of the latter is in
  /// no reassembler: it is told of before on_open(), and taken back where nobody wants it; on_close() forgets it.
  void add_relayed(const Flow& flow) { relayed_.emplace(flow.id, &flow); }
  void remove_relayed(FlowId flow) { relayed_.erase(flow); }
  /// The flow, while it runs.
  const Flow* find(FlowId flow) const;
  /// Where its sequence spaces stand; zeros of a relayed one, which needs no reset of ours.
  std::optional<TcpPosition> position(FlowId flow) const;
  /// Ends all that the flow brings; of a relayed one inside a StreamSink call for it, when that is done.
  void close(FlowId flow, CloseReason reason, Timestamp now);
  /// Dispatcher::answer_begin().
  std::optional<std::uint64_t> answer_begin(FlowId flow, Direction blocked) const {
    return dispatcher_.answer_begin(flow, blocked);
  }
  /// Packets of a blocked flow are known as such until it was silent for so long.
  Duration blocked_timeout() const { return blocked_timeout_; }
  const TcpReassembler& reassembler() const { return reassembler_; }
  TransferTable& table() { return table_; }
  const TransferTable& table() const { return table_; }
  const ProtocolStats& protocol_stats() const { return protocol_stats_; }
  const Dispatcher& dispatcher() const { return dispatcher_; }

  Interest on_open(const Flow& flow) override;
  void on_bytes(FlowId flow, Direction direction, std::uint64_t offset, Bytes bytes, Timestamp time) override;
  void on_gap(FlowId flow, Direction direction, std::uint64_t offset, std::uint64_t size_bytes,
              Timestamp time) override;
  void on_conflict(FlowId flow, Direction direction, std::uint64_t offset, Bytes other, Timestamp time) override;
  void on_repeat(FlowId flow, Direction direction, std::uint64_t offset, Bytes bytes, Timestamp time) override;
  void on_evasion(FlowId flow, Direction direction, EvasionSet signs) override;
  void on_quiet(FlowId flow) override { dispatcher_.on_quiet(flow); }
  void on_half_close(FlowId flow, Direction direction, Timestamp time) override;
  void on_close(FlowId flow, CloseReason reason, Timestamp time) override;

 private:
  class Call;

  const Duration blocked_timeout_;
  FlowWatcher& flows_;
  Mailbox& mailbox_;
  TransferTable table_;
  StreamTrace trace_;
  ProtocolStats protocol_stats_;
  Dispatcher dispatcher_;
  TcpReassembler reassembler_;
  std::unordered_map<FlowId, const Flow*> relayed_;  // of the front end
  Call* call_ = nullptr;                             // the innermost
};

}  // namespace sallyport
