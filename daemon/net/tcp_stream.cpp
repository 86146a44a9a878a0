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
  if (!acknowledged_) first_acknowledged_ = sequence;
  if (!acknowledged_ || static_cast<std::int32_t>(sequence - *acknowledged_) > 0) acknowledged_ = sequence;
}

bool TcpStream::is_acknowledged(std::uint64_t offset) const {
  return acknowledged_ && offset_of(*acknowledged_) >= static_cast<std::int64_t>(offset);
}

std::uint32_t TcpStream::next_sequence() const {
  return sequence_of(next_ + (half_closed_ ? 1 : 0));
}

std::uint64_t TcpStream::highest() const {
  if (held_.empty()) return next_;
  const auto last = std::prev(held_.end());
  return last->first + last->second.size();
}

std::int64_t TcpStream::offset_of(std::uint32_t sequence) const {
  const auto distance = static_cast<std::int32_t>(sequence - sequence_of(next_));
  return static_cast<std::int64_t>(next_) + distance;
}

void TcpStream::add(std::int64_t signed_offset, Bytes bytes, std::uint32_t missing, StreamOutput& out) {
  if (signed_offset < 0) {
    const auto before =
        std::min<std::uint64_t>(static_cast<std::uint64_t>(-signed_offset), bytes.size() + std::uint64_t{missing});
    const std::size_t cut = std::min<std::size_t>(before, bytes.size());
    out.stats.retransmitted_bytes.add(cut);
    out.stats.unverified_bytes.add(cut);
    bytes = bytes.subspan(cut);
    missing -= static_cast<std::uint32_t>(before - cut);
    signed_offset += static_cast<std::int64_t>(before);
    if (signed_offset < 0) return;
  }
  const auto offset = static_cast<std::uint64_t>(signed_offset);
  if (fin_ && offset + bytes.size() + missing > *fin_) {
    const std::uint64_t room = *fin_ > offset ? *fin_ - offset : 0;
    const Bytes inside = prefix(bytes, room);
    out.stats.after_fin_bytes.add(bytes.size() - inside.size());
    bytes = inside;
    missing = static_cast<std::uint32_t>(std::min<std::uint64_t>(missing, room - inside.size()));
  }
  if (offset == next_ && held_.empty()) {
    if (!bytes.empty()) deliver(bytes, out);
  } else {
    add_out_of_order(offset, bytes, out);
  }
  if (missing > 0) add_lost(offset + bytes.size(), missing, out);
  finish_if_done(out);
}

void TcpStream::add_out_of_order(std::uint64_t offset, Bytes bytes, StreamOutput& out) {
  if (is_keep_alive(offset, bytes)) {
    out.stats.keep_alives.add();
    return;
  }
  compare_with_held(offset, bytes, out);
  if (offset < next_) {
    const Bytes old = prefix(bytes, next_ - offset);
    compare_with_delivered(offset, old, out);
    bytes = bytes.subspan(old.size());
    offset += old.size();
  }
  if (offset > next_ && !bytes.empty()) {
    out.stats.out_of_order_segments.add();
    hold_free_parts(offset, bytes, 0);
    return;
  }
  while (!bytes.empty()) {
    const std::uint64_t room = held_.empty() ? bytes.size() : held_.begin()->first - next_;
    deliver(prefix(bytes, room), out);
    drain(out);
    const std::uint64_t step = std::min<std::uint64_t>(next_ - offset, bytes.size());
    bytes = bytes.subspan(step);
    offset += step;
  }
}

// RFC 1122 4.2.3.6: a keep-alive may carry one byte of no meaning just before what is expected. Only an acknowledged
// byte can be one: before that the receiver could still take it for data.
bool TcpStream::is_keep_alive(std::uint64_t offset, Bytes bytes) const {
  return bytes.size() == 1 && offset + 1 == next_ && is_acknowledged(next_);
}

void TcpStream::compare_with_held(std::uint64_t offset, Bytes bytes, StreamOutput& out) {
  if (held_.empty()) return;
  const std::uint64_t end = offset + bytes.size();
  auto piece = held_.upper_bound(offset);
  if (piece != held_.begin()) --piece;
  for (; piece != held_.end() && piece->first < end; ++piece) {
    const std::uint64_t begin = std::max(offset, piece->first);
    const std::uint64_t stop = std::min(end, piece->first + piece->second.bytes.size());
    if (begin >= stop) continue;
    const Bytes other = bytes.subspan(begin - offset, stop - begin);
    out.stats.retransmitted_bytes.add(other.size());
    if (std::memcmp(other.data(), piece->second.bytes.data() + (begin - piece->first), other.size()) == 0) continue;
    report_conflict(begin, other, out);
  }
}

