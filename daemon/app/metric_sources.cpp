#include "daemon/app/metric_sources.h"

#include <algorithm>

#include "daemon/frontends/nfqueue/nfqueue_source.h"
#include "daemon/frontends/tproxy/tproxy_source.h"
#include "policy/values.h"

namespace sallyport {
namespace {

/// The stages of one shard, each metric registered under the shard's number or summed with the others'.
class ShardSources {
 public:
  ShardSources(Metrics& metrics, const Shard& shard, std::size_t number)
      : metrics_(metrics), shard_(shard), label_{{"shard", std::to_string(number)}} {}

  void add() {
    add_packets();
    add_flows();
    add_transfers();
    add_protocols();
    add_inspection();
  }

 private:
  const NetStats& net() const { return shard_.pipeline->extraction().reassembler().stats(); }
  const InspectionStats& inspection() const { return shard_.pipeline->inspector().stats(); }

  void counter(std::string_view name, const Counter& value) { metrics_.add_counter(name, label_, value); }
  void counter(std::string_view name, MetricLabels labels, const Counter& value) {
    metrics_.add_counter(name, std::move(labels), value);
  }
  void gauge(std::string_view name, const Counter& value) {
    metrics_.add_gauge(name, label_, [&value] { return static_cast<double>(value.value()); });
  }
  MetricLabels with(const char* key, std::string_view value) const {
    MetricLabels labels = label_;
    labels.emplace_back(key, value);
    return labels;
  }

  void add_packets() {
    const FrontendStats& front_end = shard_.front_end->stats();
    counter("sallyport_shard_loops_total", shard_.pipeline->loops());
    counter("sallyport_packets_total", front_end.packets);
    counter("sallyport_packet_bytes_total", front_end.bytes);
    counter("sallyport_packets_lost_total", with("reason", "kernel"), front_end.kernel_dropped);
    counter("sallyport_packets_lost_total", with("reason", "interface"), front_end.interface_dropped);
    counter("sallyport_packets_truncated_total", front_end.truncated);
    counter("sallyport_packets_malformed_total", {{"reason", "truncated_header"}}, net().truncated_headers);
    counter("sallyport_packets_malformed_total", {{"reason", "bad_length"}}, net().malformed);
    counter("sallyport_packets_malformed_total", {{"reason", "bad_checksum"}}, net().bad_checksums);
    counter("sallyport_packets_malformed_total", {{"reason", "fragment_overlap"}}, net().fragment_overlaps);
    counter("sallyport_packets_contradicting_total", {{"part", "stream"}}, net().segments_refused);
    counter("sallyport_packets_contradicting_total", {{"part", "datagram"}}, net().fragments_refused);
    counter("sallyport_packets_low_hops_total", net().low_hop_segments);
    for (std::size_t i = 0; i < kTunnelKindCount; ++i) {
      counter("sallyport_tunnel_packets_total", {{"tunnel", std::string(to_string(static_cast<TunnelKind>(i)))}},
              net().tunnel_packets[i]);
    }
    for (std::size_t i = 0; i < kOpaqueTrafficCount; ++i) {
      const MetricLabels traffic{{"traffic", std::string(to_string(static_cast<OpaqueTraffic>(i)))}};
      counter("sallyport_uninspected_packets_total", traffic, net().opaque[i].packets);
      counter("sallyport_uninspected_bytes_total", traffic, net().opaque[i].bytes);
    }
    if (const auto* const queue = dynamic_cast<const NfqueueSource*>(shard_.front_end.get())) add_queue(*queue);
    if (const auto* const source = dynamic_cast<const TproxySource*>(shard_.front_end.get())) add_relay(*source);
  }

  void add_queue(const NfqueueSource& queue) {
    counter("sallyport_packets_dropped_total", queue.verdict_stats().dropped);
    counter("sallyport_packets_lost_total", with("reason", "queue_full"), queue.queue_stats().queue_dropped);
    counter("sallyport_packets_lost_total", with("reason", "receive_buffer_full"), queue.queue_stats().user_dropped);
    gauge("sallyport_packets_held", queue.verdict_stats().held_now);
  }

