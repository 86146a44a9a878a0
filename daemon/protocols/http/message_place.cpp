// The part of MessageReader that is asked between messages: what it holds, and what another one needs to go on.
#include "daemon/protocols/http/message_reader.h"

namespace sallyport::http {

std::size_t MessageReader::memory_bytes() const {
  return buffer_.capacity() + (body_ ? body_->memory_bytes() : 0) + (upload_ ? upload_->memory_bytes() : 0) +
         (lost_bytes_ ? lost_bytes_->memory_bytes() : 0);
}

// One that has ended begins as a new one, and hears again that it has.
std::optional<MessageReader::Place> MessageReader::place() const {
  const bool between = state_ == State::kHead || state_ == State::kResync || state_ == State::kEnded;
  if (!between || !buffer_.empty() || body_ || upload_ || start_checked_ || awaits_upgrade_ || answers_request_)
    return std::nullopt;
  // The next transfer of lost bytes must not have this one's key.
  return Place{message_number_ + (lost_bytes_ ? 1 : 0), first_, state_ == State::kResync};
}

void MessageReader::go_on_at(const Place& place) {
  message_number_ = place.messages;
  first_ = place.first;
  state_ = place.resyncs ? State::kResync : State::kHead;
}

}  // namespace sallyport::http
