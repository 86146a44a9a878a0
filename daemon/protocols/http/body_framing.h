// Where the body of a message ends. RFC 9112 6; what the RFC forbids is read as a tolerant browser reads it, and
// flagged.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "daemon/protocols/http/http_headers.h"

namespace sallyport::http {

enum class BodyKind : std::uint8_t { kNone, kLength, kChunked, kUntilClose };

struct BodyPlan {
  BodyKind kind = BodyKind::kNone;
  std::uint64_t length = 0;  ///< kLength: the largest of the claimed lengths
  /// Other claimed lengths, smaller than the body may be: each is another reader's object. In the order of the claims.
  std::vector<std::uint64_t> other_lengths;
  /// Some field says "chunked": the body's first bytes decide between kChunked and `kind`.
  bool maybe_chunked = false;
  /// The rules say that there is no body (HEAD, 1xx, 204, 304): one comes all the same if the next bytes begin no
  /// message.
  bool unexpected = false;
  /// Two readers may see different ends (RFC 9112 11.2).
  bool ambiguous = false;
};

struct MessageKind {
  bool is_response = false;
  bool no_body_by_rule = false;  ///< RFC 9112 6.3, items 1 and 2
  bool http10 = false;
};

BodyPlan plan_body(const Head& head, const MessageKind& message);

}  // namespace sallyport::http
