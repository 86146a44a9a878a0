// Messages whose bytes cannot be had: encrypted, compressed and not decoded, or of commands that are not parsed. One
// transfer for each direction, kind and reason of a flow, with an account and nothing else.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>

#include "daemon/protocols/smb/message_stream.h"
#include "daemon/protocols/smb/smb_flow.h"

namespace sallyport::smb {

enum class OpaqueKind : std::uint8_t {
  kEncrypted,    ///< SMB2 TRANSFORM_HEADER, MS-SMB2 2.2.41
  kCompressed,   ///< SMB2 COMPRESSION_TRANSFORM_HEADER, MS-SMB2 2.2.42
  kSmb1Command,  ///< multiplexed and bulk reads and writes, MS-CIFS 2.2.4
};

/// Not thread-safe; lives as long as the parser.
class OpaqueTraffic {
 public:
  explicit OpaqueTraffic(SmbFlow& flow) : flow_(flow) {}

  struct Part {
    OpaqueKind kind = OpaqueKind::kEncrypted;
    NotInspected reason = NotInspected::kEncrypted;
    Direction direction = Direction::kClientToServer;
    auto operator<=>(const Part&) const = default;
  };

  /// `size` bytes that begin `at` bytes after the start of the message go by.
  Payload payload(const Part& part, const std::string& user, std::uint64_t size, std::uint64_t at, Timestamp time);
  void end_all(EndReason reason, Timestamp time);
  bool is_idle() const { return running_.empty(); }

 private:
  struct Running {
    TransferId id;
    std::uint64_t size = 0;
  };

  SmbFlow& flow_;
  std::map<Part, Running> running_;  // bounded by the values of Part
};

}  // namespace sallyport::smb
