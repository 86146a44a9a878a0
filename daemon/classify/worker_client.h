// What is said to a worker and what is believed of its answer. The worker decodes hostile images and may be in an
// attacker's hands: every field of a reply is checked against its range here, and a reply that fails is treated like a
// crash.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/bytes.h"
#include "daemon/base/result.h"
#include "daemon/classify/classifier.h"
#include "daemon/contract/finding.h"

namespace sallyport {

/// The worker's own word about itself, from before it has seen any hostile byte.
struct WorkerHello {
  std::string version;
  std::string face_detector;   ///< empty: none
  std::string plate_detector;  ///< empty: none
  std::vector<std::string> sandbox;
};

/// Messages in either direction are at most this long.
inline constexpr std::size_t kWorkerMessageBytesMax = 64 * 1024;

std::optional<WorkerHello> parse_worker_hello(Bytes message);

/// The findings of a reply to request `id` that asked for `wanted`. Nothing when the reply is malformed, answers
/// another request, or holds a value out of range: then the worker is not to be used again.
std::optional<Findings> parse_classify_reply(Bytes message, std::uint64_t id, FindingSet wanted,
                                             const WorkerHello& hello);

/// Sends one request with the object as a sealed memfd. Never blocks: a worker takes one request at a time, so its
/// socket has room.
Status send_classify_request(int socket, std::uint64_t id, const ClassifyRequest& request, std::uint64_t pixels_max);

}  // namespace sallyport
