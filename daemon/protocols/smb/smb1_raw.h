// SMB1 READ_RAW and WRITE_RAW: data that goes by without any header, in a frame of its own (MS-CIFS 2.2.4.22, .25, .28;
// 3.2.4.14.4, 3.2.4.15.1).
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "daemon/protocols/smb/smb1_connection.h"

namespace sallyport::smb {

/// How much of a frame tells whether it is raw data or a message.
std::size_t smb1_raw_head_bytes(Bytes head, std::uint64_t available);

/// The raw dialogs of one connection. Raw data looks like anything, also like a message: what it is follows from what
/// was asked for. Where it does not, the frame is taken by its look, and the file is flagged. Not thread-safe; lives as
/// long as the parser. Remembers one write and kRawReadsMax reads.
class Smb1RawDialogs {
 public:
  explicit Smb1RawDialogs(Smb1Connection& connection) : connection_(connection) {}

  static bool is_part(const Smb1Header& header);
  Payload on_message(const Smb1Message& message);

  /// Whether the next frame of that side may be raw data.
  bool expects(bool upload) const { return upload ? write_.has_value() : !reads_.empty(); }
  bool is_idle() const { return !expects(true) && !expects(false); }
  /// Whether a frame with this head is; to be asked while one is expected. A head may be asked about again when it has
  /// grown.
  bool is_raw(bool upload, Bytes head);
  Payload on_raw(bool upload, Bytes head, std::uint64_t size, Timestamp time);
  /// A frame of no bytes: nothing was read, or is left to write.
  void on_empty(bool upload);
  /// Frames of that side were lost; raw data may have been among them.
  void messages_lost(bool upload);

 private:
  /// Clients must have one request only while they read raw; more are somebody playing.
  static constexpr std::size_t kRawReadsMax = 8;

  struct RawWrite {
    std::uint64_t request_key = 0;
    std::uint64_t file = 0;  ///< handle in OpenFiles
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    bool is_confirmed = false;  ///< the server waits for the data
  };
  struct RawRead {
    std::uint64_t file = 0;
    std::uint64_t offset = 0;
    std::uint64_t size_max = 0;
  };

  Payload on_write_request(const Smb1Message& message);
  void on_write_reply(const Smb1Message& message);
  void on_read_request(const Smb1Message& message);
  Payload take_write(const Smb1Message& frame);
  Payload take_read(const Smb1Message& frame);
  void give_up_write();

  Smb1Connection& connection_;
  std::optional<RawWrite> write_;
  std::deque<RawRead> reads_;
};

}  // namespace sallyport::smb
