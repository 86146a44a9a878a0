#include "daemon/app/shards.h"

#include <utility>

#include "daemon/app/privileges.h"
#include "daemon/base/log.h"
#include "daemon/frontends/nfqueue/nfqueue_source.h"
#include "daemon/frontends/tap/pcap_live.h"
#include "daemon/frontends/tproxy/tproxy_source.h"

namespace sallyport {
namespace {

std::uint64_t shard_count(const FrontEndSettings& settings) {
  if (settings.kind == FrontEndKind::kTproxy) return settings.tproxy.threads;
  return settings.kind == FrontEndKind::kNfqueue ? settings.nfqueue.queues : settings.tap.threads;
}

PcapLiveConfig tap_config(const TapSettings& settings) {
  PcapLiveConfig config;
  config.interface = settings.interface;
  config.filter = settings.filter;
  config.ring_bytes = settings.ring_bytes;
  config.promiscuous = settings.promiscuous;
  config.inject = settings.resets;
  if (settings.threads > 1) config.fanout_group = static_cast<std::uint16_t>(settings.fanout_group);
  return config;
}

NfqueueConfig queue_config(const NfqueueSettings& settings, std::uint8_t shard) {
  NfqueueConfig config;
  config.queue_number = static_cast<std::uint16_t>(settings.first_queue + shard);
  config.queue_packets_max = static_cast<std::uint32_t>(settings.queue_packets_max);
  config.receive_buffer_bytes = static_cast<std::uint32_t>(settings.receive_buffer_bytes);
  config.super_packets = settings.gso;
  config.fail_open = settings.fail_open;
  config.bypass_mark = static_cast<std::uint32_t>(settings.bypass_mark);
  return config;
}

TproxyConfig tproxy_config(const TproxySettings& settings, const std::string& user, std::uint8_t shard) {
  TproxyConfig config;
  config.drop_privileges = [user]() -> Status {
    const auto dropped = drop_privileges({user, {Capability::kNetAdmin}});
    return dropped ? Status() : tl::unexpected(dropped.error());
  };
  config.port = static_cast<std::uint16_t>(settings.port);
  config.shard = shard;
  config.held_connection_bytes_max = settings.held_connection_bytes_max;
  config.held_bytes_max = settings.held_bytes_max;
  config.connections_max = static_cast<std::uint32_t>(settings.connections_max);
  return config;
}

PipelineConfig pipeline_config(const Config& config, std::uint8_t shard) {
  PipelineConfig pipeline;
  ExtractionConfig& extraction = pipeline.extraction;
  extraction.shard = shard;
  extraction.net.flows_max = config.limits.flows_max;
  extraction.net.buffered_bytes_max = config.limits.reassembly_bytes_max;
  extraction.net.established_timeout = config.limits.flow_idle_timeout;
  extraction.net.lossless = config.front_end.kind == FrontEndKind::kNfqueue;
  extraction.net.can_drop = extraction.net.lossless;
  extraction.protocols.parser_bytes_max = config.limits.parser_bytes_max;
  extraction.transfer.open_transfers_max = config.limits.transfers_max;
  extraction.transfer.object_bytes_max = config.limits.object_bytes_max;
  extraction.transfer.kept_bytes_max = config.limits.kept_bytes_max;
  extraction.transfer.idle_timeout = config.limits.transfer_idle_timeout;
  pipeline.inspection.sensor = config.sensor;
  if (config.front_end.kind == FrontEndKind::kTproxy) {
    const TproxySettings& tproxy = config.front_end.tproxy;
    pipeline.inspection.contact = tproxy.contact;
    extraction.protocols.http.responses_begin_at_head = true;
    pipeline.inspection.withhold_max = tproxy.hold_time_max;
    pipeline.inspection.hold.settle_time = tproxy.silence;
    pipeline.inspection.hold.flows_max = tproxy.connections_max;
    // What is let go is gone: each window of a file is judged, not only every quarter more of it.
    pipeline.inspection.prefix_growth = 1;
  }
  return pipeline;
}

template <class FrontEnd, class FrontEndConfig>
Shard make(const FrontEndConfig& config) {
  auto front_end = std::make_unique<FrontEnd>(config);
  Shard shard;
  shard.control = front_end.get();
  shard.attach = [source = front_end.get()](Pipeline& pipeline) { source->attach(pipeline); };
  shard.front_end = std::move(front_end);
  return shard;
}

Shard make_shard(const Config& config, std::uint8_t number) {
  const FrontEndSettings& settings = config.front_end;
  if (settings.kind == FrontEndKind::kNfqueue) return make<NfqueueSource>(queue_config(settings.nfqueue, number));
  if (settings.kind == FrontEndKind::kTproxy)
    return make<TproxySource>(tproxy_config(settings.tproxy, config.user, number));
  return make<PcapLive>(tap_config(settings.tap));
}

}  // namespace

Shards::Shards(const Config& config) {
  const std::uint64_t count = shard_count(config.front_end);
  for (std::uint64_t i = 0; i < count; ++i) shards_.push_back(make_shard(config, static_cast<std::uint8_t>(i)));
}

Shards::~Shards() {
  stop();
}

Status Shards::open() {
  for (Shard& shard : shards_) {
    if (Status opened = shard.front_end->start(); !opened) return opened;
  }
  return {};
}

void Shards::connect(const Config& config, Classifier& classifier, EventSink& events, const PolicySource& policy) {
  std::uint8_t number = 0;
  for (Shard& shard : shards_) {
    shard.pipeline = std::make_unique<Pipeline>(pipeline_config(config, number++), *shard.control, classifier, events,
                                                policy, shared_, directory_);
    shard.attach(*shard.pipeline);
  }
}

void Shards::run(std::function<void()> on_stopped) {
  for (Shard& shard : shards_) {
    shard.thread = std::thread([this, &shard, on_stopped] { run_shard(shard, on_stopped); });
  }
}

void Shards::run_shard(Shard& shard, const std::function<void()>& on_stopped) {
  const Status ended = shard.front_end->run();
  if (!ended) {
    log_error("a front end ended", {{"error", ended.error().message}});
    const std::lock_guard lock(mutex_);
    failure_ = ended.error().message;
  }
  on_stopped();
}

void Shards::stop() {
  for (Shard& shard : shards_) shard.front_end->stop();
  for (Shard& shard : shards_) {
    if (shard.thread.joinable()) shard.thread.join();
  }
}

std::string Shards::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

}  // namespace sallyport
