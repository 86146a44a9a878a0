// The chunked transfer coding taken off a body. RFC 9112 7.1; tolerant, see README.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/base/bytes.h"
#include "daemon/protocols/http/decoder_stage.h"

namespace sallyport::http {

enum class ChunkSniff : std::uint8_t { kNo, kYes, kNeedMore };
/// Whether a body begins with a chunk-size line. `is_doubted`: the claim to be chunked is odd or contradicted; where it
/// is not, what stands behind the digits may be anything, as it is to readers that go on at the line's end.
ChunkSniff sniff_chunked(std::string_view body, bool is_doubted, bool at_end);

/// Pushed; keeps no more than the number of the current chunk's size. One body; one thread.
class ChunkedDecoder {
 public:
  /// Takes bytes until the end of the body and gives how many it took; chunk data goes to `output` without copying.
  std::size_t push(Bytes bytes, ByteOutput& output);
  /// Loses `size` bytes inside the data of the current chunk. False where the loss reaches beyond it: then the place in
  /// the framing is lost and failed() is true.
  bool skip(std::uint64_t size);

  bool done() const { return state_ == State::kDone; }
  bool failed() const { return state_ == State::kFailed; }
  /// Between chunks or behind the last one: an orderly close here lost no chunk data.
  bool at_boundary() const;
  /// Some line broke the grammar.
  bool odd() const { return odd_; }

 private:
  enum class State : std::uint8_t { kSize, kExtension, kData, kDataEnd, kTrailer, kDone, kFailed };

  void size_byte(char c);
  void end_size_line();
  void data_end_byte(char c);
  void trailer_byte(char c);
  void fail() { state_ = State::kFailed; }

  State state_ = State::kSize;
  bool odd_ = false;
  bool has_digits_ = false;
  bool behind_cr_ = false;        // the last byte of a line was a CR
  bool in_hex_prefix_ = false;    // "0x" was seen
  std::uint64_t chunk_left_ = 0;  // also collects the size
  std::size_t line_bytes_ = 0;    // of the current size line, extension included
  std::size_t trailer_bytes_ = 0;
  bool trailer_line_blank_ = true;
  std::size_t trailer_line_bytes_ = 0;
};

}  // namespace sallyport::http
