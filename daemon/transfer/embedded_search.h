// The search for images inside an object whose producer has not its bytes in order: a file written over SMB, an upload
// or download in ranges, an object composed of parts.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/bytes.h"
#include "daemon/contract/not_inspected.h"
#include "daemon/protocols/embedded/embedded_scanner.h"

namespace sallyport {

/// A stretch of a found object; whole ones come in one or more, never two objects mixed.
struct FoundPiece {
  bool begins = false;
  std::string inside;      ///< of the first piece: how it lay there, as in TransferFacts::inside
  std::string label;       ///< of the first piece: what was written before it
  std::string media_type;  ///< of the first piece
  ByteBuffer bytes;
  bool ends = false;
  std::optional<NotInspected> reason;  ///< of the last piece: why the found object is not whole

  void give_to(embedded::EmbeddedSink& sink) const;
};

/// Pushed the bytes of one object in order. What it finds waits until it is taken, because the object may be locked
/// while it is read. Not thread-safe. Memory: that of the scanner, and what waits.
class EmbeddedSearch : private embedded::EmbeddedSink {
 public:
  explicit EmbeddedSearch(embedded::ScanOptions options) : options_(options) { begin(); }

  void push(Bytes bytes);
  /// No more is searched. `reason`: why the object is not whole.
  void finish(std::optional<NotInspected> reason);
  /// The object begins anew; what is open ends as kAborted.
  void restart();
  /// Nothing is looked for any more: the object is an image, archive or PDF itself, or a limit was reached.
  bool idle() const { return !scanner_; }
  bool has_found() const { return !found_.empty(); }
  std::vector<FoundPiece> take() { return std::exchange(found_, {}); }
  /// Bytes of memory, from above; what was found waits for a moment only.
  std::uint64_t footprint() const { return scanner_ ? embedded::EmbeddedScanner::kMemoryBytes : 0; }

 private:
  void embedded_begin(const embedded::EmbeddedObject& object) override;
  void embedded_bytes(Bytes bytes) override;
  void embedded_end(std::optional<NotInspected> reason) override;
  FoundPiece& open_piece();
  void begin() { scanner_.emplace(static_cast<embedded::EmbeddedSink&>(*this), embedded::EmbeddedLimits{}, options_); }

  embedded::ScanOptions options_;
  std::optional<embedded::EmbeddedScanner> scanner_;  // while anything is looked for
  std::vector<FoundPiece> found_;
};

}  // namespace sallyport
