// What every part of the SMB parser needs to know of its flow.
#pragma once

#include "daemon/contract/flow.h"
#include "daemon/contract/transfer_sink.h"
#include "daemon/protocols/smb/global_tables.h"
#include "daemon/protocols/smb/smb_config.h"

namespace sallyport::smb {

/// Owned by the parser; lives as long as it.
struct SmbFlow {
  const Flow flow;
  TransferSink& sink;
  const SmbConfig& config;
  SmbStats& stats;
  GlobalTables& tables;
  /// In mid-stream pickup who is the client is a guess; the messages tell better.
  bool reversed = false;

  /// Who sends requests.
  Direction request_direction() const { return reversed ? Direction::kServerToClient : Direction::kClientToServer; }
  const Endpoint& smb_client() const { return flow.sender(request_direction()); }
  const Endpoint& smb_server() const { return flow.receiver(request_direction()); }
};

}  // namespace sallyport::smb
