// Demand drives cost: the policy says, when a flow opens and again when a transfer's names and type are known, how much
// it wants to know. Each stage does no more than that.
#pragma once

#include <cstdint>

namespace sallyport {

/// In rising order of cost; each level includes those before it.
enum class Interest : std::uint8_t {
  kNone,     ///< no rule can match: nothing is kept, an inline front end may let the kernel pass the flow
  kAccount,  ///< who, whom, names and byte account
  kDigest,   ///< and SHA-256 and content type, of bytes with codings removed
  kContent,  ///< and the bytes themselves until the verdict
};

}  // namespace sallyport
