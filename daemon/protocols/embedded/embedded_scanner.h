// Images and documents inside text and unknown bytes: base64 and base64url (RFC 4648 4, 5), hex, percent-encoding (RFC
// 2397, RFC 3986 2.1), raw. No grammar of the outer object is parsed: what looks like the start of an image is
// followed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "daemon/base/bytes.h"
#include "daemon/protocols/embedded/embedded_object.h"

namespace sallyport::embedded {

struct ScanOptions {
  /// application/x-www-form-urlencoded: a plus sign is a space, once another escape shows that the sender knows it.
  bool is_form = false;
};

/// Pushed the bytes of one object in order, codings removed; gives what it finds to a sink. How the bytes are cut
/// changes nothing. Text is sampled, so that it costs little; where a control character shows that it is binary, images
/// are looked for in the raw bytes too. An object that begins with an image, archive or PDF of its own is not searched:
/// it is what it is. Memory: some KiB, and as much again for each level. One thread; the sink outlives it.
class EmbeddedScanner {
 public:
  EmbeddedScanner(EmbeddedSink& sink, const EmbeddedLimits& limits, ScanOptions options);
  ~EmbeddedScanner();

  void push(Bytes bytes);
  /// Bytes were lost here: an open object ends with kGap.
  void lose();
  /// No more will come. `reason`: why the outer object is not whole; an object that is open then is not whole either.
  void finish(std::optional<NotInspected> reason);
  /// Nothing more is looked for: the outer object is an image itself, or a limit was reached.
  bool idle() const;
  /// From above: with all its levels.
  static constexpr std::size_t kMemoryBytes = 8192;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sallyport::embedded
