// How much of a flow or a transfer the rules still want to know: demand drives the cost of every stage before.
#pragma once

#include <cstdint>
#include <vector>

#include "policy/compiled_policy.h"

namespace sallyport::policy {

/// `memory` tells whose breaker has tripped; null: nobody's.
Demand demand(const CompiledPolicy& policy, const Transfer& transfer, const Memory* memory = nullptr);

/// What a condition can take at most, with nothing known.
Interest most_interest(const Condition& condition);
/// The most that a transfer in either direction between the groups can take, from addresses alone.
Interest flow_interest(const CompiledPolicy& policy, std::uint32_t client_group, std::uint32_t server_group);
/// The same, from the table where there is one.
Interest known_flow_interest(const CompiledPolicy& policy, std::uint32_t client_group, std::uint32_t server_group);
/// Whether a rule that blocks can match a transfer in either direction between the groups, from addresses alone.
bool may_block_flow(const CompiledPolicy& policy, std::uint32_t client_group, std::uint32_t server_group);
/// flow_interest() of all pairs, or nothing above limits::kPolicyInterestPairsMax.
std::vector<Interest> interest_table(const CompiledPolicy& policy);

}  // namespace sallyport::policy
