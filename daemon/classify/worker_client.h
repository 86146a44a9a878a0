// What is said to a worker and what is believed of its answer. The worker decodes hostile images and may be in an
// attacker's hands: every field of a reply is checked against its range here, and a reply that fails is treated like a
// crash.
#pragma once

#include <chrono>
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

struct ExpectedReply {
  std::uint64_t id = 0;      ///< of the request
  FindingSet wanted = 0;     ///< what it asked for
  std::size_t overlays = 0;  ///< how many of them
};

enum class ReplyKind : std::uint8_t {
  kPart,  ///< an image inside the object was added to Findings::parts; more follows
  kLast,  ///< the answer is whole
  kBad,   ///< malformed, to another request, or with a value out of range: the worker is not to be used again
};

/// Adds what one message says to `findings`, which begin empty for each request. After kBad, those of earlier messages
/// still hold.
ReplyKind parse_classify_reply(Bytes message, const ExpectedReply& expected, const WorkerHello& hello,
                               Findings& findings);

/// How far a worker may go.
struct WorkerBounds {
  std::uint64_t pixels_max = 0;           ///< of one image
  std::chrono::milliseconds time_max{0};  ///< for unpacking, after which it stops by itself
};

/// Sends one request with the object as a sealed memfd. Never blocks: a worker takes one request at a time, so its
/// socket has room.
Status send_classify_request(int socket, std::uint64_t id, const ClassifyRequest& request, const WorkerBounds& bounds);

}  // namespace sallyport
