// Objects found inside the bytes of another object, and who takes them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/bytes.h"
#include "daemon/contract/content_type.h"
#include "daemon/contract/not_inspected.h"

namespace sallyport::embedded {

/// What is known of a found object before its bytes. The texts are valid during the call only.
struct EmbeddedObject {
  ContentType content = ContentType::kUnknown;  ///< by its first bytes
  std::string_view inside;      ///< how it lay there: "base64", "hex", "percent", "carved"; levels joined by '/'
  std::string_view label;       ///< the JSON key, form field, attribute or element before it; empty: none near
  std::string_view media_type;  ///< that a data: URI (RFC 2397) gives; empty: none
};

/// Takes found objects, one after the other, never two at once. Called during push() and finish() of the scanner.
class EmbeddedSink {
 public:
  virtual ~EmbeddedSink() = default;
  virtual void embedded_begin(const EmbeddedObject& object) = 0;
  /// Decoded bytes, in order; the span dies with the call.
  virtual void embedded_bytes(Bytes bytes) = 0;
  /// `reason`: why the object is not whole; nothing where its encoding or structure ended in order.
  virtual void embedded_end(std::optional<NotInspected> reason) = 0;
};

/// Ceilings for one outer object, over all levels.
struct EmbeddedLimits {
  /// Objects of one body; a page of thumbnails has some hundred. One more is begun and ended as over_budget.
  std::size_t objects_max = 1024;
  /// Decoded bytes of all of them.
  std::uint64_t bytes_max = 1024ULL * 1024 * 1024;
  /// Encodings inside one another: base64 of JSON with base64 is two.
  std::size_t levels_max = 3;
};

}  // namespace sallyport::embedded
