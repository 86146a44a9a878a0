// What the frames of one direction mean: heads, bodies, resets. RFC 9113 5, 6, 8.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "daemon/protocols/http/lost_bytes.h"
#include "daemon/protocols/http/upgrade.h"
#include "daemon/protocols/http2/frame_reader.h"
#include "daemon/protocols/http2/header_block.h"
#include "daemon/protocols/http2/stream_table.h"
#include "daemon/protocols/opaque_parser.h"

namespace sallyport::http2 {

/// What both directions of a connection share. One thread.
struct Connection {
  const Flow& flow;
  TransferSink& sink;
  const Http2Config& config;
  Http2Stats& stats;
  const http::UpgradeFactory& upgrades;
  StreamTable streams;
  OpaqueParser refused;  ///< bytes of streams beyond Http2Config::streams_max
};

/// Pushed; one direction; one thread. `connection` outlives it.
class DirectionReader : private FrameHandler {
 public:
  DirectionReader(Connection& connection, http::EntityContext context, Direction direction, FrameReader::Start start);

  void push(Bytes bytes, Timestamp time);
  void lose(std::uint64_t size, Timestamp time);
  void conflict(Timestamp time);
  /// FIN, or the end of the flow: what is open stops here. The second call changes nothing.
  void finish(http::BodyEnd end, Timestamp time);
  /// Streams are the connection's.
  std::size_t memory_bytes() const {
    return sizeof(*this) + frames_.memory_bytes() + blocks_.memory_bytes() +
           (lost_bytes_ ? lost_bytes_->memory_bytes() : 0);
  }

 private:
  struct Block {
    std::uint32_t stream = 0;    // that its frames are of
    std::uint32_t promised = 0;  // PUSH_PROMISE: the stream that the request is for
    bool is_promise = false;
    bool ends_stream = false;
  };

  void frame_begin(const FrameHeader& frame, Bytes prefix) override;
  void frame_content(const FrameHeader& frame, Bytes bytes) override;
  void frame_content_lost(const FrameHeader& frame, std::uint64_t size) override;
  void frame_end(const FrameHeader& frame, bool odd) override;
  void bytes_lost(std::uint64_t size, Bytes skipped) override;
  void frames_lost() override;
  std::uint32_t only_open_stream() const override;
  bool is_open(std::uint32_t stream) const override;

  bool is_response() const { return direction_ == Direction::kServerToClient; }
  void begin_block(const FrameHeader& frame, Bytes prefix);
  void end_block(bool odd);
  void on_head(Stream& stream, FieldSection& section);
  void on_request(Stream& stream, FieldSection& section);
  void on_response(Stream& stream, FieldSection& section);
  void on_reset(std::uint32_t id);
  void on_data(std::uint32_t id, Bytes bytes);
  void open_message(Stream& stream, const FieldSection& section, std::uint16_t status);
  Message& message_for_data(Stream& stream);
  void open_tunnel(Stream& stream, std::string_view extensions, bool answer_seen, Bytes first_bytes);
  void end_message(Stream& stream);
  void note_odd(Message& message);

  Connection& connection_;
  http::EntityContext context_;
  Direction direction_;
  FrameReader frames_;
  HeaderBlocks blocks_;
  std::optional<Block> block_;                   // between HEADERS or PUSH_PROMISE and END_HEADERS
  std::unique_ptr<http::LostBytes> lost_bytes_;  // since frames were lost for the first time
  bool finished_ = false;
};

}  // namespace sallyport::http2
