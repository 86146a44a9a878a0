// Frames of one direction of an HTTP/2 connection, and the way back to them after loss. RFC 9113 4, 6.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "daemon/base/bytes.h"
#include "daemon/contract/flow.h"
#include "daemon/protocols/http2/frame_header.h"
#include "daemon/protocols/http2/http2_config.h"

namespace sallyport::http2 {

/// Receives the frames of one direction. Between begin and end of a frame come its content and losses, in order.
class FrameHandler {
 public:
  virtual ~FrameHandler() = default;

  /// `prefix`: pad length, priority, promised stream, as far as the frame has them; the pad length may be a lie.
  virtual void frame_begin(const FrameHeader& frame, Bytes prefix) = 0;
  /// Payload without prefix and padding. A span is valid during the call only.
  virtual void frame_content(const FrameHeader& frame, Bytes bytes) = 0;
  /// `size` bytes of content were lost.
  virtual void frame_content_lost(const FrameHeader& frame, std::uint64_t size) = 0;
  /// The frame is over. `odd`: padding that is not zero or longer than the frame, or its prefix was lost.
  virtual void frame_end(const FrameHeader& frame, bool odd) = 0;
  /// `size` bytes were lost, and `skipped` came, of which nobody knows what frames they are of; before frames_lost(),
  /// any number of times.
  virtual void bytes_lost(std::uint64_t size, Bytes skipped) = 0;
  /// An unknown number of frames was lost.
  virtual void frames_lost() = 0;
  /// The stream whose DATA may come next where no other's can; 0: several, or none.
  virtual std::uint32_t only_open_stream() const = 0;
  virtual bool is_open(std::uint32_t stream) const = 0;
};

/// Pushed; one direction; one thread. Content is handed on without a copy; while frames are looked for after a loss, at
/// most kResyncBytes are kept.
class FrameReader {
 public:
  enum class Start : std::uint8_t { kPreface, kFrame, kMiddle };
  FrameReader(Start start, FrameHandler& handler, Http2Stats& stats);

  void push(Bytes bytes);
  void lose(std::uint64_t size);
  /// No more will come. False: it stopped inside a frame or before frames were found again.
  bool finish();

  std::size_t memory_bytes() const { return buffer_.capacity(); }

  /// Bytes looked through for frames at once: the largest frame by default, and the header behind it.
  static constexpr std::size_t kResyncBytes = 2 * (kDefaultFrameBytes + kFrameHeaderBytes);

 private:
  enum class State : std::uint8_t { kPreface, kHeader, kPrefix, kContent, kPadding, kResync };

  Bytes step(Bytes bytes);
  Bytes read_preface(Bytes bytes);
  Bytes read_header(Bytes bytes);
  Bytes read_prefix(Bytes bytes);
  Bytes read_content(Bytes bytes);
  Bytes read_padding(Bytes bytes);
  Bytes resync(Bytes bytes);
  void begin_frame();
  void enter(State state);
  void end_frame();
  std::uint64_t lose_inside(std::uint64_t size);
  void lose_frames(std::uint64_t size);
  void tell_lost(std::size_t skipped);
  std::optional<std::size_t> find_frame();
  bool is_frame_at(std::size_t position, bool& undecided) const;
  void found_frame(std::size_t position);
  bool bridge(std::size_t position);

  FrameHandler& handler_;
  Http2Stats& stats_;
  State state_;
  FrameHeader frame_;
  std::array<std::byte, kFrameHeaderBytes> collected_{};
  std::size_t collected_size_ = 0;
  std::uint64_t content_left_ = 0;
  std::uint64_t padding_left_ = 0;
  bool odd_ = false;
  FrameHeader last_data_;      // the last whole DATA frame
  bool uniform_data_ = false;  // more of its length are likely to follow it
  // --- while frames are looked for
  bool counts_loss_ = false;      // how many bytes lie between the last frame and buffer_ is known:
  std::uint64_t lost_bytes_ = 0;  // this many
  ByteBuffer buffer_;
  std::size_t searched_ = 0;  // of buffer_
};

}  // namespace sallyport::http2
