#include "daemon/pipeline/extraction.h"

#include <utility>

namespace sallyport {
namespace {

ReassemblyConfig with_shard(ReassemblyConfig config, std::uint8_t shard) {
  config.shard = shard;
  return config;
}

}  // namespace

Extraction::Extraction(const ExtractionConfig& config, ObjectSink& objects, FlowWatcher& flows, SharedTransfers& shared,
                       Mailbox& mailbox)
    : blocked_timeout_(config.net.blocked_timeout),
      flows_(flows),
      mailbox_(mailbox),
      table_(config.shard, objects, mailbox, shared, config.transfer),
      trace_(table_),
      dispatcher_(trace_, protocol_entries(trace_, config.protocols, protocol_stats_),
                  config.protocols.parser_bytes_max),
      reassembler_(*this, with_shard(config.net, config.shard)) {}

/// A StreamSink call for one flow. A verdict inside may end that flow, whose parser is still at work: then it is closed
/// behind the call. Calls nest: a verdict about one flow may end another.
class Extraction::Call {
 public:
  Call(Extraction& extraction, FlowId flow, Timestamp time)
      : extraction_(extraction), outer_(std::exchange(extraction.call_, this)), flow_(flow), time_(time) {}
  ~Call() {
    extraction_.call_ = outer_;
    if (closing_) extraction_.close(flow_, *closing_, time_);
  }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  /// False where the flow is another one.
  bool closes_behind(FlowId flow, CloseReason reason) {
    if (flow != flow_) return outer_ != nullptr && outer_->closes_behind(flow, reason);
    closing_ = reason;
    return true;
  }

 private:
  Extraction& extraction_;
  Call* const outer_;
  const FlowId flow_;
  const Timestamp time_;
  std::optional<CloseReason> closing_;
};

const Flow* Extraction::find(FlowId flow) const {
  const auto relayed = relayed_.find(flow);
  return relayed != relayed_.end() ? relayed->second : reassembler_.find(flow);
}

std::optional<TcpPosition> Extraction::position(FlowId flow) const {
  return relayed_.contains(flow) ? TcpPosition() : reassembler_.position(flow);
}

void Extraction::close(FlowId flow, CloseReason reason, Timestamp now) {
  if (!relayed_.contains(flow)) return reassembler_.close(flow, reason, now);
  if (call_ != nullptr && call_->closes_behind(flow, reason)) return;
  on_close(flow, reason, now);
}

PacketPlace Extraction::on_packet(const RawPacket& packet) {
  table_.on_packet_start();
  return reassembler_.on_packet(packet);
}

void Extraction::on_tick(Timestamp now) {
  mailbox_.run();
  reassembler_.on_tick(now);
  table_.on_tick(now);
}

void Extraction::on_end(Timestamp now) {
  reassembler_.on_end(now);
  mailbox_.run();
  table_.on_end();
}

Interest Extraction::on_open(const Flow& flow) {
  const Interest interest = flows_.on_flow_open(flow);
  return interest == Interest::kNone ? interest : dispatcher_.on_open(flow);
}

void Extraction::on_bytes(FlowId flow, Direction direction, std::uint64_t offset, Bytes bytes, Timestamp time) {
  const Call call(*this, flow, time);
  dispatcher_.on_bytes(flow, direction, offset, bytes, time);
}

void Extraction::on_gap(FlowId flow, Direction direction, std::uint64_t offset, std::uint64_t size_bytes,
                        Timestamp time) {
  dispatcher_.on_gap(flow, direction, offset, size_bytes, time);
}

void Extraction::on_conflict(FlowId flow, Direction direction, std::uint64_t offset, Bytes other, Timestamp time) {
  dispatcher_.on_conflict(flow, direction, offset, other, time);
}

void Extraction::on_repeat(FlowId flow, Direction direction, std::uint64_t offset, Bytes bytes, Timestamp time) {
  dispatcher_.on_repeat(flow, direction, offset, bytes, time);
}

void Extraction::on_evasion(FlowId flow, Direction direction, EvasionSet signs) {
  dispatcher_.on_evasion(flow, direction, signs);
}

void Extraction::on_half_close(FlowId flow, Direction direction, Timestamp time) {
  const Call call(*this, flow, time);
  dispatcher_.on_half_close(flow, direction, time);
}

void Extraction::on_close(FlowId flow, CloseReason reason, Timestamp time) {
  const Call call(*this, flow, time);
  dispatcher_.on_close(flow, reason, time);
  table_.on_flow_closed(flow, time);
  flows_.on_flow_close(flow, reason, time);
  remove_relayed(flow);
}

}  // namespace sallyport
