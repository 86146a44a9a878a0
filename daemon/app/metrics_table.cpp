#include "daemon/app/metrics_table.h"

namespace sallyport {
namespace {

constexpr MetricType kCounter = MetricType::kCounter;
constexpr MetricType kGauge = MetricType::kGauge;
constexpr MetricType kHistogram = MetricType::kHistogram;

constexpr MetricDefinition kMetrics[] = {
    // --- the process
    {"sallyport_build_info", kGauge, "version front_end", "Always 1; says what runs."},
    {"sallyport_start_time_seconds", kGauge, "", "When the daemon started, in seconds since 1970."},
    {"sallyport_shard_loops_total", kCounter, "shard", "Rounds of each shard's loop; one that stands still is stuck."},
    // --- packets
    {"sallyport_packets_total", kCounter, "shard",
     "Packets handed in by the front end; of tproxy, pieces of streams as they were read."},
    {"sallyport_packet_bytes_total", kCounter, "shard", "Bytes of those packets."},
    {"sallyport_packets_lost_total", kCounter, "shard reason",
     "Packets that the kernel dropped before they were read: gaps of our own making."},
    {"sallyport_packets_truncated_total", kCounter, "shard",
     "Packets that came without their end: what lay there is told as missing."},
    {"sallyport_packets_malformed_total", kCounter, "reason", "Packets whose headers contradict each other."},
    {"sallyport_tunnel_packets_total", kCounter, "tunnel",
     "Packets found inside tunnels and inspected like any other."},
    {"sallyport_uninspected_packets_total", kCounter, "traffic",
     "Packets that no parser looks into: no TCP, or encrypted, or inside too many tunnels."},
    {"sallyport_uninspected_bytes_total", kCounter, "traffic", "Bytes of those packets, without the IP header."},
    {"sallyport_packets_held", kGauge, "shard", "Packets withheld until a verdict."},
    {"sallyport_packets_dropped_total", kCounter, "shard",
     "Packets discarded by a block verdict, or because they contradict earlier ones."},
    {"sallyport_packets_contradicting_total", kCounter, "part",
     "Packets discarded because they say other bytes than earlier ones, by what they are part of: stream, datagram."},
    {"sallyport_packets_low_hops_total", kCounter, "shard",
     "TCP packets with data that had too few hops left to arrive, and far fewer than earlier ones of their sender."},
    // --- relayed connections
    {"sallyport_relay_connections_total", kCounter, "shard", "Connections that the kernel handed to the relay."},
    {"sallyport_relay_connections_open", kGauge, "shard", "Of those, connections that are open."},
    {"sallyport_relay_connections_refused_total", kCounter, "shard",
     "Connections reset because front_end.tproxy.connections_max were open, or because they were meant for the relay "
     "itself."},
    {"sallyport_relay_connect_failures_total", kCounter, "shard", "Connections whose server could not be reached."},
    {"sallyport_relay_bypassed_total", kCounter, "shard", "Connections relayed without being read."},
    {"sallyport_relay_held_bytes", kGauge, "shard", "Bytes withheld until a verdict."},
    {"sallyport_relay_hold_overflows_total", kCounter, "shard",
     "Times that there was no room for what is withheld, so that it was judged as it stood."},
    {"sallyport_relay_answers_total", kCounter, "shard", "Clients that were told why their transfer was blocked."},
    {"sallyport_relay_resets_total", kCounter, "shard", "Connections that the relay ended with a reset."},
    // --- flows
    {"sallyport_flows_open", kGauge, "shard", "TCP connections being followed."},
    {"sallyport_flows_total", kCounter, "shard", "TCP connections followed since the start."},
    {"sallyport_flows_separated_total", kCounter, "shard",
     "Connections of endpoints that another tenant (VLAN, tunnel) uses too."},
    {"sallyport_flows_evicted_total", kCounter, "shard",
     "Connections given up because a table or the byte budget was full."},
    {"sallyport_flows_midstream_total", kCounter, "shard", "Connections picked up behind their handshake."},
    {"sallyport_flows_resumed_total", kCounter, "shard",
     "Connections that went on after they had ended, picked up again without what was known of them."},
    {"sallyport_ends_disowned_total", kCounter, "shard", "RST and FIN that somebody forged: the connection went on."},
    {"sallyport_packets_after_close_total", kCounter, "shard", "Packets of connections that had ended."},
    {"sallyport_bytes_after_fin_total", kCounter, "shard",
     "Bytes behind a FIN that their receiver had taken: no receiver gets them."},
    {"sallyport_flows_bypassed_total", kCounter, "shard", "Connections that no rule could match: left to the kernel."},
    {"sallyport_stream_gap_bytes_total", kCounter, "shard", "Bytes of connections that were never seen."},
    {"sallyport_reassembly_buffered_bytes", kGauge, "shard", "Bytes that wait for an earlier segment."},
    // --- transfers
    {"sallyport_transfers_total", kCounter, "protocol", "Objects whose transfer ended."},
    {"sallyport_transfer_bytes_total", kCounter, "protocol", "Distinct bytes of objects seen."},
    {"sallyport_second_readings_total", kCounter, "shard",
     "Objects made of the other content of bytes that came twice."},
    {"sallyport_transfers_open", kGauge, "shard", "Objects on their way now."},
    {"sallyport_parser_bytes", kGauge, "shard", "Bytes that protocol parsers hold."},
    {"sallyport_parsers_given_up_total", kCounter, "shard", "Parsers given up because of limits.parser_bytes_max."},
    {"sallyport_transfer_buffered_bytes", kGauge, "shard", "Bytes of objects kept until their verdict."},
    {"sallyport_not_inspected_total", kCounter, "reason",
     "Objects that were not, or not wholly, inspected, by reason."},
    {"sallyport_evasions_total", kCounter, "sign", "Signs that somebody tries to be misunderstood."},
    // --- protocols
    {"sallyport_parser_unparsed_bytes_total", kCounter, "protocol",
     "Bytes passed over while no message or frame could be told from them: loss, or a start that was missed."},
    {"sallyport_parser_framing_losses_total", kCounter, "protocol",
     "Directions or bodies whose framing could not be followed any further."},
    {"sallyport_parser_limits_total", kCounter, "limit", "Times that a limit of a parser was reached, by limit."},
    // --- inspection
    {"sallyport_inspection_seconds", kHistogram, "", "From the last byte of an object to its verdict."},
    {"sallyport_classifications_total", kCounter, "outcome",
     "Images to classify, by what came back; crash_known: none was asked, for it had killed two workers."},
    {"sallyport_classification_queue", kGauge, "", "Images that wait for a worker."},
    {"sallyport_workers_up", kGauge, "", "Workers that are ready or busy."},
    {"sallyport_worker_starts_total", kCounter, "", "Workers started, the first ones included."},
    {"sallyport_face_detector_info", kGauge, "detector",
     "1 for the face detector in use: yunet, or cascade where no model is installed."},
    {"sallyport_worker_restarts_total", kCounter, "reason", "Workers that ended and were started anew."},
    {"sallyport_result_cache_hits_total", kCounter, "", "Images whose findings were known from an equal digest."},
    {"sallyport_verdicts_total", kCounter, "action", "Verdicts of the policy."},
    {"sallyport_dispositions_total", kCounter, "disposition", "What was really done after a verdict."},
    {"sallyport_bytes_delivered_before_block_total", kCounter, "",
     "Bytes of objects under a block verdict that had left before it."},
    {"sallyport_resets_total", kCounter, "result", "RST segments sent or refused by the kernel."},
    // --- policy
    {"sallyport_policy_reloads_total", kCounter, "",
     "Policies that came into force since the start, the first one included."},
    {"sallyport_policy_reload_failures_total", kCounter, "", "Loads that failed: the old policy stayed in force."},
    {"sallyport_policy_last_reload_successful", kGauge, "", "1 when the last load succeeded, 0 when it did not."},
    {"sallyport_policy_loaded_timestamp_seconds", kGauge, "",
     "When the policy in force was loaded, in seconds since 1970."},
    // --- events
    {"sallyport_events_total", kCounter, "", "Events accepted for writing."},
    {"sallyport_events_dropped_total", kCounter, "reason",
     "Events lost before any sink: queue_full, stopped or shutdown."},
    {"sallyport_events_queued", kGauge, "", "Events that wait to be written."},
    {"sallyport_events_queued_bytes", kGauge, "", "Estimated memory of the events that wait."},
    {"sallyport_event_sink_written_total", kCounter, "sink", "Events that a sink wrote."},
    {"sallyport_event_sink_failed_total", kCounter, "sink", "Events that a sink lost: disk full, journal gone."},
    // --- rules that count
    {"sallyport_count_groups", kGauge, "", "Groups (senders, networks, ...) that rules which count follow now."},
    {"sallyport_count_entries", kGauge, "", "Times and pictures that they keep in all groups together."},
    {"sallyport_count_limits_total", kCounter, "limit",
     "Transfers that a rule could not keep for want of room, by what was full: groups, entries. Answers that depend on "
     "them are on_overload."},
    // --- breakers
    {"sallyport_rule_demoted", kGauge, "rule",
     "1 while the breaker of the rule has tripped and it only alerts, 0 while it blocks. Rules with a breaker alone."},
    {"sallyport_breaker_trips_total", kCounter, "", "Times that a breaker has demoted a rule."},
    // --- canaries
    {"sallyport_canary_sightings_total", kCounter, "set", "Transfers in which an image of the canary set was seen."},
    {"sallyport_canary_last_seen_timestamp_seconds", kGauge, "set",
     "When that was last, in seconds since 1970; 0: not since the start."},
    // --- contracts
    {"sallyport_contract_quota_used_ratio", kGauge, "contract",
     "Part of its quota that the contract has permitted, 0 to 1, at the last transfer. Contracts with a quota alone."},
    // --- ledger
    {"sallyport_ledger_rows_total", kCounter, "", "Transfers written into the ledger."},
    {"sallyport_ledger_rows_lost_total", kCounter, "reason",
     "Transfers that the ledger lacks: not_written (disk full, read-only), or queue (full, or the daemon stopped)."},
    {"sallyport_ledger_rows_pruned_total", kCounter, "", "Transfers that the ledger forgot for their age or its size."},
    {"sallyport_ledger_damaged_files_total", kCounter, "", "Ledgers found damaged, moved aside and begun anew."},
    {"sallyport_ledger_writable", kGauge, "", "1 while the ledger can be written, 0 while its rows are lost."},
    {"sallyport_ledger_bytes", kGauge, "", "Size of the ledger's file, without its -wal."},
    {"sallyport_ledger_first_row_timestamp_seconds", kGauge, "",
     "Verdict of the oldest transfer in the ledger, in seconds since 1970; 0 while it is empty."},
};

std::string_view type_word(MetricType type) {
  static constexpr std::string_view kWords[] = {"counter", "gauge", "histogram"};
  return kWords[static_cast<std::size_t>(type)];
}

}  // namespace

std::span<const MetricDefinition> metric_table() {
  return kMetrics;
}

const MetricDefinition* find_metric(std::string_view name) {
  for (const MetricDefinition& metric : kMetrics) {
    if (metric.name == name) return &metric;
  }
  return nullptr;
}

std::string metrics_document() {
  std::string text =
      "# Metrics\n\nServed as Prometheus text at `http://<metrics.listen>/metrics`. Made from "
      "`daemon/app/metrics_table.cpp` by\n"
      "`sallyport-metrics-doc`; do not edit. Counters are summed over shards at scrape unless a `shard` label says "
      "otherwise.\n\n"
      "| metric | type | labels | meaning |\n|---|---|---|---|\n";
  for (const MetricDefinition& metric : kMetrics) {
    text += "| `" + std::string(metric.name) + "` | " + std::string(type_word(metric.type)) + " | " +
            std::string(metric.labels) + " | " + std::string(metric.help) + " |\n";
  }
  return text;
}

}  // namespace sallyport
