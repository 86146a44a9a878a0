// Asks whether a contract covers a transfer: then a rule that heeds it (permitted_by) does not match. Nothing that was
// not inspected is ever covered, and nothing before a contract begins or after it has expired.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "policy/ask.h"

namespace sallyport::policy {

/// The questions about one contract, in the order in which they are asked. All must hold.
struct PermissionAnswers {
  Answer contractor;   ///< the receiver is in the contractor's networks, by address or by a trusted name
  Answer from;         ///< the sender is in the contract's places
  Answer started;      ///< by the time of the transfer
  Answer unexpired;    ///< by the time of the transfer
  Answer may_receive;  ///< it is an image, or may hold some, and nothing is found that the contract does not name
  Answer quota;        ///< with its images the contract permits no more than it may in that time
};

/// Each by itself; what will never be known is a no.
PermissionAnswers ask_each(const CompiledContract& contract, const CompiledRule& rule, const Known& known);
/// Whether the contract keeps the rule from matching.
Answer ask_permission(const CompiledContract& contract, const CompiledRule& rule, const Known& known);

/// The same if the contract had no quota.
Answer ask_coverage(const CompiledContract& contract, const CompiledRule& rule, const Known& known);
/// Whether it is the contract that keeps any rule from matching, its quota left aside: then its images count for that.
bool covers(const CompiledContract& contract, const Known& known);
/// Images in the object; of a container at least one.
std::uint64_t images_in(const Known& known);

/// Kinds of findings in the object, as a contract names them: the rule's own scores count where they are lower.
ReceivedSet received(const CompiledRule& rule, const Known& known);

/// Why contracts with this sender and this receiver do not cover the transfer, of those that the rule heeds: "contract
/// plate-reader-2026 expired on 2026-12-31". Empty where there is none.
std::string explain_contracts(const CompiledRule& rule, const Known& known);
/// The contracts that alone keep the rule from matching.
std::vector<const CompiledContract*> permitting(const CompiledRule& rule, const Known& known);

}  // namespace sallyport::policy
