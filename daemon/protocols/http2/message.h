// One direction of a stream: the head that was told, and the body on its way to the TransferSink. RFC 9113 8.1.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "daemon/protocols/http/http_entity.h"
#include "daemon/protocols/http2/header_block.h"

namespace sallyport::http2 {

/// One thread. A transfer begins with the first byte of the body.
class Message {
 public:
  Message();
  ~Message();
  Message(Message&&) noexcept;

  /// The body that follows has this head. `bodiless`: a length in it is of no body (response to HEAD, 204, 304).
  void open(http::EntityContext& context, http::EntityOrigin origin, const FieldSection& section, bool bodiless);
  /// Bytes come behind the end or behind a reset: what follows is a transfer of its own, so that nobody hides there.
  /// open() is next.
  void restart();

  /// Of an open message whose head was not seen: frames were lost, and the beginning of the body may have been in them.
  void doubt_start() { start_lost_ = true; }
  void take(Bytes bytes);
  /// `size` 0: an unknown number.
  void lose(std::uint64_t size);
  void flag(EvasionSet evasions);
  /// END_STREAM: compares with content-length (RFC 9113 8.1.1). True where the two do not agree.
  bool end();
  /// It stops before its end.
  void cut(http::BodyEnd end);
  /// The receiver wants no more.
  void reset_by_receiver();

  std::size_t memory_bytes() const;

  bool has_head() const { return state_ != State::kIdle; }
  bool has_body() const { return body_ || undecided_; }
  bool ended() const { return state_ == State::kEnded; }
  bool after_reset() const { return state_ == State::kAfterReset; }
  std::uint64_t received() const { return received_; }
  unsigned restarts() const { return restarts_; }

 private:
  struct Undecided;
  enum class State : std::uint8_t { kIdle, kBody, kAfterReset, kEnded };

  void settle_start();

  State state_ = State::kIdle;
  bool lost_ = false;            // the number of bytes says nothing any more
  bool fields_unknown_ = false;  // those that would tell of a type or coding were lost
  bool doubtful_ = false;        // and the first bytes did not tell either
  bool start_lost_ = false;      // what came first need not be the beginning, unless it tells that it is
  unsigned restarts_ = 0;
  std::unique_ptr<http::Entity> body_;
  std::unique_ptr<Undecided> undecided_;  // the body before it, while its fields are guessed
  std::optional<std::uint64_t> declared_;
  std::uint64_t received_ = 0;
};

}  // namespace sallyport::http2
