// First step of SMB: the bytes of one direction -> where messages begin. Direct TCP (MS-SMB2 2.1) and the NetBIOS
// session service (RFC 1002 4.3) share one four-byte header.
#pragma once

#include <cstdint>

#include "daemon/base/bytes.h"
#include "daemon/protocols/smb/smb_config.h"

namespace sallyport::smb {

/// The four bytes every SMB message begins with, as a big-endian number: 0xff, 0xfe, 0xfd or 0xfc, then "SMB".
enum class Magic : std::uint32_t {
  kSmb1 = 0xff534d42,
  kSmb2 = 0xfe534d42,
  kTransform = 0xfd534d42,
  kCompressed = 0xfc534d42,
};
/// Bytes a message with this beginning has at least; zero where it is no SMB message.
std::uint32_t message_bytes_min(std::uint32_t magic);

struct MessageStart {
  std::uint32_t size = 0;   ///< bytes of the message; zero: no message begins in these bytes
  std::uint32_t magic = 0;  ///< not zero: found by scanning, and the first four bytes of the message are taken already
  bool is_empty = false;    ///< a message of no bytes went by, which is how SMB1 refuses a raw read
};

/// Finds message boundaries; after lose() it scans for the next plausible one. Not thread-safe. Buffers eight bytes.
class NetbiosFraming {
 public:
  NetbiosFraming(const SmbConfig& config, SmbStats& stats) : config_(config), stats_(stats) {}

  /// Takes bytes off the front of `bytes` up to the beginning of the next message, or all of them.
  MessageStart next(Bytes& bytes);
  /// `size` bytes are missing between messages.
  void gap(std::uint64_t size);
  /// The last message began with `size` in its header and then `first_four`, and is none: scans on from there.
  void lose(std::uint32_t size, std::uint32_t first_four);
  /// Framing was lost, and no message was found since.
  bool is_scanning() const { return scanning_; }
  /// Between two messages of which nothing has come yet.
  bool is_between() const { return header_bytes_ == 0 && session_left_ == 0 && !scanning_; }
  /// More bytes were scanned in vain than resync_bytes_max.
  bool failed() const { return scanned_ > config_.resync_bytes_max; }

 private:
  MessageStart take_header(Bytes& bytes);
  MessageStart scan(Bytes& bytes);
  void start_scan(std::uint64_t window);

  const SmbConfig& config_;
  SmbStats& stats_;
  std::uint64_t window_ = 0;        // the last bytes taken, newest lowest
  unsigned header_bytes_ = 0;       // of the four, how many window_ has
  std::uint64_t session_left_ = 0;  // bytes of a session service message that are still to be skipped
  std::uint64_t scanned_ = 0;       // since framing was lost
  bool scanning_ = false;
};

}  // namespace sallyport::smb
