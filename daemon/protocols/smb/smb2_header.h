// The 64 bytes before every SMB2 command (MS-SMB2 2.2.1).
#pragma once

#include <cstdint>
#include <optional>

#include "daemon/base/bytes.h"

namespace sallyport::smb {

inline constexpr std::size_t kSmb2HeaderBytes = 64;

/// MS-SMB2 2.2.1.2; the commands we look at.
enum class Command : std::uint16_t {
  kNegotiate = 0x00,
  kSessionSetup = 0x01,
  kLogoff = 0x02,
  kTreeConnect = 0x03,
  kTreeDisconnect = 0x04,
  kCreate = 0x05,
  kClose = 0x06,
  kRead = 0x08,
  kWrite = 0x09,
  kIoctl = 0x0b,
  kCancel = 0x0c,
  kSetInfo = 0x11,
  kOplockBreak = 0x12,
};

/// MS-ERREF 2.3.1.
enum class NtStatus : std::uint32_t {
  kSuccess = 0,
  kPending = 0x00000103,
  kBufferOverflow = 0x80000005,  ///< a warning: what fits is there
  kMoreProcessingRequired = 0xc0000016,
  kEndOfFile = 0xc0000011,
};

struct Smb2Header {
  std::uint32_t status = 0;  ///< replies only
  Command command = Command::kNegotiate;
  std::uint32_t flags = 0;
  std::uint32_t next_command = 0;  ///< bytes to the next message of the compound; 0: the last
  std::uint64_t message_id = 0;
  std::uint64_t async_id = 0;  ///< where is_async()
  std::uint32_t tree_id = 0;   ///< where not
  std::uint64_t session_id = 0;

  bool is_reply() const { return flags & 0x1; }
  bool is_async() const { return flags & 0x2; }
  bool is_related() const { return flags & 0x4; }
  bool is_dfs() const { return flags & 0x10000000; }
  bool is_replay() const { return flags & 0x20000000; }
  bool is(NtStatus wanted) const { return status == static_cast<std::uint32_t>(wanted); }
  bool is_error() const { return status >> 30 == 3; }
};

/// Nothing where StructureSize is not 64 or bytes are missing.
std::optional<Smb2Header> parse_smb2_header(Bytes message);

}  // namespace sallyport::smb