// What is older than the history, or behind a gap, cannot be compared here: it is counted and handed on.
void TcpStream::compare_with_delivered(std::uint64_t offset, Bytes bytes, StreamOutput& out) {
  out.stats.retransmitted_bytes.add(bytes.size());
  const std::uint64_t end = offset + bytes.size();
  const std::uint64_t begin = std::max(offset, recent_.begin());
  if (recent_.end() != next_ || begin >= end) return report_repeat(offset, bytes, out);
  if (begin > offset) report_repeat(offset, bytes.first(begin - offset), out);
  const Bytes other = bytes.subspan(begin - offset);
  if (!recent_.equals(begin, other)) report_conflict(begin, other, out);
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
  auto piece = held_.upper_bound(offset);
  if (piece != held_.begin()) --piece;
  while (piece != held_.end() && piece->first < end) {
    const std::uint64_t piece_end = piece->first + piece->second.size();
    take(at, piece->first);
    at = std::max(at, piece_end);
    ++piece;
  }
  take(at, end);
}

void TcpStream::hold(std::uint64_t offset, Bytes bytes, std::uint64_t lost) {
  held_.emplace(offset, Piece{ByteBuffer(bytes.begin(), bytes.end()), lost});
  held_charge_ += bytes.size() + limits::kPieceOverheadBytes;
}

void TcpStream::drain(StreamOutput& out) {
  while (!held_.empty() && held_.begin()->first == next_) {
    const Pieces::node_type node = held_.extract(held_.begin());
    const Piece& piece = node.mapped();
    held_charge_ -= piece.bytes.size() + limits::kPieceOverheadBytes;
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
  recent_.append(offset, bytes, out.history_bytes);
  if (!out.stopped) out.sink.on_bytes(out.flow, out.direction, offset, bytes, out.time);
}

void TcpStream::lose(std::uint64_t size, StreamOutput& out) {
  if (size == 0) return;
  const std::uint64_t offset = next_;
  next_ += size;
  recent_.clear();
  out.stats.gaps.add();
  out.stats.gap_bytes.add(size);
  if (!out.stopped) out.sink.on_gap(out.flow, out.direction, offset, size, out.time);
}

void TcpStream::lose_first_hole(StreamOutput& out) {
  lose(hole_end() - next_, out);
  drain(out);
  finish_if_done(out);
}

void TcpStream::lose_until(std::uint64_t offset, StreamOutput& out) {
  if (!half_closed_ && held_.empty() && offset > next_) lose(offset - next_, out);
}

void TcpStream::end_at(std::int64_t offset, StreamOutput& out) {
  if (fin_) return;
  // Below what was delivered it contradicts the sender's own bytes; a receiver past that point ignores it.
  if (offset < static_cast<std::int64_t>(next_)) return;
  fin_ = static_cast<std::uint64_t>(offset);
  cut_held_at(*fin_, out);
  finish_if_done(out);
}

void TcpStream::cut_held_at(std::uint64_t end, StreamOutput& out) {
  while (!held_.empty() && highest() > end) {
    const auto last = std::prev(held_.end());
    Piece piece = std::move(last->second);
    const std::uint64_t begin = last->first;
    held_.erase(last);
    held_charge_ -= piece.bytes.size() + limits::kPieceOverheadBytes;
    const std::uint64_t kept = end > begin ? end - begin : 0;
    out.stats.after_fin_bytes.add(piece.size() - kept);
    if (kept > 0) hold(begin, prefix(piece.bytes, kept), piece.lost > 0 ? kept : 0);
  }
}

void TcpStream::finish_if_done(StreamOutput& out) {
  if (!fin_ || half_closed_ || next_ < *fin_) return;
  half_closed_ = true;
  if (!out.stopped) out.sink.on_half_close(out.flow, out.direction, out.time);
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

void TcpStream::clear_buffers() {
  held_.clear();
  held_charge_ = 0;
  recent_.clear();
}

}  // namespace sallyport
