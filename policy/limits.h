// The compiled ceilings of the policy language: name, unit, reason. Above one the policy is refused with a message that
// names it, unless it says otherwise.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace sallyport::limits {

/// Bytes of a policy file: 10,000 networks and 1,000 long rules fit several times.
inline constexpr std::size_t kPolicyBytesMax = 8U << 20;
/// Files of one policy, together no larger than kPolicyBytesMax: one for each site, contractor and kind of rule is a
/// tenth of it.
inline constexpr std::size_t kPolicyBundleFilesMax = 256;
/// Levels of YAML nesting: nested all/any/not conditions that a person can still read end far below it; bounds every
/// recursion.
inline constexpr std::size_t kPolicyDepthMax = 32;
/// Scalars, lists and mappings of a policy together, and again what its named lists and conditions are written out to:
/// bounds memory at some 150 bytes each.
inline constexpr std::size_t kPolicyNodesMax = 500'000;
/// Keys of one mapping: named networks are the most there can be, and this is twice that; finding duplicates compares
/// each with all before it.
inline constexpr std::size_t kPolicyKeysMax = 2048;
/// Named networks: they travel as one bit set.
inline constexpr std::size_t kPolicyNetworksMax = 1024;
/// Contracts of a policy: each is asked about for each rule that heeds it and matches so far.
inline constexpr std::size_t kPolicyContractsMax = 256;
/// Rules of a policy: each is asked for each transfer.
inline constexpr std::size_t kPolicyRulesMax = 4096;
/// Named conditions that rest on one another: bounds the recursion that reads them, each kPolicyDepthMax levels deep.
inline constexpr std::size_t kPolicyConditionChainMax = 8;
/// Messages about one policy file; a person fixes the first hundred before reading on.
inline constexpr std::size_t kPolicyDiagnosticsMax = 200;
/// Bytes of one glob, so that matching a name costs at most kNameBytesMax times as many steps.
inline constexpr std::size_t kPolicyGlobBytesMax = 256;
/// Pairs of address groups whose interest is worked out when the policy is loaded; above it, for each flow anew.
inline constexpr std::size_t kPolicyInterestPairsMax = 16384;
/// Rules times distinct places that are worked out when the policy is loaded: 16 MiB for each end of a transfer. Above
/// it, each rule is asked about each transfer.
inline constexpr std::size_t kPolicyRuleIndexBitsMax = std::size_t{1} << 27;
/// Rules of a policy that count: each may come to kCountEntriesMax.
inline constexpr std::size_t kCountingRulesMax = 64;
/// Of transfers and images the threshold of a rule that counts: pictures are compared with all that were counted.
inline constexpr std::uint64_t kCountThresholdMax = 10'000;
/// Groups (senders, users, ...) that one rule follows; above it a new one is over budget for as long as the rule looks
/// back.
inline constexpr std::size_t kCountGroupsMax = 20'000;
/// Times and pictures that one rule keeps in all its groups together, some 50 bytes each: a thousand groups at a
/// threshold of 200. Above it the group that wants more is over budget.
inline constexpr std::size_t kCountEntriesMax = 200'000;
/// How much earlier than those before it a transfer may come and still be counted exactly: captures and shards are out
/// of step by less.
inline constexpr std::chrono::minutes kCountLateness{1};

}  // namespace sallyport::limits
