#include "daemon/app/config_schema.h"

#include <array>

namespace sallyport {
namespace {

using std::string_view;

constexpr std::uint64_t kPathBytesMax = 4095;
constexpr std::uint64_t kSocketPathBytesMax = 107;
constexpr std::uint64_t kMinute = 60'000;
constexpr std::uint64_t kHour = 60 * kMinute;
constexpr std::uint64_t kDay = 24 * kHour;
constexpr std::uint64_t kMiB = 1ULL << 20;
constexpr std::uint64_t kTiB = 1ULL << 40;

constexpr std::array<string_view, 4> kFrontEnds{"tap", "nfqueue", "tproxy", "pcap"};
constexpr std::array<string_view, 5> kLogLevels{"error", "warning", "notice", "info", "debug"};
constexpr std::array<string_view, 3> kSinks{"file", "stdout", "journald"};

constexpr ConfigSection kSections[] = {
    {"", "The file itself."},
    {"front_end", "Where packets come from, and what can be done to them."},
    {"front_end.tap", "Copies of packets from an interface: tells, and may reset; withholds nothing."},
    {"front_end.nfqueue", "Packets that wait in netfilter queues for a verdict."},
    {"front_end.tproxy", "Connections that are relayed: not one byte of an object leaves before its verdict."},
    {"front_end.pcap", "A capture file, read once."},
    {"workers", "The sandboxed processes that look at images."},
    {"limits", "Ceilings of memory and time, each for one shard."},
    {"events",
     "What becomes of events; `sinks` lists at most 8 of `{kind: file, path: ...}`, `{kind: stdout}`, "
     "`{kind: journald}`."},
    {"ledger",
     "The database of all transfers that a rule asked for, for `sallyport ledger` and `sallyport policy replay`."},
    {"metrics", "Prometheus."},
    {"control", "The socket of the sallyport command."},
};

constexpr ConfigChoice kChoices[] = {
    {"front_end", "kind", kFrontEnds,
     [](Config& c, std::size_t word) { c.front_end.kind = static_cast<FrontEndKind>(word); },
     [](const Config& c) { return static_cast<std::size_t>(c.front_end.kind); }, "Which front end runs."},
    {"", "log_level", kLogLevels,
     [](Config& c, std::size_t word) {
       c.log_level = static_cast<LogLevel>(static_cast<int>(LogLevel::kError) + static_cast<int>(word));
     },
     [](const Config& c) { return static_cast<std::size_t>(c.log_level) - static_cast<std::size_t>(LogLevel::kError); },
     "What is written to the log."},
};

template <class T>
using Member = T* (*)(Config&);
constexpr Member<std::string> text(Member<std::string> target) {
  return target;
}

const ConfigKey kKeys[] = {
    {"", "sensor", ValueKind::kText, text([](Config& c) { return &c.sensor; }), 0, 255,
     "Name of this gateway in events; empty: the host's name."},
    {"", "policy", ValueKind::kPath, text([](Config& c) { return &c.policy; }), 1, kPathBytesMax,
     "The policy file, or a folder of files that are one policy."},
    {"", "user", ValueKind::kText, text([](Config& c) { return &c.user; }), 1, 32,
     "Whom to become when started as root; never root itself."},

    {"front_end.tap", "interface", ValueKind::kText, text([](Config& c) { return &c.front_end.tap.interface; }), 1, 15,
     "Interface to listen on."},
    {"front_end.tap", "filter", ValueKind::kText, text([](Config& c) { return &c.front_end.tap.filter; }), 0, 4096,
     "pcap-filter(7) expression; what it leaves out is never seen ('tcp': QUIC and most tunnels). Empty: everything."},
    {"front_end.tap", "ring_bytes", ValueKind::kSize, SizeTarget([](Config& c) { return &c.front_end.tap.ring_bytes; }),
     kMiB, 1ULL << 31, "Capture ring of each thread: what a pause of the thread may cost no packet."},
    {"front_end.tap", "threads", ValueKind::kInteger, SizeTarget([](Config& c) { return &c.front_end.tap.threads; }), 1,
     64, "Shards; the kernel gives both directions of a flow to one of them."},
    {"front_end.tap", "fanout_group", ValueKind::kInteger,
     SizeTarget([](Config& c) { return &c.front_end.tap.fanout_group; }), 0, 65535,
     "Packet fan-out group; must differ between daemons on one host."},
    {"front_end.tap", "promiscuous", ValueKind::kFlag,
     FlagTarget([](Config& c) { return &c.front_end.tap.promiscuous; }), 0, 1,
     "Also take packets that are not addressed to this host."},
    {"front_end.tap", "resets", ValueKind::kFlag, FlagTarget([](Config& c) { return &c.front_end.tap.resets; }), 0, 1,
     "A block verdict sends TCP resets, best effort; without, this front end only tells."},

    {"front_end.nfqueue", "first_queue", ValueKind::kInteger,
     SizeTarget([](Config& c) { return &c.front_end.nfqueue.first_queue; }), 0, 65535,
     "Number of the first queue, as in the nftables or iptables rule."},
    {"front_end.nfqueue", "queues", ValueKind::kInteger,
     SizeTarget([](Config& c) { return &c.front_end.nfqueue.queues; }), 1, 64, "Queues, one shard each."},
    {"front_end.nfqueue", "fail_open", ValueKind::kFlag,
     FlagTarget([](Config& c) { return &c.front_end.nfqueue.fail_open; }), 0, 1,
     "A full queue lets packets pass unseen; without, it drops them."},
    {"front_end.nfqueue", "gso", ValueKind::kFlag, FlagTarget([](Config& c) { return &c.front_end.nfqueue.gso; }), 0, 1,
     "Take super-packets whole: several times the throughput."},
    {"front_end.nfqueue", "queue_packets_max", ValueKind::kInteger,
     SizeTarget([](Config& c) { return &c.front_end.nfqueue.queue_packets_max; }), 64, 1ULL << 20,
     "Packets that may wait for a verdict in one queue, held ones included."},
    {"front_end.nfqueue", "receive_buffer_bytes", ValueKind::kSize,
     SizeTarget([](Config& c) { return &c.front_end.nfqueue.receive_buffer_bytes; }), 65536, 1ULL << 30,
     "Socket buffer of each queue."},
    {"front_end.nfqueue", "bypass_mark", ValueKind::kMark,
     SizeTarget([](Config& c) { return &c.front_end.nfqueue.bypass_mark; }), 0, 0xFFFFFFFF,
     "Mark for flows that no rule can match, so that a rule of yours passes them by; 0 sets none."},
    {"front_end.nfqueue", "resets", ValueKind::kFlag, FlagTarget([](Config& c) { return &c.front_end.nfqueue.resets; }),
     0, 1, "A block verdict also resets both ends, so that they do not retransmit."},

    {"front_end.tproxy", "port", ValueKind::kInteger, SizeTarget([](Config& c) { return &c.front_end.tproxy.port; }), 1,
     65535, "Where the kernel's TPROXY rule delivers, IPv4 and IPv6."},
    {"front_end.tproxy", "threads", ValueKind::kInteger,
     SizeTarget([](Config& c) { return &c.front_end.tproxy.threads; }), 1, 64,
     "Shards; the kernel spreads connections over them."},
    {"front_end.tproxy", "held_connection_bytes_max", ValueKind::kSize,
     SizeTarget([](Config& c) { return &c.front_end.tproxy.held_connection_bytes_max; }), 65536, 1ULL << 36,
     "Bytes withheld of one direction of one connection; above it what is there is judged, else `over_budget`."},
    {"front_end.tproxy", "held_bytes_max", ValueKind::kSize,
     SizeTarget([](Config& c) { return &c.front_end.tproxy.held_bytes_max; }), kMiB, kTiB,
     "Bytes withheld of all connections of a shard; above it those that need more are judged as they stand."},
    {"front_end.tproxy", "connections_max", ValueKind::kInteger,
     SizeTarget([](Config& c) { return &c.front_end.tproxy.connections_max; }), 1, 1ULL << 20,
     "Connections relayed at once by a shard; more are reset."},
    {"front_end.tproxy", "hold_time_max", ValueKind::kDuration,
     DurationTarget([](Config& c) { return &c.front_end.tproxy.hold_time_max; }), 1000, kDay,
     "How long an object may be on its way while it is withheld; then it is `deadline`."},
    {"front_end.tproxy", "silence", ValueKind::kDuration,
     DurationTarget([](Config& c) { return &c.front_end.tproxy.silence; }), 1, kMinute,
     "How long a sender of a file over SMB must be silent before what it sent so far is judged as a prefix."},
    {"front_end.tproxy", "contact", ValueKind::kText, text([](Config& c) { return &c.front_end.tproxy.contact; }), 0,
     255, "Whom the page names that a blocked client gets; empty: nobody."},

    {"front_end.pcap", "file", ValueKind::kPath, text([](Config& c) { return &c.front_end.pcap_file; }), 0,
     kPathBytesMax, "The capture file."},

    {"workers", "count", ValueKind::kInteger, SizeTarget([](Config& c) { return &c.workers.count; }), 0, 256,
     "Worker processes; 0: one for each processor."},
    {"workers", "memory_bytes_max", ValueKind::kSize, SizeTarget([](Config& c) { return &c.workers.memory_bytes_max; }),
     128 * kMiB, 1ULL << 36, "Memory of one worker; more than that kills it, and costs one verdict."},
    {"workers", "queue_max", ValueKind::kInteger, SizeTarget([](Config& c) { return &c.workers.queue_max; }), 1, 65536,
     "Images that may wait for a worker; more are `worker_unavailable`."},
    {"workers", "cache_entries_max", ValueKind::kInteger,
     SizeTarget([](Config& c) { return &c.workers.cache_entries_max; }), 0, 1ULL << 24,
     "Images whose findings are remembered by digest."},
    {"workers", "program", ValueKind::kPath, text([](Config& c) { return &c.workers.program; }), 0, kPathBytesMax,
     "The sallyport-worker program; empty: beside sallyportd, else where it is installed."},
    {"workers", "model_dir", ValueKind::kPath, text([](Config& c) { return &c.workers.model_dir; }), 1, kPathBytesMax,
     "Where the detector models are."},
    {"workers", "cascade_dir", ValueKind::kPath, text([](Config& c) { return &c.workers.cascade_dir; }), 1,
     kPathBytesMax, "Where OpenCV's cascades are."},

    {"limits", "flows_max", ValueKind::kInteger, SizeTarget([](Config& c) { return &c.limits.flows_max; }), 16,
     1ULL << 20, "Connections followed at once; above it the longest idle one is given up."},
    {"limits", "reassembly_bytes_max", ValueKind::kSize,
     SizeTarget([](Config& c) { return &c.limits.reassembly_bytes_max; }), kMiB, kTiB,
     "Bytes that wait for an earlier segment."},
    {"limits", "flow_idle_timeout", ValueKind::kDuration,
     DurationTarget([](Config& c) { return &c.limits.flow_idle_timeout; }), 1000, kDay,
     "A connection silent for so long is forgotten."},
    {"limits", "parser_bytes_max", ValueKind::kSize, SizeTarget([](Config& c) { return &c.limits.parser_bytes_max; }),
     kMiB, kTiB,
     "Bytes that protocol parsers hold (heads, decoders, open files); above it what hoards them is `over_budget`."},
    {"limits", "transfers_max", ValueKind::kInteger, SizeTarget([](Config& c) { return &c.limits.transfers_max; }), 16,
     1ULL << 24, "Objects on their way at once."},
    {"limits", "object_bytes_max", ValueKind::kSize, SizeTarget([](Config& c) { return &c.limits.object_bytes_max; }),
     4096, 1ULL << 36, "Bytes of one object that are kept for a verdict; a larger one is `too_large`."},
    {"limits", "kept_bytes_max", ValueKind::kSize, SizeTarget([](Config& c) { return &c.limits.kept_bytes_max; }), kMiB,
     kTiB, "Bytes of all objects kept; above it the longest idle object is `over_budget`."},
    {"limits", "transfer_idle_timeout", ValueKind::kDuration,
     DurationTarget([](Config& c) { return &c.limits.transfer_idle_timeout; }), 1000, kDay,
     "An object of which nothing came for so long ends."},

    {"events", "queue_events_max", ValueKind::kInteger,
     SizeTarget([](Config& c) { return &c.events.queue_events_max; }), 1, 1ULL << 24,
     "Events that may wait to be written; more are dropped and counted."},
    {"events", "queue_bytes_max", ValueKind::kSize, SizeTarget([](Config& c) { return &c.events.queue_bytes_max; }),
     65536, 1ULL << 36, "Memory that waiting events may take."},
    {"events", "flush_timeout", ValueKind::kDuration, DurationTarget([](Config& c) { return &c.events.flush_timeout; }),
     0, 10 * kMinute, "How long the end of the daemon waits for slow sinks."},

    {"ledger", "path", ValueKind::kPath, text([](Config& c) { return &c.ledger.path; }), 0, kPathBytesMax,
     "The SQLite file, in a folder that the daemon's user may write; empty: no ledger."},
    {"ledger", "age_max", ValueKind::kDuration, DurationTarget([](Config& c) { return &c.ledger.age_max; }), kHour,
     3650 * kDay, "Transfers are forgotten so long after their verdict."},
    {"ledger", "size_max", ValueKind::kSize, SizeTarget([](Config& c) { return &c.ledger.size_max; }), kMiB, kTiB,
     "Size of the file; above it the oldest transfers are forgotten."},

    {"metrics", "listen", ValueKind::kListen, text([](Config& c) { return &c.metrics_listen; }), 0, 255,
     "Where /metrics is served, or `off`."},

    {"control", "path", ValueKind::kText, text([](Config& c) { return &c.control.path; }), 1, kSocketPathBytesMax,
     "The Unix socket."},
    {"control", "group", ValueKind::kText, text([](Config& c) { return &c.control.group; }), 0, 32,
     "Who may use it beside the daemon's user; empty: the daemon's own group."},
};

}  // namespace

std::span<const ConfigKey> config_keys() {
  return kKeys;
}
std::span<const ConfigChoice> config_choices() {
  return kChoices;
}
std::span<const std::string_view> sink_words() {
  return kSinks;
}
std::span<const ConfigSection> config_sections() {
  return kSections;
}

}  // namespace sallyport