  void add_relay(const TproxySource& source) {
    const TproxyStats& relay = source.relay_stats();
    counter("sallyport_relay_connections_total", relay.accepted);
    gauge("sallyport_relay_connections_open", relay.open);
    counter("sallyport_relay_connections_refused_total", relay.refused);
    counter("sallyport_relay_connect_failures_total", relay.connect_failures);
    counter("sallyport_relay_bypassed_total", relay.bypassed);
    gauge("sallyport_relay_held_bytes", relay.held_bytes);
    counter("sallyport_relay_hold_overflows_total", relay.hold_overflows);
    counter("sallyport_relay_answers_total", relay.answered);
    counter("sallyport_relay_resets_total", relay.resets);
  }

  void add_flows() {
    gauge("sallyport_flows_open", net().flows_active);
    counter("sallyport_flows_total", net().flows_opened);
    counter("sallyport_flows_separated_total", net().flows_separated);
    counter("sallyport_flows_evicted_total", net().flows_evicted);
    counter("sallyport_flows_evicted_total", net().budget_evictions);
    counter("sallyport_flows_midstream_total", net().flows_midstream);
    counter("sallyport_flows_resumed_total", net().flows_resumed);
    counter("sallyport_ends_disowned_total", net().ends_disowned);
    counter("sallyport_packets_after_close_total", net().after_close_packets);
    counter("sallyport_bytes_after_fin_total", net().after_fin_bytes);
    counter("sallyport_flows_bypassed_total", inspection().flows_bypassed);
    counter("sallyport_stream_gap_bytes_total", net().gap_bytes);
    gauge("sallyport_reassembly_buffered_bytes", net().buffered_bytes);
  }

  void add_transfers() {
    const TransferTable& table = shard_.pipeline->extraction().table();
    const DispatcherStats& parsers = shard_.pipeline->extraction().dispatcher().stats();
    gauge("sallyport_parser_bytes", parsers.parser_bytes);
    counter("sallyport_parsers_given_up_total", parsers.given_up_total);
    gauge("sallyport_transfers_open", table.stats().open);
    counter("sallyport_second_readings_total", table.stats().readings_total);
    metrics_.add_gauge("sallyport_transfer_buffered_bytes", label_,
                       [&table] { return static_cast<double>(table.kept_bytes()); });
    for (std::size_t i = 0; i < kProtocolCount; ++i) {
      const MetricLabels protocol{{"protocol", std::string(to_string(static_cast<Protocol>(i)))}};
      for (const Counter& verdicts : inspection().verdicts[i]) counter("sallyport_transfers_total", protocol, verdicts);
      counter("sallyport_transfer_bytes_total", protocol, inspection().transfer_bytes[i]);
    }
    for (std::size_t i = 0; i < kNotInspectedCount; ++i) {
      counter("sallyport_not_inspected_total", {{"reason", std::string(to_string(static_cast<NotInspected>(i)))}},
              inspection().not_inspected[i]);
    }
    for (std::size_t i = 0; i < kEvasionCount; ++i) {
      counter("sallyport_evasions_total", {{"sign", std::string(to_strings(1U << i).front())}},
              inspection().evasions[i]);
    }
  }

  void add_protocols() {
    const ProtocolStats& stats = shard_.pipeline->extraction().protocol_stats();
    counter("sallyport_parser_unparsed_bytes_total", {{"protocol", "http"}}, stats.http.unparsed_bytes);
    counter("sallyport_parser_unparsed_bytes_total", {{"protocol", "http2"}}, stats.http2.unparsed_bytes);
    counter("sallyport_parser_framing_losses_total", {{"protocol", "http"}}, stats.http.framing_failures);
    counter("sallyport_parser_framing_losses_total", {{"protocol", "http2"}}, stats.http2.frames_lost);
    counter("sallyport_parser_framing_losses_total", {{"protocol", "websocket"}}, stats.websocket.framing_losses);
    const std::pair<const char*, const Counter&> limits[] = {{"http_header_bytes", stats.http.oversized_heads},
                                                             {"http_expansion", stats.http.expansion_limits},
                                                             {"http2_streams_forgotten", stats.http2.streams_forgotten},
                                                             {"http2_streams_refused", stats.http2.streams_refused},
                                                             {"websocket_expansion", stats.websocket.expansion_limits},
                                                             {"websocket_join", stats.websocket.joins_given_up}};
    for (const auto& [limit, reached] : limits) counter("sallyport_parser_limits_total", {{"limit", limit}}, reached);
  }

