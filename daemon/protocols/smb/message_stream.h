// Second step of SMB: one direction -> message heads, buffered, and payload, handed on as it comes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <tl/expected.hpp>

#include "daemon/base/bytes.h"
#include "daemon/base/time.h"
#include "daemon/contract/transfer_sink.h"
#include "daemon/protocols/smb/compression/compressed_message.h"
#include "daemon/protocols/smb/frame_buffer.h"
#include "daemon/protocols/smb/netbios_framing.h"
#include "daemon/protocols/smb/smb_flow.h"

namespace sallyport::smb {

/// A run of object bytes inside a message.
struct Payload {
  TransferId id;  ///< zero: nobody wants it
  Interest interest = Interest::kNone;
  std::uint64_t offset = 0;  ///< in the object
  std::uint64_t size = 0;
  std::uint64_t at = 0;  ///< from the beginning of the message; not before the end of the head
  bool is_unit = false;  ///< the receiver acts on it when it is whole
};

/// What the reader of a head wants next.
struct HeadPlan {
  /// More than the head has, at most `available` and kHeadBytesMax: buffer that many bytes and ask again.
  std::size_t need = 0;
  std::uint64_t message_size = 0;  ///< of this message of a compound
  Payload payload{};
  bool lost = false;  ///< this is no SMB message: look for the next one
  /// Nothing can be said before the frame is whole: buffer it, then ask on_whole_frame(). For the first message of a
  /// frame.
  bool whole_frame = false;
};

/// Understands heads. `head` starts with the protocol identifier; `available` counts the bytes of the frame from there
/// on.
class HeadReader {
 public:
  virtual ~HeadReader() = default;
  virtual HeadPlan on_head(Direction direction, Bytes head, std::uint64_t available, bool first, Timestamp time) = 0;
  /// A frame without a message in it.
  virtual void on_empty_message(Direction direction) = 0;
  /// `size` bytes of messages of which nothing is known fell into a gap, or were skipped; zero: nobody knows how many.
  virtual void on_messages_lost(Direction direction, std::uint64_t size, Timestamp time) = 0;
  /// Gives the message or compound that the frame stands for, which begins with the identifier of SMB2.
  virtual tl::expected<PlainMessage, NotInspected> on_whole_frame(Direction direction, Bytes frame, Timestamp time) = 0;
  /// Such a frame will not be read. Gives what its `size` bytes behind the head count as.
  virtual Payload on_frame_refused(Direction direction, std::uint64_t size, NotInspected reason, Timestamp time) = 0;
};

/// Most bytes of a head that are buffered: a CREATE with a 64 KiB path and contexts, a Kerberos ticket, and a whole
/// SMB1 message (128 KiB of data at most, MS-SMB 2.2.4.3.1) fit. What is longer is read as far as that.
inline constexpr std::size_t kHeadBytesMax = 160 * 1024;

/// One direction of one flow. Not thread-safe. Buffers at most kHeadBytesMax and one frame, which FrameBuffer bounds.
class MessageStream {
 public:
  MessageStream(Direction direction, SmbFlow& flow, HeadReader& reader)
      : direction_(direction),
        flow_(flow),
        reader_(reader),
        framing_(flow.config, flow.stats),
        frame_(flow.config, flow.stats) {}

  void feed(Bytes bytes, Timestamp time);
  void gap(std::uint64_t size, Timestamp time);
  /// No more will come: a frame that is not whole counts as not inspected, kAborted.
  void finish(Timestamp time);
  /// The transfer whose payload is going by; zero between payloads.
  TransferId open_payload() const { return payload_.size > 0 ? payload_.id : TransferId{}; }
  bool failed() const { return framing_.failed(); }
  /// Between two frames: a new one of these would go on just as well.
  /// Of the head. A frame that is collected has a budget of its own.
  std::size_t memory_bytes() const { return head_.capacity(); }
  bool is_between() const { return frame_left_ == 0 && !in_head_ && !collecting_ && framing_.is_between(); }

 private:
  void begin_frame(Bytes& bytes, Timestamp time);
  void begin_message();
  std::size_t take(Bytes body, Timestamp time);
  std::size_t take_head(Bytes body, Timestamp time);
  void read_head(Timestamp time);
  void begin_collecting(Timestamp time);
  std::size_t collect(Bytes body, Timestamp time);
  void open_frame(Timestamp time);
  void refuse_frame(NotInspected reason, Timestamp time);
  void read_plain(Bytes message, Timestamp time);
  void deliver(Bytes bytes, Timestamp time);
  void payload_went_by(std::uint64_t size, Timestamp time);
  std::uint64_t lose(std::uint64_t size, Timestamp time);
  bool message_done() const { return !in_head_ && !collecting_ && lead_ == 0 && payload_.size == 0 && tail_ == 0; }

  Direction direction_;
  SmbFlow& flow_;
  HeadReader& reader_;
  NetbiosFraming framing_;
  std::uint32_t frame_size_ = 0;
  std::uint64_t frame_left_ = 0;
  // Of the present message: its head while that is incomplete, then three runs of bytes to the message's end.
  bool first_ = true;
  bool in_head_ = false;
  std::size_t need_ = 0;
  ByteBuffer head_;
  std::uint64_t lead_ = 0;
  Payload payload_;
  std::uint64_t tail_ = 0;
  // Of a frame that has to be whole first.
  bool collecting_ = false;
  std::size_t frame_head_ = 0;  // bytes that do not count as its content
  FrameBuffer frame_;
};

}  // namespace sallyport::smb
