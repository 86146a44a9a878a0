// A protobuf message walked without its schema: which length-delimited fields begin an image, archive or document.
// Protocol Buffers "Encoding": a tag, then a varint, 4 or 8 bytes, or a length and so many bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "daemon/base/bytes.h"
#include "daemon/contract/content_type.h"
#include "daemon/protocols/embedded/magic.h"

namespace sallyport::grpc {

/// Where a field stands: a hash of the field numbers from the message down to it. The message itself is kWholeMessage.
using FieldPath = std::uint64_t;
inline constexpr FieldPath kWholeMessage = 0xcbf29ce484222325ULL;

/// Receives objects, one after the other, and all other bytes.
class FieldHandler {
 public:
  virtual ~FieldHandler() = default;
  /// A field of unknown content at `path`: whether it goes on with what an earlier one began.
  virtual bool goes_on(FieldPath path) const = 0;
  /// kUnknown: it goes on.
  virtual void object_begin(FieldPath path, ContentType content) = 0;
  virtual void object_bytes(Bytes bytes) = 0;
  virtual void object_lost(std::uint64_t size) = 0;
  /// `whole`: all bytes that the field's length promised came.
  virtual void object_end(bool whole) = 0;
  /// Bytes of no object: tags, numbers, texts.
  virtual void other_bytes(Bytes bytes) = 0;
};

/// Pushed; one message after the other; one thread. A field that begins no object is taken for a message inside; where
/// its bytes are none the rest of it is passed over. Object bytes are handed on without a copy. Memory: 24 bytes a
/// level.
class ProtobufFields {
 public:
  explicit ProtobufFields(FieldHandler& handler) : handler_(handler) {}

  /// `size`: of the message, where it is known.
  void begin(std::optional<std::uint64_t> size);
  void push(Bytes bytes);
  void lose(std::uint64_t size);
  void end();

  /// Some field lay deeper than kLevelsMax: it was not looked into.
  bool too_deep() const { return too_deep_; }

  /// Messages inside one another; protobuf's own readers stop at 100.
  static constexpr std::size_t kLevelsMax = 100;

 private:
  enum class State : std::uint8_t { kTag, kVarint, kLength, kStart, kSkip, kObject };
  struct Level {
    std::uint64_t end = 0;
    FieldPath path = kWholeMessage;
  };

  Bytes step(Bytes bytes);
  Bytes read_fields(Bytes bytes);
  bool field_byte(std::uint8_t byte);
  bool varint_byte(std::uint8_t byte);
  bool on_tag();
  bool on_length();
  Bytes read_start(Bytes bytes);
  Bytes read_skip(Bytes bytes);
  Bytes read_object(Bytes bytes);
  void judge_start();
  void skip_level();
  void enter_tag();
  std::uint64_t left() const { return levels_.back().end - position_; }

  FieldHandler& handler_;
  State state_ = State::kTag;
  std::vector<Level> levels_;
  std::uint64_t position_ = 0;
  std::uint64_t varint_ = 0;
  unsigned varint_bits_ = 0;
  std::uint64_t skip_to_ = 0;
  FieldPath path_ = kWholeMessage;  // of the field whose tag was read
  std::array<std::byte, embedded::kMagicBytes> start_{};
  std::size_t start_size_ = 0;
  bool too_deep_ = false;
};

}  // namespace sallyport::grpc
