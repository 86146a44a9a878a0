// One image over several binary messages of one direction: pieces of a file that a client cuts itself.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "daemon/contract/image_end.h"
#include "daemon/protocols/http/http_entity.h"
#include "daemon/protocols/websocket/websocket_config.h"

namespace sallyport::websocket {

/// Begins where a message begins with an image's magic number and ends before the image does; each following binary
/// message that begins none goes on with it, until the image's own structure ends. The joined image is a transfer
/// beside those of the messages, so a wrong guess hides nothing. Pushed; one thread.
class JoinedImage {
 public:
  JoinedImage(http::EntityContext& context, const WebSocketConfig& config, WebSocketStats& stats);
  ~JoinedImage();

  /// `origin`: of the message; facts and key of the image are made from it.
  void begin_message(const http::EntityOrigin& origin);
  void push(Bytes bytes);
  void end_message();
  /// The messages do not go on with it: a loss, or the end.
  void give_up();
  void flag(EvasionSet evasions);

 private:
  enum class State : std::uint8_t {
    kNone,   ///< no image, until the next message
    kStart,  ///< the first bytes of a message
    kFirst,  ///< in the message that began the image
    kNext,   ///< in a later one
  };

  bool is_open() const { return end_.has_value(); }
  void judge_start();
  void begin_image(ContentType type);
  void first_bytes(Bytes bytes);
  void next_bytes(Bytes bytes);
  void keep(Bytes bytes);
  void release_kept();
  void drop();
  void finish();

  http::EntityContext& context_;
  const WebSocketConfig& config_;
  WebSocketStats& stats_;
  State state_ = State::kNone;
  http::EntityOrigin origin_;  // of the message that began the image
  http::EntityOrigin next_origin_;
  ByteBuffer start_;
  std::optional<ImageEnd> end_;         // of the image that is open
  ByteBuffer kept_;                     // the first message, until a second one goes on
  std::unique_ptr<http::Entity> body_;  // the image, once a second message went on
  std::uint64_t size_ = 0;              // of the image so far
};

}  // namespace sallyport::websocket
