// sallyport.yaml as values: what an operator may set. Stages have config structs of their own; start-up maps these onto
// them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/app/control_server.h"
#include "daemon/base/log.h"
#include "daemon/events/event_writer.h"
#include "policy/diagnostic.h"

namespace sallyport {

enum class FrontEndKind : std::uint8_t { kTap, kNfqueue, kTproxy, kPcap };
enum class SinkKind : std::uint8_t { kFile, kStdout, kJournald };

struct TapSettings {
  std::string interface = "eth0";
  std::string filter;                       ///< pcap-filter(7); empty: everything
  std::uint64_t ring_bytes = 256ULL << 20;  ///< of each thread's capture ring
  std::uint64_t threads = 1;                ///< shards; the kernel spreads flows over them
  std::uint64_t fanout_group = 0x5A11;      ///< PACKET_FANOUT id; distinct for each daemon of the host
  bool promiscuous = true;
  bool resets = false;  ///< a block verdict sends TCP resets; without, tap only tells
};

struct NfqueueSettings {
  std::uint64_t first_queue = 0;
  std::uint64_t queues = 1;  ///< shards; `--queue-balance first:last`
  bool fail_open = false;    ///< a full queue lets packets pass
  bool gso = true;           ///< take super-packets whole
  std::uint64_t queue_packets_max = 16384;
  std::uint64_t receive_buffer_bytes = 32ULL << 20;
  std::uint64_t bypass_mark = 0;  ///< connection mark of flows that need no look; 0: none is set
  bool resets = true;             ///< a block verdict also resets both sides
};

struct TproxySettings {
  std::uint64_t port = 15001;
  std::uint64_t threads = 1;  ///< shards, which share the port
  std::uint64_t held_connection_bytes_max = 96ULL << 20;
  std::uint64_t held_bytes_max = 1ULL << 30;
  std::uint64_t connections_max = 32768;
  std::chrono::milliseconds hold_time_max = std::chrono::minutes(10);
  std::chrono::milliseconds silence{250};
  std::string contact;  ///< on the page that says why a transfer was blocked
};

struct FrontEndSettings {
  FrontEndKind kind = FrontEndKind::kTap;
  TapSettings tap;
  NfqueueSettings nfqueue;
  TproxySettings tproxy;
  std::string pcap_file;
};

struct WorkerSettings {
  std::string program;                          ///< of the worker; empty: beside the daemon, else where it is installed
  std::uint64_t count = 0;                      ///< 0: one for each processor
  std::uint64_t memory_bytes_max = 1ULL << 30;  ///< address space of one worker
  std::uint64_t queue_max = 256;                ///< images that wait
  std::uint64_t cache_entries_max = 65536;
  std::string model_dir = "/var/lib/sallyport/models";
  std::string cascade_dir = "/usr/share/opencv4/haarcascades";
};

/// Each for one shard.
struct LimitSettings {
  std::uint64_t flows_max = 1ULL << 18;
  std::uint64_t reassembly_bytes_max = 512ULL << 20;
  std::chrono::milliseconds flow_idle_timeout = std::chrono::minutes(10);
  std::uint64_t parser_bytes_max = 256ULL << 20;
  std::uint64_t transfers_max = 65536;
  std::uint64_t object_bytes_max = 64ULL << 20;
  std::uint64_t kept_bytes_max = 1ULL << 30;
  std::chrono::milliseconds transfer_idle_timeout = std::chrono::hours(1);
};

struct SinkSettings {
  SinkKind kind = SinkKind::kFile;
  std::string path;  ///< of a file
};

struct EventSettings {
  std::vector<SinkSettings> sinks;
  std::uint64_t queue_events_max = 16384;
  std::uint64_t queue_bytes_max = 64ULL << 20;
  std::chrono::milliseconds flush_timeout = std::chrono::seconds(5);
};

struct LedgerSettings {
  std::string path;  ///< empty: no ledger
  std::chrono::milliseconds age_max = std::chrono::hours(24 * 400);
  std::uint64_t size_max = 4ULL << 30;
};

struct Config {
  std::string sensor;                  ///< empty: the host's name
  std::string policy = "policy.yaml";  ///< resolved: absolute, or relative to the working directory
  std::string user = "sallyport";
  LogLevel log_level = LogLevel::kInfo;
  FrontEndSettings front_end;
  WorkerSettings workers;
  LimitSettings limits;
  EventSettings events;
  LedgerSettings ledger;
  std::string metrics_listen = "127.0.0.1:9464";  ///< empty: no metrics
  ControlServerConfig control;
};

struct ConfigLoad {
  std::optional<Config> config;  ///< nothing when any diagnostic is an error
  std::vector<policy::Diagnostic> diagnostics;
};

/// Reads strictly and reports every fault; paths in the file are relative to the file. Fails only where the file cannot
/// be read.
Result<ConfigLoad> load_config_file(const std::string& path);
/// The same for text; `name` appears in diagnostics, `folder` resolves relative paths.
ConfigLoad load_config_text(std::string text, const std::string& name, const std::string& folder);

/// docs/config-reference.md, from the table that reads the file.
std::string config_document();

}  // namespace sallyport
