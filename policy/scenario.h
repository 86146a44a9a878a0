// A transfer that nobody sent: what a test of the policy, or `policy explain`, asks about.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "daemon/contract/finding.h"
#include "daemon/contract/transfer.h"
#include "policy/section_reader.h"

namespace sallyport::policy {

/// As written. Who and when are settled when it is played: networks may stand further down in the file.
struct ScenarioDocument {
  Place place;
  Located<std::string> from;  ///< an address, or the name of a network
  Located<std::string> to;
  std::optional<Located<std::string>> near_set;
  std::vector<Located<std::string>> cameras;  ///< that its image is from
  Transfer transfer;
  Findings findings;
  std::optional<Timestamp> at;  ///< absent: `after` the one before
  std::chrono::milliseconds after{0};
};

/// A scenario that has happened.
struct PlayedTransfer {
  Transfer transfer;
  Findings findings;
  bool is_recorded = false;  ///< under some policy: what nobody looked for then may have been there
};

struct Moment {
  Timestamp time;
  std::uint64_t serial = 0;  ///< of the object: another number is another object
};

/// From the first transfer of a test to its last: no clock of ours goes beyond 2262.
inline constexpr std::chrono::milliseconds kTestSpanMax = std::chrono::hours(24 * 365 * 20);

/// When a test begins that does not say when: 2026-01-01T00:00:00Z.
Timestamp default_start();

/// Reports what is wrong with it, but for names that only the whole policy knows.
ScenarioDocument parse_scenario(const YamlNode& node, ReadContext& context);

/// What is known at its end. `from` and `to`: the addresses that the scenario's words stand for.
PlayedTransfer play(const ScenarioDocument& scenario, const IpAddress& from, const IpAddress& to, const Moment& moment);

}  // namespace sallyport::policy
