// What the running daemon says of itself, between policy_reload, control_server and the sallyport command.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

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

}  // namespace sallyport
