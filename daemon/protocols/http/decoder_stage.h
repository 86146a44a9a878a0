// One coding taken off a stream of bytes: the common face of gzip, deflate, Brotli, Zstandard, base64,
// quoted-printable.
#pragma once

#include <memory>

#include "daemon/base/bytes.h"

namespace sallyport::http {

/// Takes decoded bytes. A span is valid during the call only.
class ByteOutput {
 public:
  virtual ~ByteOutput() = default;
  /// False: no more is wanted, the giver stops.
  virtual bool take(Bytes bytes) = 0;
};

enum class StageStatus : std::uint8_t {
  kMore,     ///< goes on
  kEnd,      ///< the coding says that this is all; later input is not looked at
  kError,    ///< these bytes are not of this coding (any more); sticky
  kStopped,  ///< the output wanted no more
};

/// Pushed; owns nothing but its decoder state, whose size is bounded. One thread.
class DecoderStage {
 public:
  virtual ~DecoderStage() = default;
  /// Decodes all of `input`, in as many calls of `output` as it takes. Not called again after anything but kMore.
  virtual StageStatus push(Bytes input, ByteOutput& output) = 0;
  /// After kEnd: how many bytes of that last input stood behind the end.
  virtual std::size_t left_over() const { return 0; }
  /// What was decoded so far is a whole object, as far as the coding can tell.
  virtual bool whole() const = 0;
  /// Of its state, from above.
  virtual std::size_t memory_bytes() const = 0;
};

enum class InflateFormat : std::uint8_t {
  kRaw,             ///< RFC 1951
  kZlib,            ///< RFC 1950
  kGzip,            ///< RFC 1952, tolerant: reserved flags, wrong or missing checksums, members and junk behind it
  kGzipPlainHeader  ///< gzip whose flags lie: the header is ten bytes, whatever they say
};

std::unique_ptr<DecoderStage> make_inflate_stage(InflateFormat format);
/// RFC 7932.
std::unique_ptr<DecoderStage> make_brotli_stage();
/// RFC 8878, window at most 8 MiB as RFC 9659 asks of HTTP.
std::unique_ptr<DecoderStage> make_zstd_stage();
/// RFC 4648 4 and 5 (both alphabets), line breaks and other foreign bytes skipped as RFC 2045 6.8 asks.
std::unique_ptr<DecoderStage> make_base64_stage();
/// RFC 2045 6.7.
std::unique_ptr<DecoderStage> make_quoted_printable_stage();
/// The framing of S3 uploads: chunks with a signature each, then trailers ("aws-chunked", Signature Version 4 for
/// streaming).
std::unique_ptr<DecoderStage> make_aws_chunked_stage();

}  // namespace sallyport::http
