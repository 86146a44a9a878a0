// A multipart body split into its parts. RFC 2046 5.1, RFC 7578 4; any number of parts.
#pragma once

#include <cstddef>
#include <string>

#include "daemon/base/bytes.h"
#include "daemon/protocols/http/http_headers.h"

namespace sallyport::http {

/// Receives the parts of one multipart body, one after the other.
class PartHandler {
 public:
  virtual ~PartHandler() = default;
  virtual void part_begin(const Head& head) = 0;
  /// A span is valid during the call only.
  virtual void part_bytes(Bytes bytes) = 0;
  virtual void part_end() = 0;
};

/// Pushed. Part bytes go on without copying, but for those at the edge of a span that may begin a delimiter. Memory:
/// the preamble (4 KiB) or the head of a part (`header_bytes_max`) and one delimiter. One body; one thread.
class MultipartParser {
 public:
  /// `boundary` as in the Content-Type, without the leading dashes; at most kBoundaryBytesMax of it are used. Empty:
  /// the first line of the body is the delimiter.
  MultipartParser(std::string boundary, std::size_t header_bytes_max, PartHandler& handler);

  void push(Bytes bytes);
  /// Bytes were lost, delimiters may be among them: what comes until the next one is handed on without a part_begin().
  /// Gives how many bytes were held back that may have been content; they are dropped. Where the boundary is not known
  /// yet it has failed().
  std::size_t lose();
  /// The body ends early: what was held back goes on.
  void cut();
  /// No more will come: ends the open part.
  void finish();

  /// The body does not begin like a multipart one: held() are the bytes so far, none of them was handed on.
  bool failed() const { return state_ == State::kFailed; }
  const ByteBuffer& held() const { return held_; }
  /// No delimiter was seen yet.
  bool in_preamble() const { return state_ == State::kPreamble || state_ == State::kFirstLine; }
  /// The closing delimiter was seen, and no part behind it.
  bool ended() const { return state_ == State::kEpilogue; }
  /// The closing delimiter was missing, or parts came behind it, or a line was malformed.
  bool odd() const { return odd_; }

  std::size_t memory_bytes() const {
    return sizeof(*this) + needle_.capacity() + carry_.capacity() + line_.capacity() + head_text_.capacity() +
           held_.capacity();
  }

  /// RFC 2046 5.1.1 allows 70; longer ones are in use.
  static constexpr std::size_t kBoundaryBytesMax = 256;

 private:
  enum class State : std::uint8_t { kFirstLine, kPreamble, kDelimiterLine, kHead, kBody, kEpilogue, kFailed };

  void set_boundary(std::string_view boundary);
  Bytes read_first_line(Bytes bytes);
  Bytes read_until_delimiter(Bytes bytes);
  bool resolve_carry(Bytes& bytes);
  void give_carried(Bytes bytes);
  Bytes read_delimiter_line(Bytes bytes);
  Bytes read_head(Bytes bytes);
  void begin_part(std::string_view head_text);
  void give(Bytes bytes);
  void enter_delimiter_line();
  void reject_delimiter_line();

  std::size_t header_bytes_max_;
  PartHandler& handler_;
  std::string needle_;  // LF, two dashes, boundary
  State state_;
  State before_delimiter_ = State::kPreamble;
  bool at_body_start_ = true;  // the line feed in `carry_` is not part of the body
  bool odd_ = false;
  bool closed_ = false;
  ByteBuffer carry_;  // the end of the input so far that may begin a delimiter
  std::string line_;  // what follows a delimiter, and the delimiter's own CR if there was one
  bool delimiter_had_cr_ = false;
  std::string head_text_;
  HeadEndFinder head_end_;
  ByteBuffer held_;  // the preamble
};

}  // namespace sallyport::http
