// What time and budgets take away: idle flows, old holes, buffers of the longest idle flows.
#include <algorithm>
#include <utility>

#include "daemon/base/limits.h"
#include "daemon/net/tcp_reassembler.h"

namespace sallyport {

// A clock that jumps back must not keep flows alive for ever, nor make differences negative.
void TcpReassembler::advance(Timestamp now) {
  now_ = std::max(now_, now);
}

void TcpReassembler::on_tick(Timestamp now) {
  advance(now);
  expire(idle_list(FlowState::kClosed), config_.closed_timeout, now);
  expire(idle_list(FlowState::kBlocked), config_.blocked_timeout, now);
  expire(idle_list(FlowState::kEnding), config_.ending_timeout, now);
  expire(idle_list(FlowState::kEmbryonic), config_.embryonic_timeout, now);
  expire(quiet_, config_.established_timeout, now);
  expire(idle_list(FlowState::kEstablished), config_.established_timeout, now);
  expire(idle_list(FlowState::kIgnored), config_.established_timeout, now);
  quieten_idle();
  if (!config_.lossless) expire_holes(now);
  defragmenter_.expire(now_);
  datagrams_.on_tick(now_);
}

void TcpReassembler::on_end(Timestamp now) {
  advance(now);
  datagrams_.on_end(now);
  while (FlowEntry* const entry = quiet_.front()) close_flow(*entry, CloseReason::kShutdown, now);
  for (const FlowState state :
       {FlowState::kEstablished, FlowState::kEnding, FlowState::kEmbryonic, FlowState::kIgnored}) {
    while (FlowEntry* const entry = idle_list(state).front()) close_flow(*entry, CloseReason::kShutdown, now);
  }
  for (const FlowState state : {FlowState::kClosed, FlowState::kBlocked}) {
    while (FlowEntry* const entry = idle_list(state).front()) erase(*entry);
  }
}

void TcpReassembler::expire(FlowList<&FlowEntry::idle_hook>& list, Duration timeout, Timestamp time) {
  while (FlowEntry* const entry = list.front()) {
    if (entry->active + timeout > now_) return;
    const bool ending = entry->state == FlowState::kEnding;
    if (!ending && entry->state <= FlowState::kIgnored) stats_.flows_timed_out.add();
    if (entry->state <= FlowState::kIgnored) close_flow(*entry, CloseReason::kIdleTimeout, time);
    if (!ending) erase(*entry);
  }
}

void TcpReassembler::touch(FlowEntry& entry) {
  entry.active = now_;
  if (entry.quiet) {
    quiet_.remove(entry);
    entry.quiet = false;
    idle_list(entry).push_back(entry);
  } else {
    idle_list(entry).move_to_back(entry);
  }
  if (entry.memory_hook.linked()) buffering_.move_to_back(entry);
}

// Each flow once in each of its silences; many at once are spread over ticks.
void TcpReassembler::quieten_idle() {
  for (std::size_t i = 0; i < limits::kQuietenedPerTickMax; ++i) {
    FlowEntry* const entry = idle_list(FlowState::kEstablished).front();
    if (!entry || entry->active + config_.quiet_after > now_) return;
    idle_list(*entry).remove(*entry);
    entry->quiet = true;
    quiet_.push_back(*entry);
    settle_down(*entry);
  }
}

// Where something is not acknowledged it may come again, and its receiver may take either content.
void TcpReassembler::settle_down(FlowEntry& entry) {
  if (!entry.streams[0].settled() || !entry.streams[1].settled()) return;
  for (TcpStream& stream : entry.streams) stream.forget_history();
  account(entry);
  sink_.on_quiet(entry.flow.id);
}

// Tombstones are worth the least, then what may be a scan; a blocked flow is forgotten last, for it would come back.
void TcpReassembler::make_room(Timestamp time) {
  for (const auto* const list : {&idle_list(FlowState::kClosed), &idle_list(FlowState::kEnding),
                                 &idle_list(FlowState::kEmbryonic), &idle_list(FlowState::kIgnored), &quiet_,
                                 &idle_list(FlowState::kEstablished), &idle_list(FlowState::kBlocked)}) {
    FlowEntry* const entry = list->front();
    if (!entry) continue;
    if (entry->state <= FlowState::kIgnored) {
      stats_.flows_evicted.add();
      close_flow(*entry, CloseReason::kEvicted, time);
    }
    return erase(*entry);
  }
}

void TcpReassembler::expire_holes(Timestamp time) {
  while (FlowEntry* const entry = waiting_.front()) {
    if (entry->hole_since + config_.hole_timeout > now_) return;
    lose_holes(*entry, time, false);
  }
}

// A receiver that is heard says what it makes of a FIN, however late; without one the FIN is believed with the holes.
void TcpReassembler::lose_holes(FlowEntry& entry, Timestamp time, bool ends_too) {
  waiting_.remove(entry);
  current_ = &entry;
  for (const Direction direction : {Direction::kClientToServer, Direction::kServerToClient}) {
    TcpStream& stream = entry.streams[index_of(direction)];
    const bool heard = !ends_too && entry.seen(index_of(opposite(direction)));
    StreamOutput out = output(entry, direction, time);
    while (stream.has_hole() && !(heard && stream.is_end_in_doubt())) stream.lose_first_hole(out);
    stream.judge_end(config_.reorder_bytes, out);
  }
  current_ = nullptr;
  if (const std::optional<CloseReason> end = end_of(entry)) {
    close_flow(entry, *end, time);
  } else {
    account(entry);
  }
}

// Brings the totals and the lists of holes and buffers up to what the flow's streams hold now.
void TcpReassembler::account(FlowEntry& entry) {
  const std::size_t charge = entry.streams[0].charge() + entry.streams[1].charge();
  if (charge != entry.charged) {
    buffered_ += charge - entry.charged;
    entry.charged = charge;
    stats_.buffered_bytes.set(buffered_);
    buffering_.remove(entry);
    if (charge > 0) buffering_.push_back(entry);
  }
  if (entry.hole_hook.linked() || entry.streams[0].has_hole() || entry.streams[1].has_hole()) account_holes(entry);
}

// A stream that moves on has filled its first hole: the next one gets its own time.
void TcpReassembler::account_holes(FlowEntry& entry) {
  bool waits = false;
  bool moved = !entry.hole_hook.linked();
  for (const std::size_t side : {0U, 1U}) {
    const TcpStream& stream = entry.streams[side];
    const std::uint64_t before = std::exchange(entry.hole_at[side], stream.next());
    if (!stream.has_hole()) continue;
    waits = true;
    moved = moved || before != stream.next();
  }
  if (!waits || entry.state > FlowState::kEstablished) return waiting_.remove(entry);
  if (!moved) return;
  entry.hole_since = now_;
  waiting_.remove(entry);
  waiting_.push_back(entry);
}

void TcpReassembler::enforce_budget(Timestamp time) {
  while (buffered_ > config_.buffered_bytes_max && !buffering_.empty()) {
    FlowEntry& entry = *buffering_.front();
    stats_.budget_evictions.add();
    settle_down(entry);
    for (TcpStream& stream : entry.streams) stream.forget_history();
    account(entry);
    if (entry.charged > 0) lose_holes(entry, time, true);
    for (TcpStream& stream : entry.streams) stream.forget_history();
    account(entry);
  }
}

void TcpReassembler::erase(FlowEntry& entry) {
  for (TcpStream& stream : entry.streams) stream.clear_buffers();
  account(entry);
  idle_list(entry).remove(entry);
  buffering_.remove(entry);
  waiting_.remove(entry);
  if (entry.tenant != 0) --tenants_;
  table_.erase(entry);
}

}  // namespace sallyport
