#include "daemon/protocols/smb/lost_messages.h"

#include <string>
#include <utility>

namespace sallyport::smb {

void LostMessages::lost(Direction direction, Protocol protocol, std::uint64_t size, Timestamp time) {
  Running& running = running_[index_of(direction)];
  if (!running.id) {
    const bool upload = direction == flow_.request_direction();
    TransferFacts facts;
    facts.protocol = protocol;
    facts.sender = flow_.flow.sender(direction);
    facts.receiver = flow_.flow.receiver(direction);
    facts.upload = upload;
    facts.first_flow = flow_.flow.id;
    facts.opaque = NotInspected::kGap;
    const std::string key = "smb|flow " + std::to_string(flow_.flow.id.value) + "|lost";
    running.id = flow_.sink.begin({key + (upload ? "|w" : "|r")}, facts, flow_.flow.id, time).id;
  }
  const std::uint64_t offset = std::exchange(running.size, running.size + size);
  flow_.sink.hole(running.id, offset, size, NotInspected::kGap);
}

void LostMessages::end_all(EndReason reason, Timestamp time) {
  for (Running& running : running_) {
    if (running.id) flow_.sink.end(running.id, reason, NotInspected::kGap, flow_.flow.id, time);
    running = {};
  }
}

}  // namespace sallyport::smb
