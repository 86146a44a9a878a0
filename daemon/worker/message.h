// The worker's messages to and from our own types; protobuf goes no further than this and serve.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/bytes.h"
#include "daemon/contract/finding.h"
#include "daemon/worker/object_inspector.h"

namespace sallyport {

struct ReceivedRequest {
  std::uint64_t id = 0;
  std::uint64_t size_bytes = 0;
  InspectionRequest inspection;
};

struct Greeting {
  std::string face_detector;
  std::string plate_detector;
  std::vector<std::string> sandbox;  ///< layers in force
};

/// Nothing when the message does not parse. Kinds of finding that this version does not know are left out, and so will
/// be missing from what the reply says was looked for.
std::optional<ReceivedRequest> parse_request(Bytes message);
/// The last reply to a request: about the object itself. Its parts have been told before.
std::string encode_reply(std::uint64_t id, const Findings& findings);
/// One image inside the object.
std::string encode_part(std::uint64_t id, const Part& part);
std::string encode_hello(const Greeting& greeting);

}  // namespace sallyport
