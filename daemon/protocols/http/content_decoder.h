// Content codings taken off a body, all layers, the way a tolerant browser does: the label is a hint, the bytes decide.
// RFC 9110 8.4. Where label and bytes disagree the layer is flagged kCodingMismatch, never guessed silently.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "daemon/base/bytes.h"
#include "daemon/contract/not_inspected.h"
#include "daemon/contract/transfer.h"
#include "daemon/protocols/http/decoder_stage.h"
#include "daemon/protocols/http/http_config.h"

namespace sallyport::http {

enum class Coding : std::uint8_t { kGzip, kDeflate, kBrotli, kZstd, kBase64, kQuotedPrintable, kAwsChunked };

class CodingLayer;

/// Pushed. One body; one thread. `output` and the references must outlive it. Memory: for each layer the decoder's
/// window (32 KiB deflate, at most 16 MiB Brotli, 8 MiB Zstandard) and, until the coding is certain, at most 100 KiB.
class ContentDecoder {
 public:
  /// `applied`: the codings in the order in which the sender applied them; more than config.coding_layers_max are not
  /// removed, failure() says so.
  ContentDecoder(const std::vector<Coding>& applied, const HttpConfig& config, HttpStats& stats, ByteOutput& output);
  ~ContentDecoder();

  void push(Bytes bytes);
  /// No more input: what was held back to be certain of the coding comes out.
  void finish();

  EvasionSet evasions() const;
  /// Why later bytes are not decoded: kUnknownCoding (broken in the middle, too many layers) or kExpansionLimit.
  /// Sticky.
  std::optional<NotInspected> failure() const { return failure_; }
  /// Every layer says that the object is whole; false too where the coding was not there at all.
  bool whole() const;
  std::size_t memory_bytes() const;

 private:
  friend class CodingLayer;
  bool within_budget(std::uint64_t made, std::size_t& size);

  const HttpConfig& config_;
  HttpStats& stats_;
  ByteOutput& output_;
  std::vector<std::unique_ptr<CodingLayer>> layers_;  // outermost coding first
  std::uint64_t input_bytes_ = 0;
  std::optional<NotInspected> failure_;
};

}  // namespace sallyport::http
