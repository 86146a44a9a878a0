// Messages of a gRPC body: a byte of flags, four bytes of length, the message. gRPC "PROTOCOL-HTTP2.md",
// Length-Prefixed-Message; gRPC-Web "PROTOCOL-WEB.md" for the trailers' flag.
#pragma once

#include <array>
#include <cstdint>

#include "daemon/base/bytes.h"

namespace sallyport::grpc {

inline constexpr std::uint8_t kCompressed = 0x01;
inline constexpr std::uint8_t kTrailers = 0x80;

/// Receives the messages of one body, one after the other.
class MessageHandler {
 public:
  virtual ~MessageHandler() = default;
  virtual void message_begin(std::uint8_t flags, std::uint32_t size) = 0;
  /// As sent; the span dies with the call.
  virtual void message_bytes(Bytes bytes) = 0;
  virtual void message_lost(std::uint64_t size) = 0;
  virtual void message_end() = 0;
};

/// Pushed; one body; one thread. Hands bytes on without a copy.
class LengthPrefixed {
 public:
  explicit LengthPrefixed(MessageHandler& handler) : handler_(handler) {}

  void push(Bytes bytes);
  /// `size` bytes were lost; 0: an unknown number. False where the place in the framing is lost: nothing more is read.
  bool lose(std::uint64_t size);

  /// Some message has flags that do not exist, or ended early: this may be no gRPC body.
  bool odd() const { return odd_; }
  /// Between two messages.
  bool at_boundary() const { return !in_message_ && prefix_size_ == 0; }

 private:
  static constexpr std::size_t kPrefixBytes = 5;

  void end_message();

  MessageHandler& handler_;
  std::array<std::byte, kPrefixBytes> prefix_{};
  std::size_t prefix_size_ = 0;
  std::uint64_t left_ = 0;
  bool in_message_ = false;
  bool odd_ = false;
  bool lost_ = false;
};

}  // namespace sallyport::grpc
