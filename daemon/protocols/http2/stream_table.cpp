#include "daemon/protocols/http2/stream_table.h"

#include <algorithm>

namespace sallyport::http2 {

Stream* StreamTable::find(std::uint32_t id) {
  const auto found = streams_.find(id);
  return found == streams_.end() ? nullptr : &found->second;
}

const Stream* StreamTable::find(std::uint32_t id) const {
  const auto found = streams_.find(id);
  return found == streams_.end() ? nullptr : &found->second;
}

Stream* StreamTable::open(std::uint32_t id) {
  if (Stream* const known = find(id)) return known;
  if (streams_.size() >= config_.streams_max && !forget_one()) {
    stats_.streams_refused.add();
    return nullptr;
  }
  Stream& stream = streams_[id];
  stream.id = id;
  stream.number = ++opened_;
  recount(stream);
  return &stream;
}

/// Streams whose answer was never seen stay open for good (a capture of one direction).
bool StreamTable::forget_one() {
  const auto idle = std::find_if(streams_.begin(), streams_.end(), [](const auto& entry) {
    const Stream& stream = entry.second;
    return !stream.tunnel && !stream.messages[0].has_body() && !stream.messages[1].has_body();
  });
  if (idle == streams_.end()) return false;
  stats_.streams_forgotten.add();
  close(idle->first);
  return true;
}

void StreamTable::recount(Stream& stream) {
  std::size_t now = sizeof stream + http::bytes_of(stream.exchange);
  for (const Message& message : stream.messages) now += message.memory_bytes();
  if (stream.tunnel) now += stream.tunnel->memory_bytes();
  bytes_ += now - stream.counted;
  stream.counted = now;
}

void StreamTable::close(std::uint32_t id) {
  if (const Stream* const stream = find(id)) bytes_ -= stream->counted;
  streams_.erase(id);
  std::erase(reset_, id);
}

void StreamTable::close_when_over(std::uint32_t id) {
  const Stream* const stream = find(id);
  if (stream && stream->messages[0].ended() && stream->messages[1].ended()) close(id);
}

void StreamTable::keep_after_reset(std::uint32_t id) {
  if (std::find(reset_.begin(), reset_.end(), id) != reset_.end()) return;
  reset_.push_back(id);
  if (reset_.size() <= config_.reset_streams_max) return;
  const std::uint32_t oldest = reset_.front();
  // One that went on after its reset is open; it stays and is bounded with the others.
  const Stream* const stream = find(oldest);
  if (stream && (stream->messages[0].has_body() || stream->messages[1].has_body())) {
    reset_.pop_front();
    return;
  }
  stats_.streams_forgotten.add();
  close(oldest);
}

}  // namespace sallyport::http2
