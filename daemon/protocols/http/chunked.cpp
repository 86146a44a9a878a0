#include "daemon/protocols/http/chunked.h"

#include <algorithm>
#include <utility>

#include "daemon/base/hex.h"
#include "daemon/protocols/http/http_headers.h"

namespace sallyport::http {
namespace {

/// Bytes of one chunk-size line with its extension; common servers stop at 4 to 16 KiB.
constexpr std::size_t kSizeLineBytesMax = 16 * 1024;
/// Bytes of all trailer fields.
constexpr std::size_t kTrailerBytesMax = 64 * 1024;
/// Larger chunks cannot be told from an overflowing size.
constexpr std::uint64_t kChunkBytesMax = std::uint64_t{1} << 60;
/// Bytes of a body looked at to tell whether it is chunked.
constexpr std::size_t kSniffLineBytesMax = 1024;
/// Bytes of letters behind a chunk size that are read over.
constexpr std::size_t kJunkBytesMax = 64;

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

}  // namespace

ChunkSniff sniff_chunked(std::string_view body, bool is_doubted, bool at_end) {
  const ChunkSniff undecided = at_end || body.size() >= kSniffLineBytesMax ? ChunkSniff::kNo : ChunkSniff::kNeedMore;
  body = body.substr(0, kSniffLineBytesMax);
  std::size_t i = 0;
  while (i < body.size() && (is_blank(body[i]) || body[i] == ',' || body[i] == ';')) ++i;
  const std::size_t digits_begin = i;
  while (i < body.size() && hex_digit(body[i]) >= 0) ++i;
  if (i < body.size() && i == digits_begin + 1 && body[digits_begin] == '0' && (body[i] == 'x' || body[i] == 'X')) {
    ++i;
    while (i < body.size() && hex_digit(body[i]) >= 0) ++i;
  }
  // "0" and nothing more is a whole empty chunked body to those who do not wait for the line's end.
  if (i == body.size())
    return at_end && i > digits_begin && body.substr(digits_begin) == "0" ? ChunkSniff::kYes : undecided;
  if (i == digits_begin) return ChunkSniff::kNo;
  if (!is_doubted && (is_blank(body[i]) || body[i] == ';')) return ChunkSniff::kYes;
  if (is_alphanumeric(body[i])) {
    // "BM" and what follows is a bitmap; "1z" and a line end is a size to readers that stop at the first foreign
    // character.
    const std::size_t end = body.substr(i, kJunkBytesMax).find_first_of(std::string_view("\n\0", 2));
    const bool is_short_line = end != std::string_view::npos && body[i + end] == '\n';
    if (is_doubted || end != std::string_view::npos || body.size() - i >= kJunkBytesMax) {
      return is_short_line && !is_doubted ? ChunkSniff::kYes : ChunkSniff::kNo;
    }
    return undecided;
  }
  for (; i < body.size(); ++i) {
    if (body[i] == '\n') return ChunkSniff::kYes;
    if (static_cast<unsigned char>(body[i]) >= 0x80 && !is_blank(body[i])) return ChunkSniff::kNo;
  }
  return undecided;
}

std::size_t ChunkedDecoder::push(Bytes bytes, ByteOutput& output) {
  const std::size_t total = bytes.size();
  while (!bytes.empty() && !done() && !failed()) {
    if (state_ == State::kData) {
      const Bytes data = prefix(bytes, static_cast<std::size_t>(std::min<std::uint64_t>(chunk_left_, bytes.size())));
      chunk_left_ -= data.size();
      bytes = bytes.subspan(data.size());
      if (chunk_left_ == 0) state_ = State::kDataEnd;
      output.take(data);
      continue;
    }
    const char c = static_cast<char>(bytes.front());
    if (state_ == State::kDataEnd && c != '\r' && c != '\n') {
      odd_ = true;
      behind_cr_ = false;
      state_ = State::kSize;
      continue;
    }
    bytes = bytes.subspan(1);
    if (state_ == State::kTrailer) {
      trailer_byte(c);
    } else if (state_ == State::kDataEnd) {
      data_end_byte(c);
    } else {
      size_byte(c);
    }
  }
  return total - bytes.size();
}

bool ChunkedDecoder::skip(std::uint64_t size) {
  if (state_ != State::kData || size > chunk_left_) {
    fail();
    return false;
  }
  chunk_left_ -= size;
  if (chunk_left_ == 0) state_ = State::kDataEnd;
  return true;
}

bool ChunkedDecoder::at_boundary() const {
  if (state_ == State::kTrailer || state_ == State::kDataEnd || done()) return true;
  return (state_ == State::kSize || state_ == State::kExtension) && (!has_digits_ || chunk_left_ == 0);
}

void ChunkedDecoder::size_byte(char c) {
  if (++line_bytes_ > kSizeLineBytesMax) return fail();
  const bool behind_cr = std::exchange(behind_cr_, c == '\r');
  if (c == '\n') {
    // A bare LF, or a CR inside of an extension: readers differ in where the line ends.
    odd_ = odd_ || !behind_cr;
    return end_size_line();
  }
  odd_ = odd_ || behind_cr;
  if (state_ == State::kExtension) return;
  const int value = hex_digit(c);
  if (value >= 0) {
    has_digits_ = true;
    chunk_left_ = chunk_left_ * 16 + static_cast<std::uint64_t>(value);
    if (chunk_left_ > kChunkBytesMax) fail();
    return;
  }
  if (!has_digits_) {
    // Junk before the size is read over, as some readers do.
    odd_ = true;
    return;
  }
  if ((c == 'x' || c == 'X') && chunk_left_ == 0 && !in_hex_prefix_) {
    odd_ = in_hex_prefix_ = true;
    return;
  }
  odd_ = odd_ || (c != '\r' && c != ';' && c != ' ' && c != '\t');
  state_ = State::kExtension;
}

void ChunkedDecoder::end_size_line() {
  line_bytes_ = 0;
  if (!has_digits_) {
    odd_ = true;
    return;
  }
  has_digits_ = in_hex_prefix_ = false;
  state_ = chunk_left_ == 0 ? State::kTrailer : State::kData;
}

void ChunkedDecoder::data_end_byte(char c) {
  const bool behind_cr = std::exchange(behind_cr_, c == '\r');
  odd_ = odd_ || behind_cr != (c == '\n');
  if (c == '\n') state_ = State::kSize;
}

void ChunkedDecoder::trailer_byte(char c) {
  if (++trailer_bytes_ > kTrailerBytesMax) return fail();
  if (c != '\n') {
    trailer_line_blank_ = trailer_line_blank_ && is_blank(c);
    ++trailer_line_bytes_;
    return;
  }
  if (trailer_line_blank_) {
    odd_ = odd_ || trailer_line_bytes_ > 1;
    state_ = State::kDone;
  }
  trailer_line_blank_ = true;
  trailer_line_bytes_ = 0;
}

}  // namespace sallyport::http
