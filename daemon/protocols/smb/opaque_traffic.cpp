#include "daemon/protocols/smb/opaque_traffic.h"

#include <utility>

namespace sallyport::smb {
namespace {

std::string key_of(const OpaqueTraffic::Part& part) {
  switch (part.kind) {
    case OpaqueKind::kEncrypted:
      return "encrypted";
    case OpaqueKind::kCompressed:
      return "compressed, " + std::string(to_string(part.reason));
    case OpaqueKind::kSmb1Command:
      return "smb1";
  }
  return {};
}

}  // namespace

Payload OpaqueTraffic::payload(const Part& part, const std::string& user, std::uint64_t size, std::uint64_t at,
                               Timestamp time) {
  Running& running = running_[part];
  if (!running.id) {
    const bool upload = part.direction == flow_.request_direction();
    TransferFacts facts;
    facts.protocol = part.kind == OpaqueKind::kSmb1Command ? Protocol::kSmb1 : Protocol::kSmb2;
    facts.sender = flow_.flow.sender(part.direction);
    facts.receiver = flow_.flow.receiver(part.direction);
    facts.upload = upload;
    facts.first_flow = flow_.flow.id;
    facts.user = user;
    facts.opaque = part.reason;
    const std::string key = "smb|flow " + std::to_string(flow_.flow.id.value) + '|' + key_of(part);
    running.id = flow_.sink.begin({key + (upload ? "|w" : "|r")}, facts, flow_.flow.id, time).id;
  }
  return {running.id, Interest::kAccount, std::exchange(running.size, running.size + size), size, at, false};
}

void OpaqueTraffic::end_all(EndReason reason, Timestamp time) {
  for (const auto& [part, running] : running_) {
    if (running.id) flow_.sink.end(running.id, reason, part.reason, flow_.flow.id, time);
  }
  running_.clear();
}

}  // namespace sallyport::smb
