#include "daemon/protocols/stream_trace.h"

#include <algorithm>
#include <functional>

#include "daemon/base/limits.h"

namespace sallyport {

void StreamPieces::add(const Piece& piece) {
  if (!pieces_.empty()) {
    Piece& last = pieces_.back();
    const bool follows = last.transfer == piece.transfer && last.direct == piece.direct &&
                         last.stream.end == piece.stream.begin &&
                         (!piece.direct || last.offset + last.stream.size() == piece.offset);
    const bool repeats =
        !piece.direct && !last.direct && last.transfer == piece.transfer && last.stream == piece.stream;
    if (follows) last.stream.end = piece.stream.end;
    if (follows || repeats) return;
  }
  if (pieces_.size() == limits::kTracedPiecesMax) pieces_.erase(pieces_.begin());
  pieces_.push_back(piece);
}

void StreamPieces::rename(TransferId old_id, TransferId new_id) {
  for (Piece& piece : pieces_) {
    if (piece.transfer == old_id) piece.transfer = new_id;
  }
}

StreamTrace::Scope::Scope(StreamTrace& trace, TracedWay& way, std::uint64_t offset, Bytes bytes)
    : trace_(trace), outer_(trace.scope_), way_(way), offset_(offset), bytes_(bytes) {
  trace.scope_ = this;
}

StreamTrace::Scope::~Scope() {
  trace_.scope_ = outer_;
}

BegunTransfer StreamTrace::begin(const ObjectIdentity& identity, const TransferFacts& facts, FlowId flow,
                                 Timestamp time) {
  const BegunTransfer begun = sink_.begin(identity, facts, flow, time);
  note_begun(begun.id, facts);
  return begun;
}

void StreamTrace::note_begun(TransferId id, const TransferFacts& facts) {
  if (!scope_ || scope_->way_.signs == 0) return;
  sink_.flag(id, scope_->way_.signs);
  std::vector<TransferId>& sized = scope_->way_.sized;
  if (!is_multipath() || !facts.declared_size) return;
  if (sized.size() == limits::kTracedPiecesMax) sized.erase(sized.begin());
  sized.push_back(id);
}

BegunTransfer StreamTrace::compose(const ObjectIdentity& identity, const TransferFacts& facts, const Composition& parts,
                                   FlowId flow, Timestamp time) {
  const BegunTransfer begun = sink_.compose(identity, facts, parts, flow, time);
  note_begun(begun.id, facts);
  return begun;
}

TransferId StreamTrace::rekey(TransferId id, const ObjectIdentity& identity, FlowId flow, Timestamp time) {
  const TransferId whole = sink_.rekey(id, identity, flow, time);
  if (!scope_ || !whole) return whole;
  scope_->way_.pieces.rename(id, whole);
  std::replace(scope_->way_.sized.begin(), scope_->way_.sized.end(), id, whole);
  return whole;
}

bool StreamTrace::is_multipath() const {
  return scope_ && (scope_->way_.signs & bit(Evasion::kMultipath)) != 0;
}

void StreamTrace::end(TransferId id, EndReason reason, std::optional<NotInspected> not_inspected, FlowId flow,
                      Timestamp time) {
  if (is_multipath() && reason == EndReason::kComplete && !not_inspected) {
    const bool sized = std::erase(scope_->way_.sized, id) > 0;
    if (!sized) not_inspected = NotInspected::kGap;
  }
  ++ended_;
  sink_.end(id, reason, not_inspected, flow, time);
}

void StreamTrace::chunk(TransferId id, std::uint64_t offset, Bytes bytes, FlowId flow, Timestamp time) {
  if (scope_ && !bytes.empty() && !scope_->bytes_.empty()) {
    const Bytes fed = scope_->bytes_;
    // std::less is a total order also where the spans are of different arrays.
    const std::less<const std::byte*> before;
    const bool direct = !before(bytes.data(), fed.data()) && before(bytes.data(), fed.data() + fed.size());
    const std::uint64_t begin =
        direct ? scope_->offset_ + static_cast<std::uint64_t>(bytes.data() - fed.data()) : scope_->offset_;
    const std::uint64_t end = direct ? begin + bytes.size() : scope_->offset_ + fed.size();
    scope_->way_.pieces.add({{begin, end}, id, offset, direct});
    if (scope_->way_.signs != 0) sink_.flag(id, scope_->way_.signs);
  }
  sink_.chunk(id, offset, bytes, flow, time);
}

}  // namespace sallyport
