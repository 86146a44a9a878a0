#include "daemon/protocols/smb/opaque_traffic.h"

#include <utility>

namespace sallyport::smb {
namespace {

constexpr std::array<const char*, kOpaqueKindCount> kWords{"encrypted", "compressed", "smb1"};
constexpr std::array<NotInspected, kOpaqueKindCount> kReasons{NotInspected::kEncrypted, NotInspected::kUnknownCoding,
                                                              NotInspected::kUnknownCoding};

std::size_t index_of(OpaqueKind kind) {
  return static_cast<std::size_t>(kind);
}

}  // namespace

Payload OpaqueTraffic::payload(OpaqueKind kind, Direction direction, const std::string& user, std::uint64_t size,
                               std::uint64_t at, Timestamp time) {
  Running& running = running_[2 * index_of(kind) + sallyport::index_of(direction)];
  if (!running.id) {
    const bool upload = direction == flow_.request_direction();
    TransferFacts facts;
    facts.protocol = kind == OpaqueKind::kSmb1Command ? Protocol::kSmb1 : Protocol::kSmb2;
    facts.sender = flow_.flow.sender(direction);
    facts.receiver = flow_.flow.receiver(direction);
    facts.upload = upload;
    facts.first_flow = flow_.flow.id;
    facts.user = user;
    facts.opaque = kReasons[index_of(kind)];
    const std::string key = "smb|flow " + std::to_string(flow_.flow.id.value) + '|' + kWords[index_of(kind)];
    running.id = flow_.sink.begin({key + (upload ? "|w" : "|r")}, facts, flow_.flow.id, time).id;
  }
  return {running.id, Interest::kAccount, std::exchange(running.size, running.size + size), size, at, false};
}

void OpaqueTraffic::end_all(EndReason reason, Timestamp time) {
  for (std::size_t i = 0; i < running_.size(); ++i) {
    if (running_[i].id) flow_.sink.end(running_[i].id, reason, kReasons[i / 2], flow_.flow.id, time);
    running_[i] = {};
  }
}

}  // namespace sallyport::smb
