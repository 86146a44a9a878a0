// What an operator sets for SMB, and what the parser counts.
#pragma once

#include <cstddef>
#include <cstdint>

#include "daemon/base/counter.h"
#include "daemon/base/limits.h"

namespace sallyport::smb {

/// Bounds of one flow. A value; must outlive the parsers made with it.
struct SmbConfig {
  /// Requests without a reply. Windows and Samba grant at most 8192 credits; above, the oldest is forgotten and
  /// counted.
  std::size_t pending_requests_max = 8192;
  /// Files open at once; above, the oldest is given up with NotInspected::kOverBudget.
  std::size_t open_files_max = 4096;
  /// Sessions and tree connections whose user and share are remembered; above, the oldest is forgotten.
  std::size_t sessions_max = 256;
  std::size_t trees_max = 1024;
  /// UTF-8 bytes of a path, share or user; longer ones are cut at a character.
  std::size_t name_bytes_max = limits::kNameBytesMax;
  /// Bytes of one message, decompressed or not: all that the 24-bit length of the transport can say. Heads and
  /// compressed frames are buffered, nothing else.
  std::size_t message_bytes_max = 0xffffff;
  /// Bytes scanned for the next message after framing was lost; above, the parser fails.
  std::uint64_t resync_bytes_max = std::uint64_t{64} << 20;
  /// Bytes of unfinished compressed frames that all flows with one SmbStats buffer together: more than a hundred of the
  /// 1 MiB frames that Windows sends, eight of the largest. Above, a frame counts as not inspected, kOverBudget.
  std::uint64_t frame_bytes_held_max = std::uint64_t{128} << 20;
};

/// Written by the thread of the flow; one instance may serve all flows of a thread. Must outlive the parsers.
struct SmbStats {
  Counter smb1_messages;
  Counter smb2_messages;
  Counter session_messages;  ///< NetBIOS session service: request, keep-alive, ...
  Counter encrypted_messages;
  Counter compressed_messages;
  Counter decompressed_bytes;      ///< messages that came out of them
  Counter compressed_not_decoded;  ///< of them, those that count as not inspected
  Counter frame_bytes_held;        ///< a gauge: compressed frames that are not whole yet
  Counter creates;
  Counter reads;
  Counter writes;
  Counter closes;
  Counter set_infos;
  Counter pipe_transceives;    ///< FSCTL_PIPE_TRANSCEIVE: payload is counted only
  Counter server_side_copies;  ///< copy chunk, offload and duplicate extents: no bytes on the wire
  Counter durable_opens;       ///< CREATE that asks for, or reconnects to, a durable or persistent handle
  Counter written_bytes;       ///< payload of WRITE
  Counter read_bytes;          ///< payload of READ replies
  Counter accepted_bytes;      ///< what WRITE replies confirm
  Counter refused_writes;      ///< WRITE whose reply was an error; its bytes were sent all the same
  Counter interim_replies;     ///< STATUS_PENDING
  Counter unknown_reads;       ///< READ replies without a request that was seen
  Counter signing_required;    ///< NEGOTIATE replies that require signing
  Counter encryption_offered;  ///< NEGOTIATE replies with an encryption capability
  Counter smb1_raw_messages;   ///< SMB1 raw data: frames without a header
  Counter evicted_requests;
  Counter evicted_files;
  Counter evicted_shared;      ///< entries of GlobalTables that gave way
  Counter malformed;           ///< messages whose lengths or offsets contradict each other
  Counter resyncs;             ///< times that framing was lost
  Counter resync_bytes;        ///< bytes skipped while looking for the next message
  Counter lost_messages;       ///< messages whose head fell into a gap
  Counter smb1_not_inspected;  ///< SMB1 data commands that are only counted (multiplexed, bulk)
  Counter unparsed_bytes;      ///< after the parser failed
};

}  // namespace sallyport::smb
