// protocols/dispatcher -> here -> TransferSink: files in SMB1 and SMB2/3 traffic, both directions of one flow.
// Sources: MS-SMB2 (2.0.2 to 3.1.1), MS-CIFS and MS-SMB (READ_ANDX, WRITE_ANDX), RFC 1002 4.3.
#pragma once

#include <memory>

#include "daemon/base/bytes.h"
#include "daemon/contract/flow.h"
#include "daemon/contract/transfer_sink.h"
#include "daemon/protocols/protocol_parser.h"
#include "daemon/protocols/recognition.h"
#include "daemon/protocols/smb/global_tables.h"
#include "daemon/protocols/smb/smb_config.h"

namespace sallyport::smb {

/// One file makes up to two transfers, what is written and what is read, that other flows of the session may join
/// (multichannel). The written side ends at the CLOSE request, because the client sends nothing after it and an inline
/// front end may be holding that very packet; the read side at the CLOSE reply, because READ replies may precede it.
/// READ replies whose request was not seen go, in the order of their coming, to one nameless transfer a flow.
/// `sink`, `config` and `stats` must outlive the parser. One thread. `tables`: what all flows have in common; without
/// them the flow is a world of its own.
std::unique_ptr<ProtocolParser> make_smb_parser(const Flow& flow, TransferSink& sink, const SmbConfig& config,
                                                SmbStats& stats, std::shared_ptr<GlobalTables> tables = nullptr);

struct SmbEnvironment {
  const SmbConfig& config;
  SmbStats& stats;
  std::shared_ptr<GlobalTables> tables;
};
/// The parser of a flow that went to sleep() and left `memory`: it goes on as if it had never been away.
std::unique_ptr<ProtocolParser> wake_smb_parser(const Flow& flow, const ParserMemory& memory, TransferSink& sink,
                                                const SmbEnvironment& environment);

/// Whether a direction that begins with `prefix` is SMB. Eight bytes decide.
Recognition recognise_smb(Direction direction, Bytes prefix);

}  // namespace sallyport::smb
