// What an operator may set for HTTP, and what HTTP counts.
#pragma once

#include <cstddef>
#include <cstdint>

#include "daemon/base/counter.h"
#include "daemon/protocols/embedded/embedded_object.h"

namespace sallyport::http {

struct HttpConfig {
  /// Bytes of one message head, start line included; common servers stop at 8 to 64 KiB.
  std::size_t header_bytes_max = 256 * 1024;
  /// Bytes of the head of one multipart part.
  std::size_t part_header_bytes_max = 16 * 1024;
  /// Decoded bytes per encoded byte, over all layers together.
  std::uint64_t expansion_ratio_max = 1000;
  /// Decoded bytes that are always allowed, whatever the ratio: small highly regular objects are no bombs.
  std::uint64_t expansion_floor_bytes = 1024 * 1024;
  /// Decoded bytes of one body.
  std::uint64_t expansion_bytes_max = 1024ULL * 1024 * 1024;
  /// Content codings on one body; more is a bomb or a mistake.
  std::size_t coding_layers_max = 8;
  /// Multipart inside multipart.
  std::size_t multipart_nesting_max = 4;
  /// Requests waiting for their response on one connection.
  std::size_t requests_queued_max = 1024;
  /// The transfer of a response begins with its head, so that a message of ours can take its place; else with its first
  /// byte.
  bool responses_begin_at_head = false;
  /// Bytes of a body kept to give a second reading where Content-Length values contradict each other.
  std::size_t second_reading_bytes_max = 1024 * 1024;
  /// Of images inside one body or part.
  embedded::EmbeddedLimits embedded;
};

/// One for each shard, shared by its parsers. Written by the thread of the shard, read by any.
struct HttpStats {
  Counter requests;
  Counter responses;
  Counter bodies;        ///< messages with at least one body byte
  Counter parts;         ///< multipart parts
  Counter ranges;        ///< bodies or parts that are a byte range of a larger object
  Counter embedded;      ///< objects found inside a body or part
  Counter gzip_decoded;  ///< layers by what the bytes were, not by their label
  Counter deflate_decoded;
  Counter brotli_decoded;
  Counter zstd_decoded;
  Counter coding_mismatches;  ///< layers whose label did not fit the bytes
  Counter coding_failures;    ///< layers that broke in the middle
  Counter expansion_limits;   ///< bodies cut by an expansion limit
  Counter framing_anomalies;  ///< messages flagged kHttpFraming
  Counter second_readings;    ///< extra transfers for contradicting lengths
  Counter framing_failures;   ///< bodies whose end could not be found
  Counter resyncs;            ///< start lines found again after loss or garbage
  Counter unparsed_bytes;     ///< bytes passed over while no start line was known
  Counter gaps;
  Counter hand_overs;
  Counter oversized_heads;
};

}  // namespace sallyport::http
