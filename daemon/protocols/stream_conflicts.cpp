#include "daemon/protocols/stream_conflicts.h"

#include <algorithm>
#include <utility>

#include "daemon/base/limits.h"

namespace sallyport {

StreamConflicts::StreamConflicts(const Flow& flow, Direction direction, Protocol protocol, TransferSink& sink,
                                 unsigned part)
    : flow_(flow.id),
      direction_(direction),
      sink_(sink),
      untold_(flow, protocol, NotInspected::kConflict, sink, part) {}

void StreamConflicts::add(std::uint64_t offset, Bytes other, std::uint64_t fed, const TracedWay& way, Timestamp time) {
  if (offset < fed) {
    const Bytes old = prefix(other, fed - offset);
    settle(offset, old, way, time);
    other = other.subspan(old.size());
    offset += old.size();
  }
  if (other.empty()) return;
  const bool room = waiting_.size() < limits::kWaitingConflictsMax &&
                    other.size() <= limits::kWaitingConflictBytesMax - waiting_bytes_;
  if (!room) return tell(other.size(), time);
  waiting_.push_back({offset, ByteBuffer(other.begin(), other.end())});
  waiting_bytes_ += other.size();
}

bool StreamConflicts::waits_for(std::uint64_t offset, std::uint64_t size) const {
  return std::ranges::any_of(waiting_, [&](const Waiting& waiting) {
    return waiting.offset < offset + size && waiting.offset + waiting.other.size() > offset;
  });
}

void StreamConflicts::on_fed(std::uint64_t fed, const TracedWay& way, Timestamp time) {
  if (waiting_.empty()) return;
  std::vector<Waiting> waiting = std::exchange(waiting_, {});
  waiting_bytes_ = 0;
  for (const Waiting& one : waiting) add(one.offset, one.other, fed, way, time);
}

void StreamConflicts::settle(std::uint64_t offset, Bytes other, const TracedWay& way, Timestamp time) {
  const ByteRange range{offset, offset + other.size()};
  ByteRangeSet told;
  for (const StreamPieces::Piece& piece : way.pieces.all()) {
    const ByteRange part{std::max(range.begin, piece.stream.begin), std::min(range.end, piece.stream.end)};
    if (part.begin >= part.end) continue;
    const Bytes bytes =
        other.subspan(static_cast<std::size_t>(part.begin - offset), static_cast<std::size_t>(part.size()));
    if (give(piece, part, bytes, time)) told.add(part);
  }
  if (told.total() < range.size()) tell(range.size() - told.total(), time);
}

bool StreamConflicts::give(const StreamPieces::Piece& piece, ByteRange range, Bytes other, Timestamp time) {
  const std::uint64_t offset = piece.offset + (range.begin - piece.stream.begin);
  if (piece.direct && sink_.reading(piece.transfer, offset, other, flow_, time)) return true;
  sink_.flag(piece.transfer, bit(Evasion::kTcpOverlap));
  return false;
}

void StreamConflicts::tell(std::uint64_t size, Timestamp time) {
  untold_.count(direction_, size, time);
  untold_.conflict(direction_, time);
}

void StreamConflicts::give_up(Timestamp time) {
  for (const Waiting& waiting : std::exchange(waiting_, {})) tell(waiting.other.size(), time);
  waiting_bytes_ = 0;
}

void StreamConflicts::finish(CloseReason reason, Timestamp time) {
  give_up(time);
  untold_.finish(reason, time);
}

}  // namespace sallyport
