// The evidence about shadow rules, for people and for programs.
#pragma once

#include <cstdint>
#include <string>

#include "daemon/cli/shadow_evidence.h"

namespace sallyport::cli {

/// `policy`: "agency.yaml (sha256 1234abcd)"; `damaged`: rows that could not be understood.
std::string shadow_text(const EvidenceCollector& evidence, const std::string& policy, std::uint64_t damaged);
/// One object on several lines.
std::string shadow_json(const EvidenceCollector& evidence, const std::string& policy, std::uint64_t damaged);

}  // namespace sallyport::cli
