// What packets of one TCP connection have in common, whichever way they go.
#pragma once

#include <array>
#include <cstdint>
#include <type_traits>

#include "daemon/contract/ip_address.h"
#include "daemon/net/decode.h"

namespace sallyport {

/// Two endpoints in a fixed order. Tags and tunnels are no part of it, as one direction may lack them and a route may
/// change; only where the endpoints are in use already, by a connection whose numbers do not fit, the path tells a
/// second tenant apart.
struct FlowKey {
  Endpoint low;
  Endpoint high;
  std::uint32_t tenant = 0;  ///< 0: the first to come with these endpoints

  bool operator==(const FlowKey&) const = default;
};
static_assert(std::has_unique_object_representations_v<FlowKey>, "hashed as bytes");

struct KeyedSegment {
  FlowKey key;
  bool source_is_low = false;
};
KeyedSegment flow_key_of(const TcpSegment& segment);

using HashSecret = std::array<std::uint64_t, 2>;
/// A secret nobody outside can know; different in each process.
HashSecret random_hash_secret();
/// SipHash-1-3 (Aumasson, Bernstein: "SipHash: a fast short-input PRF"): without the secret nobody can aim at one
/// bucket.
std::uint64_t hash_of(const FlowKey& key, const HashSecret& secret);

}  // namespace sallyport
