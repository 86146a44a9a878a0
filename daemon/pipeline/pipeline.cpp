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

void Pipeline::on_tick(Timestamp now) {
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
