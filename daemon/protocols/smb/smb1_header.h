// The 32 bytes before every SMB1 command, and the chain of command blocks behind them (MS-CIFS 2.2.3, MS-SMB 2.2.3.1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "daemon/base/bytes.h"

namespace sallyport::smb {

inline constexpr std::size_t kSmb1HeaderBytes = 32;

/// MS-CIFS 2.2.2.1; the commands we look at.
enum class Smb1Command : std::uint8_t {
  kClose = 0x04,
  kCoreRead = 0x0a,
  kCoreWrite = 0x0b,
  kLockAndRead = 0x13,
  kWriteAndUnlock = 0x14,
  kReadRaw = 0x1a,
  kReadMpx = 0x1b,
  kWriteRaw = 0x1d,
  kWriteMpx = 0x1e,
  kWriteAndClose = 0x2c,
  kOpenAndx = 0x2d,
  kReadAndx = 0x2e,
  kWriteAndx = 0x2f,
  kTreeDisconnect = 0x71,
  kSessionSetupAndx = 0x73,
  kTreeConnectAndx = 0x75,
  kNtCreateAndx = 0xa2,
  kNone = 0xff,  ///< the end of a chain
};
bool is_andx(Smb1Command command);

struct Smb1Header {
  Smb1Command command = Smb1Command::kNone;
  std::uint32_t status = 0;
  bool is_reply = false;
  bool is_unicode = false;
  std::uint16_t tree_id = 0;
  std::uint16_t user_id = 0;
  std::uint64_t request_key = 0;  ///< process and multiplex id: what a reply repeats of its request

  /// STATUS_BUFFER_OVERFLOW and other warnings are no errors; DOS error classes are.
  bool is_error() const { return status >> 30 == 3 || (status != 0 && status >> 30 == 0); }
};

/// Nothing where bytes are missing.
std::optional<Smb1Header> parse_smb1_header(Bytes message);

/// One command of a chain. Spans point into the message.
struct Smb1Block {
  Smb1Command command = Smb1Command::kNone;
  Smb1Command next_command = Smb1Command::kNone;
  std::size_t next_offset = 0;  ///< from the start of the header
  Bytes words;                  ///< parameters, with the four bytes of an AndX command
  Bytes bytes;                  ///< data, as far as it was buffered
  std::size_t bytes_at = 0;     ///< where `bytes` begins, from the start of the header
};

/// The block at `offset`; nothing where its parameters are cut short.
std::optional<Smb1Block> parse_smb1_block(Bytes message, Smb1Command command, std::size_t offset);

}  // namespace sallyport::smb
