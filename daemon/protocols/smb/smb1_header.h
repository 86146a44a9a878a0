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
  kOpen = 0x02,
  kCreate = 0x03,
  kClose = 0x04,
  kRename = 0x07,
  kRead = 0x0a,
  kWrite = 0x0b,
  kCreateTemporary = 0x0e,
  kCreateNew = 0x0f,
  kLockAndRead = 0x13,
  kWriteAndUnlock = 0x14,
  kReadRaw = 0x1a,
  kReadMpx = 0x1b,
  kReadMpxSecondary = 0x1c,
  kWriteRaw = 0x1d,
  kWriteMpx = 0x1e,
  kWriteMpxSecondary = 0x1f,
  kWriteComplete = 0x20,
  kLockingAndx = 0x24,
  kTransaction = 0x25,
  kTransactionSecondary = 0x26,
  kCopy = 0x29,
  kWriteAndClose = 0x2c,
  kOpenAndx = 0x2d,
  kReadAndx = 0x2e,
  kWriteAndx = 0x2f,
  kTransaction2 = 0x32,
  kTransaction2Secondary = 0x33,
  kTreeConnect = 0x70,
  kTreeDisconnect = 0x71,
  kSessionSetupAndx = 0x73,
  kLogoffAndx = 0x74,
  kTreeConnectAndx = 0x75,
  kNtTransact = 0xa0,
  kNtTransactSecondary = 0xa1,
  kNtCreateAndx = 0xa2,
  kNtCancel = 0xa4,
  kNtRename = 0xa5,
  kOpenPrintFile = 0xc0,
  kWritePrintFile = 0xc1,
  kClosePrintFile = 0xc2,
  kReadBulk = 0xd8,
  kWriteBulk = 0xd9,
  kWriteBulkData = 0xda,
  kNone = 0xff,  ///< the end of a chain
};
bool is_andx(Smb1Command command);

inline constexpr std::uint16_t kOplockBreakMultiplexId = 0xffff;

struct Smb1Header {
  Smb1Command command = Smb1Command::kNone;
  std::uint32_t status = 0;
  bool is_reply = false;
  bool is_unicode = false;
  std::uint16_t multiplex_id = 0;
  std::uint16_t tree_id = 0;
  std::uint16_t user_id = 0;
  std::uint64_t request_key = 0;  ///< process and multiplex id: what a reply repeats of its request

  /// STATUS_BUFFER_OVERFLOW and other warnings are no errors; DOS error classes are.
  bool is_error() const { return status >> 30 == 3 || (status != 0 && status >> 30 == 0); }
  /// What a server sends of its own accord when another client wants the file (MS-CIFS 3.3.4.2).
  bool is_oplock_break() const {
    return command == Smb1Command::kLockingAndx && !is_reply && multiplex_id == kOplockBreakMultiplexId;
  }
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
