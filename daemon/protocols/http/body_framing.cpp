#include "daemon/protocols/http/body_framing.h"

#include <algorithm>

#include "daemon/protocols/http/header_values.h"

namespace sallyport::http {
namespace {

/// Different lengths claimed by one head that are followed up.
constexpr std::size_t kLengthsMax = 4;
/// No object is larger; also keeps sums of lengths far from overflow.
constexpr std::uint64_t kLengthMax = std::uint64_t{1} << 60;

struct LengthClaims {
  std::vector<std::uint64_t> lengths;  // distinct, in the order of the claims
  bool odd = false;

  void add(std::uint64_t length) {
    if (std::find(lengths.begin(), lengths.end(), length) != lengths.end()) return;
    if (lengths.size() < kLengthsMax) lengths.push_back(length);
  }

  /// All numbers in the value: readers differ in which one they take of "34 68" or "34, 68".
  void add_numbers(std::string_view value) {
    for (std::size_t i = 0; i < value.size();) {
      if (value[i] < '0' || value[i] > '9') {
        odd = true;
        ++i;
        continue;
      }
      std::uint64_t number = 0;
      for (; i < value.size() && value[i] >= '0' && value[i] <= '9'; ++i) {
        number = std::min(kLengthMax, number * 10 + static_cast<std::uint64_t>(value[i] - '0'));
      }
      add(number);
    }
    odd = odd || value.empty();
  }
};

LengthClaims claimed_lengths(const Head& head) {
  LengthClaims claims;
  for (const HeaderField& field : head.fields) {
    if (field.name != "content-length") continue;
    claims.add_numbers(field.value);
    claims.odd = claims.odd || field.odd;
  }
  return claims;
}

enum class ChunkedClaim { kNone, kDoubtful, kCertain };

ChunkedClaim claimed_chunked(const Head& head) {
  std::size_t fields = 0;
  bool exact = false;
  for (const HeaderField& field : head.fields) {
    if (field.name != "transfer-encoding") continue;
    ++fields;
    const std::string value = lower_case(field.value);
    const bool last = value == "chunked" || value.ends_with(", chunked") || value.ends_with(",chunked");
    exact = last && !field.odd && !field.doubtful;
  }
  if (fields == 0) return ChunkedClaim::kNone;
  return exact && fields == 1 ? ChunkedClaim::kCertain : ChunkedClaim::kDoubtful;
}

void add_lengths(const LengthClaims& claims, bool is_response, BodyPlan& plan) {
  if (claims.lengths.empty()) {
    plan.kind = is_response ? BodyKind::kUntilClose : BodyKind::kNone;
    return;
  }
  plan.length = *std::max_element(claims.lengths.begin(), claims.lengths.end());
  plan.kind = plan.length == 0 ? BodyKind::kNone : BodyKind::kLength;
  for (const std::uint64_t length : claims.lengths) {
    if (length != plan.length && length > 0) plan.other_lengths.push_back(length);
  }
}

}  // namespace

BodyPlan plan_body(const Head& head, const MessageKind& message) {
  BodyPlan plan;
  const LengthClaims claims = claimed_lengths(head);
  const ChunkedClaim chunked = claimed_chunked(head);
  plan.ambiguous = claims.odd || claims.lengths.size() > 1 || chunked == ChunkedClaim::kDoubtful;
  add_lengths(claims, message.is_response, plan);
  if (chunked != ChunkedClaim::kNone) {
    // HTTP/1.0 knows no chunked coding (RFC 9112 6.1); a length beside it is the classic way to smuggle (11.2).
    plan.ambiguous = plan.ambiguous || message.http10 || !claims.lengths.empty();
    plan.maybe_chunked = true;
    if (claims.lengths.empty()) plan.kind = BodyKind::kUntilClose;
  }
  plan.unexpected = message.no_body_by_rule && (plan.kind != BodyKind::kNone || plan.maybe_chunked);
  return plan;
}

}  // namespace sallyport::http
