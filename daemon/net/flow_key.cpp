#include "daemon/net/flow_key.h"

#include <bit>
#include <cstring>
#include <random>

namespace sallyport {
namespace {

struct SipState {
  std::uint64_t v0, v1, v2, v3;

  void round() {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }
  void take(std::uint64_t word) {
    v3 ^= word;
    round();
    v0 ^= word;
  }
};

}  // namespace

KeyedSegment flow_key_of(const TcpSegment& segment) {
  const bool source_is_low = std::memcmp(&segment.source, &segment.destination, sizeof(Endpoint)) < 0;
  if (source_is_low) return {{segment.source, segment.destination, 0}, true};
  return {{segment.destination, segment.source, 0}, false};
}

HashSecret random_hash_secret() {
  std::random_device device;
  const auto word = [&device] { return std::uint64_t{device()} << 32 | device(); };
  return {word(), word()};
}

std::uint64_t hash_of(const FlowKey& key, const HashSecret& secret) {
  // SipHash ends with a word that holds the length; where every input has the same it would add nothing.
  std::array<std::uint64_t, sizeof(FlowKey) / 8> words;
  static_assert(sizeof(FlowKey) % 8 == 0);
  std::memcpy(words.data(), &key, sizeof key);

  SipState state{secret[0] ^ 0x736f6d6570736575U, secret[1] ^ 0x646f72616e646f6dU, secret[0] ^ 0x6c7967656e657261U,
                 secret[1] ^ 0x7465646279746573U};
  for (const std::uint64_t word : words) state.take(word);
  state.v2 ^= 0xff;
  for (int i = 0; i < 3; ++i) state.round();
  return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

}  // namespace sallyport
