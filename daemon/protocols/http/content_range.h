// Which part of a larger object a body is. RFC 9110 14.4 (responses) and 14.5 (partial PUT); X-Update-Range of
// sabre/dav.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sallyport::http {

struct ContentRange {
  std::uint64_t first = 0;             ///< offset of the first byte
  std::uint64_t last = 0;              ///< offset of the last byte, inclusive
  std::optional<std::uint64_t> total;  ///< size of the whole object; none where the sender did not know it

  std::uint64_t size() const { return last - first + 1; }
  bool covers_all() const { return first == 0 && total && size() == *total; }
};

/// Nothing for another unit than bytes, an unsatisfied range ("bytes */10"), or numbers that contradict each other.
std::optional<ContentRange> parse_content_range(std::string_view value);

/// The size of the whole object in a range that names no bytes, "bytes */10": a 416 reply, or a request that asks how
/// far its upload has come.
std::optional<std::uint64_t> parse_unsatisfied_range(std::string_view value);

/// Where the bytes of a range such as "bytes=10-19" or "bytes=10-" begin; nothing for a suffix range or several ranges.
std::optional<std::uint64_t> parse_range_start(std::string_view value);

/// A decimal number and nothing else, such as an Upload-Offset; nothing for one that no object reaches.
std::optional<std::uint64_t> parse_offset(std::string_view value);

}  // namespace sallyport::http
