#include "daemon/net/tcp_stream.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

#include "daemon/base/limits.h"

namespace sallyport {

void TcpStream::start(std::uint32_t first_sequence) {
  first_sequence_ = first_sequence;
  started_ = true;
}

void TcpStream::acknowledge(std::uint32_t sequence) {
  if (!is_acknowledged_) first_acknowledged_ = sequence;
  if (!is_acknowledged_ || static_cast<std::int32_t>(sequence - acknowledged_) > 0) acknowledged_ = sequence;
  is_acknowledged_ = true;
}

TcpStream::Kept& TcpStream::kept() {
  if (!kept_) kept_ = std::make_unique<Kept>();
  return *kept_;
}

void TcpStream::drop_if_unused() {
  const bool used = kept_ && (!kept_->held.empty() || kept_->recent.capacity() > 0 || (kept_->fin && !half_closed_));
  if (!used) kept_.reset();
}

// Behind the FIN nothing is delivered, so that the end needs no place of its own once it is reached.
std::optional<std::uint64_t> TcpStream::fin() const {
  if (half_closed_) return next_;
  return kept_ ? kept_->fin : std::nullopt;
}

bool TcpStream::is_acknowledged(std::uint64_t offset) const {
  return is_acknowledged_ && offset_of(acknowledged_) >= static_cast<std::int64_t>(offset);
}

std::uint32_t TcpStream::next_sequence() const {
  return sequence_of(next_ + (half_closed_ || (is_end_in_doubt() && !holds()) ? 1 : 0));
}

std::uint64_t TcpStream::highest() const {
  if (!holds()) return next_;
  const auto last = std::prev(kept_->held.end());
  return last->first + last->second.size();
}

std::int64_t TcpStream::offset_of(std::uint32_t sequence) const {
  const auto distance = static_cast<std::int32_t>(sequence - sequence_of(next_));
  return static_cast<std::int64_t>(next_) + distance;
}

// Bytes before offset 0 are not known here. Gives where the rest begins; nothing where there is none.
std::optional<std::uint64_t> TcpStream::cut_start(std::int64_t offset, Bytes& bytes, std::uint32_t& missing,
                                                  StreamOutput& out) {
  if (offset >= 0) return static_cast<std::uint64_t>(offset);
  const auto before =
      std::min<std::uint64_t>(static_cast<std::uint64_t>(-offset), bytes.size() + std::uint64_t{missing});
  const std::size_t cut = std::min<std::size_t>(before, bytes.size());
  out.stats.retransmitted_bytes.add(cut);
  out.stats.unverified_bytes.add(cut);
  bytes = bytes.subspan(cut);
  missing -= static_cast<std::uint32_t>(before - cut);
  if (offset + static_cast<std::int64_t>(before) < 0) return std::nullopt;
  return std::uint64_t{0};
}

// All is compared before anything is taken. A byte that looks like a keep-alive passes also where its receiver is never
// heard (its packets go another way): dropping the probes of an idle connection would end it.
bool TcpStream::add(std::int64_t signed_offset, Bytes bytes, std::uint32_t missing, StreamOutput& out) {
  const std::optional<std::uint64_t> begin = cut_start(signed_offset, bytes, missing, out);
  if (!begin) return true;
  const std::uint64_t offset = *begin;
  const bool like_keep_alive = missing == 0 && is_like_keep_alive(offset, bytes);
  if (like_keep_alive && is_acknowledged(next_)) {
    out.stats.keep_alives.add();
    return true;
  }
  const bool differs = compare(offset, bytes, out);
  if (differs && out.refuses_conflicts && !(like_keep_alive && !is_acknowledged_)) return false;
  const std::optional<std::uint64_t> end = fin();
  if (end && offset + bytes.size() + missing > *end) set_behind_aside(*end, offset, bytes, missing, out);
  if (offset == next_ && !holds()) {
    deliver(bytes, out);
  } else {
    add_out_of_order(offset, bytes, out);
  }
  if (missing > 0) add_lost(offset + bytes.size(), missing, out);
  return true;
}

bool TcpStream::contradicts(std::int64_t signed_offset, Bytes bytes, StreamOutput& out) {
  std::uint32_t missing = 0;
  const std::optional<std::uint64_t> offset = cut_start(signed_offset, bytes, missing, out);
  return offset && compare(*offset, bytes, out);
}

// Leaves what is before the end.
void TcpStream::set_behind_aside(std::uint64_t end, std::uint64_t offset, Bytes& bytes, std::uint32_t& missing,
                                 StreamOutput& out) {
  const std::uint64_t room = end > offset ? end - offset : 0;
  const Bytes inside = prefix(bytes, room);
  const Bytes behind = bytes.subspan(inside.size());
  const auto lost_inside = static_cast<std::uint32_t>(std::min<std::uint64_t>(missing, room - inside.size()));
  const std::uint32_t lost_behind = missing - lost_inside;
  const std::uint64_t at = std::max(offset, end);
  bytes = inside;
  missing = lost_inside;
  if (half_closed_) return out.stats.after_fin_bytes.add(behind.size());
  hold_free_parts(at, behind, 0);
  if (lost_behind > 0) hold_free_parts(at + behind.size(), {}, lost_behind);
}

void TcpStream::add_out_of_order(std::uint64_t offset, Bytes bytes, StreamOutput& out) {
  if (offset < next_) {
    const Bytes old = prefix(bytes, next_ - offset);
    bytes = bytes.subspan(old.size());
    offset += old.size();
  }
  if (offset > next_ && !bytes.empty()) {
    out.stats.out_of_order_segments.add();
    hold_free_parts(offset, bytes, 0);
    return;
  }
  while (!bytes.empty()) {
    const std::uint64_t room = holds() ? kept_->held.begin()->first - next_ : bytes.size();
    deliver(prefix(bytes, room), out);
    drain(out);
    const std::uint64_t step = std::min<std::uint64_t>(next_ - offset, bytes.size());
    bytes = bytes.subspan(step);
    offset += step;
  }
}

// RFC 1122 4.2.3.6: a keep-alive may carry one byte of no meaning just before what is expected. Only an acknowledged
// byte is surely one: before that the receiver could still take it for data.
bool TcpStream::is_like_keep_alive(std::uint64_t offset, Bytes bytes) const {
  return bytes.size() == 1 && offset + 1 == next_;
}

bool TcpStream::compare(std::uint64_t offset, Bytes bytes, StreamOutput& out) {
  const bool differs_from_held = compare_with_held(offset, bytes, out);
  if (offset >= next_) return differs_from_held;
  return compare_with_delivered(offset, prefix(bytes, next_ - offset), out) || differs_from_held;
}

bool TcpStream::compare_with_held(std::uint64_t offset, Bytes bytes, StreamOutput& out) {
  if (!holds()) return false;
  bool differs = false;
  const Pieces& held = kept_->held;
  const std::uint64_t end = offset + bytes.size();
  auto piece = held.upper_bound(offset);
  if (piece != held.begin()) --piece;
  for (; piece != held.end() && piece->first < end; ++piece) {
    const std::uint64_t begin = std::max(offset, piece->first);
    const std::uint64_t stop = std::min(end, piece->first + piece->second.bytes.size());
    if (begin >= stop) continue;
    const Bytes other = bytes.subspan(begin - offset, stop - begin);
    out.stats.retransmitted_bytes.add(other.size());
    if (std::memcmp(other.data(), piece->second.bytes.data() + (begin - piece->first), other.size()) == 0) continue;
    differs = true;
    report_conflict(begin, other, out);
  }
  return differs;
}

// What is older than the history, or behind a gap, cannot be compared here: it is counted and handed on.
bool TcpStream::compare_with_delivered(std::uint64_t offset, Bytes bytes, StreamOutput& out) {
  out.stats.retransmitted_bytes.add(bytes.size());
  const std::uint64_t end = offset + bytes.size();
  const bool has_history = kept_ && kept_->recent.end() == next_;
  const std::uint64_t begin = has_history ? std::min(end, std::max(offset, kept_->recent.begin())) : end;
  if (begin > offset) report_repeat(offset, bytes.first(begin - offset), out);
  const Bytes other = bytes.subspan(begin - offset);
  if (other.empty() || kept_->recent.equals(begin, other)) return false;
  report_conflict(begin, other, out);
  return true;
}

void TcpStream::add_lost(std::uint64_t offset, std::uint64_t size, StreamOutput& out) {
  if (offset < next_) {
    const std::uint64_t old = std::min(size, next_ - offset);
    offset += old;
    size -= old;
  }
  if (size == 0) return;
  hold_free_parts(offset, {}, size);
  drain(out);
}

// First wins: only what no held piece covers is taken.
void TcpStream::hold_free_parts(std::uint64_t offset, Bytes bytes, std::uint64_t lost) {
  const std::uint64_t end = offset + bytes.size() + lost;
  const auto take = [&](std::uint64_t begin, std::uint64_t stop) {
    if (begin >= stop) return;
    hold(begin, lost > 0 ? Bytes() : bytes.subspan(begin - offset, stop - begin), lost > 0 ? stop - begin : 0);
  };
  std::uint64_t at = offset;
  Pieces& held = kept().held;
  auto piece = held.upper_bound(offset);
  if (piece != held.begin()) --piece;
  while (piece != held.end() && piece->first < end) {
    const std::uint64_t piece_end = piece->first + piece->second.size();
    take(at, piece->first);
    at = std::max(at, piece_end);
    ++piece;
  }
  take(at, end);
}

void TcpStream::hold(std::uint64_t offset, Bytes bytes, std::uint64_t lost) {
  kept().held.emplace(offset, Piece{ByteBuffer(bytes.begin(), bytes.end()), lost});
  kept_->held_charge += bytes.size() + limits::kPieceOverheadBytes;
}

void TcpStream::drain(StreamOutput& out) {
  while (holds() && kept_->held.begin()->first == next_ && !is_end_in_doubt()) {
    const Pieces::node_type node = kept_->held.extract(kept_->held.begin());
    const Piece& piece = node.mapped();
    kept_->held_charge -= piece.bytes.size() + limits::kPieceOverheadBytes;
    if (piece.lost > 0) {
      lose(piece.lost, out);
    } else {
      deliver(piece.bytes, out);
    }
  }
}

void TcpStream::deliver(Bytes bytes, StreamOutput& out) {
  if (bytes.empty()) return;
  const std::uint64_t offset = next_;
  next_ += bytes.size();
  if (out.history_bytes > 0) kept().recent.append(offset, bytes, out.history_bytes);
  if (!out.stopped) out.sink.on_bytes(out.flow, out.direction, offset, bytes, out.time);
}

void TcpStream::lose(std::uint64_t size, StreamOutput& out) {
  if (size == 0) return;
  const std::uint64_t offset = next_;
  next_ += size;
  if (kept_) kept_->recent.clear();
  out.stats.gaps.add();
  out.stats.gap_bytes.add(size);
  if (!out.stopped) out.sink.on_gap(out.flow, out.direction, offset, size, out.time);
}

std::uint64_t TcpStream::hole_end() const {
  const bool ends = kept_->fin && !half_closed_;
  if (!holds()) return *kept_->fin;
  const std::uint64_t piece = kept_->held.begin()->first;
  return ends ? std::min(piece, *kept_->fin) : piece;
}

void TcpStream::lose_first_hole(StreamOutput& out) {
  if (is_end_in_doubt()) {
    const bool taken = is_acknowledged(next_ + 1) && !is_acknowledged(next_ + 2);
    return holds() && !taken ? disown_end(out) : finish(out);
  }
  lose(hole_end() - next_, out);
  drain(out);
}

void TcpStream::lose_until(std::uint64_t offset, StreamOutput& out) {
  if (!half_closed_ && !holds() && offset > next_) lose(offset - next_, out);
}

void TcpStream::end_at(std::int64_t offset) {
  // Below what was delivered it contradicts the sender's own bytes; a receiver past that point ignores it.
  if (half_closed_ || offset < static_cast<std::int64_t>(next_)) return;
  const auto end = static_cast<std::uint64_t>(offset);
  Kept& kept = this->kept();
  if (!kept.fin) {
    kept.fin = end;
  } else if (end < *kept.fin) {
    kept.later_fin = std::exchange(*kept.fin, end);
  } else if (end > *kept.fin) {
    kept.later_fin = end;
  }
  split_held_at(*kept.fin);
}

// So that no piece lies on both sides of an end.
void TcpStream::split_held_at(std::uint64_t end) {
  Pieces& held = kept_->held;
  auto piece = held.lower_bound(end);
  if (piece == held.begin()) return;
  --piece;
  const std::uint64_t before = end - piece->first;
  if (before >= piece->second.size()) return;
  Piece& front = piece->second;
  Piece back;
  if (front.lost > 0) {
    back.lost = front.lost - before;
    front.lost = before;
  } else {
    back.bytes.assign(front.bytes.begin() + static_cast<std::ptrdiff_t>(before), front.bytes.end());
    front.bytes.resize(before);
  }
  held.emplace(end, std::move(back));
  kept_->held_charge += limits::kPieceOverheadBytes;
}

void TcpStream::judge_end(std::size_t behind_max, StreamOutput& out) {
  while (is_end_in_doubt()) {
    if (is_acknowledged(next_ + 2) || held_charge() > behind_max) {
      disown_end(out);
    } else if (!holds() && is_acknowledged(next_ + 1)) {
      finish(out);
    } else {
      return;
    }
  }
}

void TcpStream::disown_end(StreamOutput& out) {
  kept_->fin = std::exchange(kept_->later_fin, std::nullopt);
  if (kept_->fin) split_held_at(*kept_->fin);
  out.stats.ends_disowned.add();
  if (!out.stopped) out.sink.on_evasion(out.flow, out.direction, bit(Evasion::kTcpOverlap));
  drain(out);
  drop_if_unused();
}

void TcpStream::finish(StreamOutput& out) {
  half_closed_ = true;
  drop_held(out);
  drop_if_unused();
  if (!out.stopped) out.sink.on_half_close(out.flow, out.direction, out.time);
}

void TcpStream::drop_held(StreamOutput& out) {
  for (const auto& [offset, piece] : kept_->held) out.stats.after_fin_bytes.add(piece.size());
  kept_->held.clear();
  kept_->held_charge = 0;
}

void TcpStream::report_repeat(std::uint64_t offset, Bytes bytes, StreamOutput& out) {
  out.stats.unverified_bytes.add(bytes.size());
  if (!out.stopped && !bytes.empty()) out.sink.on_repeat(out.flow, out.direction, offset, bytes, out.time);
}

void TcpStream::report_conflict(std::uint64_t offset, Bytes other, StreamOutput& out) {
  out.stats.conflicts.add();
  out.stats.conflict_bytes.add(other.size());
  if (!out.stopped) out.sink.on_conflict(out.flow, out.direction, offset, other, out.time);
}

void TcpStream::forget_history() {
  if (kept_) kept_->recent.clear();
  drop_if_unused();
}

}  // namespace sallyport
