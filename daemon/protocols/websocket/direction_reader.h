// Frames and messages of one direction of a WebSocket connection. RFC 6455 5, RFC 7692.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "daemon/protocols/http/upgrade.h"
#include "daemon/protocols/websocket/frame_header.h"
#include "daemon/protocols/websocket/handshake.h"
#include "daemon/protocols/websocket/joined_image.h"
#include "daemon/protocols/websocket/message_inflater.h"

namespace sallyport::websocket {

/// What both directions of a connection share. One thread.
struct Connection {
  const Flow& flow;
  const http::Upgrade& upgrade;
  const WebSocketConfig& config;
  WebSocketStats& stats;
  Handshake handshake;
};

/// Pushed; one direction; one thread. `connection` outlives it.
class DirectionReader : private http::ByteOutput {
 public:
  /// `reads_answer`: the server's HTTP head comes first.
  DirectionReader(Connection& connection, http::EntityContext context, Direction direction, bool reads_answer);

  void push(Bytes bytes, Timestamp time);
  void lose(std::uint64_t size, Timestamp time);
  void conflict(Timestamp time);
  /// FIN, or the end of the flow: a message that is open stops here. The second call changes nothing.
  void finish(http::BodyEnd end, Timestamp time);
  /// What is joined apart, which has a budget of its own.
  std::size_t memory_bytes() const {
    return answer_.capacity() + (body_ ? body_->memory_bytes() : 0) + (inflater_ ? MessageInflater::kMemoryBytes : 0);
  }

 private:
  enum class State : std::uint8_t { kAnswer, kHeader, kPayload, kLost };

  bool take(Bytes bytes) override;

  Bytes step(Bytes bytes);
  Bytes read_answer(Bytes bytes);
  Bytes read_header(Bytes bytes);
  Bytes read_payload(Bytes bytes);
  void read_lost(Bytes bytes);
  void begin_frame();
  bool is_odd_frame() const;
  bool carries_message() const;
  void begin_message();
  void message_bytes(Bytes bytes);
  void inflate(Bytes bytes);
  NotInspected inflate_failure();
  void end_frame();
  void end_message();
  void cut_message(http::BodyEnd end);
  void lose_payload(std::uint64_t size);
  void lose_frames(std::uint64_t size);
  void fail(NotInspected reason);
  http::EntityOrigin origin(const std::string& what) const;

  Connection& connection_;
  http::EntityContext context_;
  Direction direction_;
  State state_;
  bool finished_ = false;
  std::string answer_;
  // --- the frame
  std::array<std::byte, kFrameHeaderBytesMax> header_{};
  std::size_t header_size_ = 0;
  FrameHeader frame_;
  std::uint64_t position_ = 0;  // in its payload
  // --- the message
  bool in_message_ = false;
  bool is_binary_ = false;
  bool is_compressed_ = false;
  bool is_odd_ = false;
  bool too_large_ = false;
  std::optional<NotInspected> failure_;  // later bytes of the message cannot be read
  std::uint64_t message_number_ = 0;
  std::uint64_t taken_ = 0;  // bytes of the message as sent
  std::uint64_t made_ = 0;   // and inflated
  std::unique_ptr<http::Entity> body_;
  JoinedImage joined_;
  // --- the connection
  std::unique_ptr<MessageInflater> inflater_;  // made with the first compressed message
  bool context_lost_ = false;                  // later compressed messages refer to bytes that nobody has
  TransferId rest_;                            // what comes behind lost framing, counted
  std::uint64_t rest_size_ = 0;
};

}  // namespace sallyport::websocket
