#include "daemon/pipeline/pipeline.h"

#include <poll.h>

#include <utility>

namespace sallyport {
namespace {

InspectionConfig with_shard(InspectionConfig config, std::uint32_t shard) {
  config.shard = shard;
  return config;
}

}  // namespace

Pipeline::Pipeline(const PipelineConfig& config, FlowControl& control, Classifier& classifier, EventSink& events,
                   PolicySource policy, SharedTransfers& shared, ShardDirectory& shards)
    : pending_max_(config.pending_max),
      mailbox_(std::make_shared<Mailbox>()),
      inspector_(with_shard(config.inspection, config.extraction.shard), control, classifier, events, std::move(policy),
                 mailbox_, shards),
      extraction_(config.extraction, inspector_, inspector_, shared, *mailbox_) {
  inspector_.attach(extraction_);
  shards.add(config.extraction.shard, *mailbox_, inspector_);
}

PacketPlace Pipeline::on_packet(const RawPacket& packet) {
  inspector_.on_packet_start(packet.time);
  const PacketPlace place = extraction_.on_packet(packet);
  inspector_.on_packet_done(place);
  if (pending_max_ != 0) wait_for_answers(pending_max_);
  return place;
}

Interest Pipeline::on_open(const Flow& flow) {
  inspector_.set_time(flow.opened);
  extraction_.add_relayed(flow);
  const Interest interest = extraction_.on_open(flow);
  if (interest == Interest::kNone) extraction_.remove_relayed(flow.id);
  return interest;
}

// What is decided inside can still stop these very bytes, as it can a packet's.
void Pipeline::start_call(Timestamp time) {
  inspector_.on_packet_start(time);
  extraction_.table().on_packet_start();
}

void Pipeline::on_bytes(FlowId flow, Direction direction, std::uint64_t offset, Bytes bytes, Timestamp time) {
  start_call(time);
  extraction_.on_bytes(flow, direction, offset, bytes, time);
  inspector_.on_packet_done({flow, direction, true});
}

void Pipeline::on_gap(FlowId flow, Direction direction, std::uint64_t offset, std::uint64_t size_bytes,
                      Timestamp time) {
  extraction_.on_gap(flow, direction, offset, size_bytes, time);
}

void Pipeline::on_conflict(FlowId flow, Direction direction, std::uint64_t offset, Bytes other, Timestamp time) {
  extraction_.on_conflict(flow, direction, offset, other, time);
}

void Pipeline::on_half_close(FlowId flow, Direction direction, Timestamp time) {
  start_call(time);
  extraction_.on_half_close(flow, direction, time);
  inspector_.on_packet_done({flow, direction, true});
}

void Pipeline::on_close(FlowId flow, CloseReason reason, Timestamp time) {
  inspector_.set_time(time);
  extraction_.on_close(flow, reason, time);
}

void Pipeline::on_hold_full(FlowId flow, Direction direction, Timestamp time) {
  inspector_.set_time(time);
  inspector_.on_hold_full(flow, direction);
}

void Pipeline::on_tick(Timestamp now) {
  loops_.add();
  inspector_.set_time(now);
  extraction_.on_tick(now);
  inspector_.on_tick(now);
}

void Pipeline::on_end(Timestamp now) {
  inspector_.set_time(now);
  extraction_.on_end(now);
  wait_for_answers(0);
}

void Pipeline::wait_for_answers(std::size_t pending_max) {
  while (inspector_.pending() > pending_max) {
    pollfd answer{mailbox_->wake_fd(), POLLIN, 0};
    ::poll(&answer, 1, -1);
    mailbox_->run();
  }
}

}  // namespace sallyport
