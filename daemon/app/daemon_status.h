// What the running daemon says of itself, between policy_reload, control_server and the sallyport command.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/sha256.h"
#include "daemon/base/time.h"

namespace sallyport {

struct PolicyStatus {
  std::string name;
  std::string digest;  ///< SHA-256, hexadecimal; empty while no policy is in force
  Timestamp since;     ///< when it came into force
  std::uint32_t rules = 0;
  std::string last_error;  ///< one line; empty when the last load succeeded
  std::uint64_t reload_failures = 0;
  std::string replaced;  ///< digest of the policy that was in force before; empty: this is the first
};

struct DaemonStatus {
  std::string version;
  std::string sensor;
  std::string front_end;
  Timestamp started;
  std::uint32_t pid = 0;
  PolicyStatus policy;
  std::vector<std::pair<std::string, std::string>> facts;  ///< in the order in which to show them
};

struct ReloadOutcome {
  bool loaded = false;                   ///< false: what was in force stays in force
  std::vector<std::string> diagnostics;  ///< rendered, warnings too
  PolicyStatus policy;                   ///< in force now
};

/// What `sallyport selftest` wants to know.
struct CanaryQuestion {
  std::string nonce;
  std::optional<Sha256Digest> sha256;  ///< of what it sends
};

struct CanaryReport {
  std::vector<std::string> sets;           ///< canary sets of the policy in force
  std::vector<std::string> registered_in;  ///< those that hold the very file
  std::uint64_t packets = 0;               ///< read by the front end since the start
  bool passed = false;                     ///< its transfer came to a verdict
  std::string rule;                        ///< by which it was seen; empty: it was not
  std::string severity;
  std::string action;
  std::string event;
  std::string content;
  std::string not_inspected;
  Timestamp told{};
};

}  // namespace sallyport