  void add_inspection() {
    metrics_.add_histogram("sallyport_inspection_seconds", {}, inspection().inspection_time);
    for (std::size_t action = 0; action < kActionCount; ++action) {
      const MetricLabels label{{"action", std::string(to_string(static_cast<Action>(action)))}};
      for (const auto& of_protocol : inspection().verdicts)
        counter("sallyport_verdicts_total", label, of_protocol[action]);
    }
    for (std::size_t i = 0; i < kDispositionCount; ++i) {
      counter("sallyport_dispositions_total", {{"disposition", std::string(to_string(static_cast<Disposition>(i)))}},
              inspection().dispositions[i]);
    }
    counter("sallyport_bytes_delivered_before_block_total", MetricLabels{}, inspection().delivered_before_block_bytes);
    const EnforcerStats& enforcer = shard_.pipeline->inspector().enforcer().stats();
    counter("sallyport_resets_total", {{"result", "sent"}}, enforcer.resets_injected);
    counter("sallyport_resets_total", {{"result", "failed"}}, enforcer.inject_failures);
  }

  Metrics& metrics_;
  const Shard& shard_;
  const MetricLabels label_;
};

void add_gauge(Metrics& metrics, std::string_view name, const Counter& value) {
  metrics.add_gauge(name, {}, [&value] { return static_cast<double>(value.value()); });
}

void add_workers(Metrics& metrics, const WorkerPoolStats& stats) {
  const std::pair<const char*, const Counter&> outcomes[] = {
      {"answered", stats.answered},  {"cached", stats.cache_hits},     {"crash_known", stats.crashes_known},
      {"deadline", stats.deadlines}, {"queue_full", stats.queue_full}, {"crash", stats.crashes}};
  for (const auto& [outcome, value] : outcomes) {
    metrics.add_counter("sallyport_classifications_total", {{"outcome", outcome}}, value);
  }
  const std::pair<const char*, const Counter&> reasons[] = {
      {"crash", stats.crashes},     {"sandbox_violation", stats.violations},
      {"deadline", stats.kills},    {"bad_reply", stats.bad_replies},
      {"recycled", stats.recycled}, {"start_failure", stats.start_failures}};
  for (const auto& [reason, value] : reasons) {
    metrics.add_counter("sallyport_worker_restarts_total", {{"reason", reason}}, value);
  }
  metrics.add_counter("sallyport_result_cache_hits_total", {}, stats.cache_hits);
  metrics.add_counter("sallyport_worker_starts_total", {}, stats.starts);
  add_gauge(metrics, "sallyport_workers_up", stats.up);
  add_gauge(metrics, "sallyport_classification_queue", stats.queued);
}

void add_policy(Metrics& metrics, const PolicyReloadStats& stats) {
  metrics.add_counter("sallyport_policy_reloads_total", {}, stats.reloads);
  metrics.add_counter("sallyport_policy_reload_failures_total", {}, stats.failures);
  add_gauge(metrics, "sallyport_policy_last_reload_successful", stats.last_successful);
  add_gauge(metrics, "sallyport_policy_loaded_timestamp_seconds", stats.loaded_seconds);
}

/// Of the policy in force at each scrape.
void add_counts(Metrics& metrics, const PolicyHolder& policy) {
  using Stats = policy::GroupWindowsStats;
  const auto read = [&policy](std::uint64_t Stats::*member) {
    return [&policy, member] { return static_cast<double>(policy.current()->memory->stats().*member); };
  };
  metrics.add_gauge("sallyport_count_groups", {}, read(&Stats::groups));
  metrics.add_gauge("sallyport_count_entries", {}, read(&Stats::entries));
  metrics.add_counter("sallyport_count_limits_total", {{"limit", "groups"}}, read(&Stats::groups_full));
  metrics.add_counter("sallyport_count_limits_total", {{"limit", "entries"}}, read(&Stats::entries_full));
}

std::vector<std::pair<std::string, double>> demotions(const policy::Memory& memory) {
  const auto demoted = memory.demoted();
  std::vector<std::pair<std::string, double>> all;
  for (const std::string& rule : memory.guarded()) {
    const bool is = std::any_of(demoted.begin(), demoted.end(), [&rule](const auto& one) { return one.rule == rule; });
    all.emplace_back(rule, is ? 1 : 0);
  }
  return all;
}

void add_quotas(Metrics& metrics, const PolicyHolder& policy) {
  metrics.add_gauges("sallyport_contract_quota_used_ratio", [&policy] {
    std::vector<std::pair<std::string, double>> all;
    for (const policy::QuotaUse& use : policy.current()->memory->quota_uses()) {
      all.emplace_back(use.contract, static_cast<double>(use.images) / static_cast<double>(use.most));
    }
    return all;
  });
}

void add_breakers(Metrics& metrics, const PolicyHolder& policy) {
  metrics.add_gauges("sallyport_rule_demoted", [&policy] { return demotions(*policy.current()->memory); });
  metrics.add_counter("sallyport_breaker_trips_total", {},
                      [&policy] { return static_cast<double>(policy.current()->memory->trips()); });
}

void add_canaries(Metrics& metrics, const CanaryWatch& canaries) {
  metrics.add_gauges("sallyport_canary_sightings_total", [&canaries] {
    std::vector<std::pair<std::string, double>> all;
    for (const CanarySightings& one : canaries.sightings()) all.emplace_back(one.set, static_cast<double>(one.count));
    return all;
  });
  metrics.add_gauges("sallyport_canary_last_seen_timestamp_seconds", [&canaries] {
    std::vector<std::pair<std::string, double>> all;
    for (const CanarySightings& one : canaries.sightings()) {
      all.emplace_back(one.set, std::chrono::duration<double>(one.last.time_since_epoch()).count());
    }
    return all;
  });
}

void add_events(Metrics& metrics, const EventWriter& events) {
  const EventWriterStats& stats = events.stats();
  metrics.add_counter("sallyport_events_total", {}, stats.published);
  metrics.add_counter("sallyport_events_dropped_total", {{"reason", "queue_full"}}, stats.dropped_queue_full);
  metrics.add_counter("sallyport_events_dropped_total", {{"reason", "stopped"}}, stats.dropped_stopped);
  metrics.add_counter("sallyport_events_dropped_total", {{"reason", "shutdown"}}, stats.lost_at_shutdown);
  add_gauge(metrics, "sallyport_events_queued", stats.queued_events);
  add_gauge(metrics, "sallyport_events_queued_bytes", stats.queued_bytes);
  for (const auto& sink : events.sinks()) {
    const MetricLabels label{{"sink", std::string(sink->name())}};
    metrics.add_counter("sallyport_event_sink_written_total", label, sink->stats().written);
    metrics.add_counter("sallyport_event_sink_failed_total", label, sink->stats().failed);
  }
}

void add_ledger(Metrics& metrics, const Ledger& ledger, const EventWriterStats& events) {
  const LedgerStats& stats = ledger.stats();
  metrics.add_counter("sallyport_ledger_rows_total", {}, stats.rows);
  metrics.add_counter("sallyport_ledger_rows_lost_total", {{"reason", "not_written"}}, stats.lost);
  metrics.add_counter("sallyport_ledger_rows_lost_total", {{"reason", "queue"}}, events.unkept);
  metrics.add_counter("sallyport_ledger_rows_pruned_total", {}, stats.pruned);
  metrics.add_counter("sallyport_ledger_damaged_files_total", {}, stats.damaged_files);
  add_gauge(metrics, "sallyport_ledger_writable", stats.writable);
  add_gauge(metrics, "sallyport_ledger_bytes", stats.bytes);
  add_gauge(metrics, "sallyport_ledger_first_row_timestamp_seconds", stats.first_seconds);
}

std::string ledger_fact(const Ledger& ledger, const EventWriterStats& events) {
  const std::uint64_t lost = ledger.stats().lost.value() + events.unkept.value();
  const std::string counts =
      std::to_string(ledger.stats().rows.value()) + " transfers written, " + std::to_string(lost) + " lost";
  const std::string problem = ledger.problem();
  if (!problem.empty()) return "NOT WRITTEN: " + problem + " (" + counts + ")";
  return counts + ", " + std::to_string(ledger.stats().bytes.value() >> 20) + " MiB in " + ledger.path();
}

std::string counts_fact(const policy::GroupWindowsStats& stats) {
  std::string text = std::to_string(stats.groups) + " groups in rules that count";
  const std::uint64_t full = stats.groups_full + stats.entries_full;
  return full == 0 ? text : text + "; FULL: " + std::to_string(full) + " transfers found no room";
}

std::string or_none(const std::string& name) {
  return name.empty() ? "none" : name;
}

}  // namespace

void add_all_sources(Metrics& metrics, const MetricStages& stages) {
  std::size_t number = 0;
  for (const Shard& shard : stages.shards.all()) ShardSources(metrics, shard, number++).add();
  add_workers(metrics, stages.workers.stats());
  add_policy(metrics, stages.policy.stats());
  add_counts(metrics, stages.policy);
  add_quotas(metrics, stages.policy);
  add_breakers(metrics, stages.policy);
  add_canaries(metrics, stages.canaries);
  add_events(metrics, stages.events);
  if (stages.ledger != nullptr) add_ledger(metrics, *stages.ledger, stages.events.stats());
  metrics.add_gauge(
      "sallyport_build_info",
      {{"version", SALLYPORT_VERSION}, {"front_end", std::string(stages.shards.capabilities().front_end)}},
      [] { return 1.0; });
  metrics.add_gauge("sallyport_start_time_seconds", {}, [started = stages.started] {
    return std::chrono::duration<double>(started.time_since_epoch()).count();
  });
  for (const char* const detector : {"yunet", "cascade"}) {
    metrics.add_gauge("sallyport_face_detector_info", {{"detector", detector}}, [&workers = stages.workers, detector] {
      const auto hello = workers.hello();
      const bool yunet = hello && hello->face_detector.rfind("yunet", 0) == 0;
      return hello && yunet == (std::string_view(detector) == "yunet") ? 1.0 : 0.0;
    });
  }
}

std::vector<std::pair<std::string, std::string>> status_facts(const MetricStages& stages) {
  const WorkerPool& workers = stages.workers;
  const EventWriterStats& events = stages.events.stats();
  std::vector<std::pair<std::string, std::string>> facts;
  const auto hello = workers.hello();
  facts.emplace_back("workers", std::to_string(workers.stats().up.value()) + " up, " +
                                    std::to_string(workers.stats().starts.value()) + " started");
  if (hello) {
    facts.emplace_back("faces", or_none(hello->face_detector));
    facts.emplace_back("plates", or_none(hello->plate_detector));
    std::string layers;
    for (const std::string& layer : hello->sandbox) layers += (layers.empty() ? "" : " ") + layer;
    facts.emplace_back("sandbox", layers);
  }
  if (const std::string error = workers.last_error(); !error.empty()) facts.emplace_back("worker", error);
  std::uint64_t packets = 0, lost = 0, truncated = 0, open = 0;
  for (const Shard& shard : stages.shards.all()) {
    packets += shard.front_end->stats().packets.value();
    lost += shard.front_end->stats().kernel_dropped.value();
    truncated += shard.front_end->stats().truncated.value();
    open += shard.pipeline->extraction().reassembler().stats().flows_active.value();
  }
  facts.emplace_back("packets", std::to_string(packets) + " seen, " + std::to_string(lost) +
                                    " lost before they were read, " + std::to_string(truncated) + " cut short");
  facts.emplace_back("flows", std::to_string(open) + " open");
  facts.emplace_back("events", std::to_string(events.published.value()) + " accepted, " +
                                   std::to_string(events.dropped_queue_full.value()) + " dropped");
  if (const auto active = stages.policy.current(); active->memory->counts())
    facts.emplace_back("counts", counts_fact(active->memory->stats()));
  for (const policy::DemotedRule& demoted : stages.policy.current()->memory->demoted()) {
    facts.emplace_back("DEMOTED", demoted.rule + " only alerts since " + policy::moment_text(demoted.since) +
                                      ": breaker " + policy::to_text(demoted.limit) + "; sallyport rearm " +
                                      demoted.rule);
  }
  if (stages.ledger != nullptr) facts.emplace_back("ledger", ledger_fact(*stages.ledger, events));
  return facts;
}

}  // namespace sallyport
