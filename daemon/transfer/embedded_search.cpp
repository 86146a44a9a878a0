#include "daemon/transfer/embedded_search.h"

namespace sallyport {

void FoundPiece::give_to(embedded::EmbeddedSink& sink) const {
  if (begins) sink.embedded_begin({ContentType::kUnknown, inside, label, media_type});
  if (!bytes.empty()) sink.embedded_bytes(bytes);
  if (ends) sink.embedded_end(reason);
}

void EmbeddedSearch::push(Bytes bytes) {
  if (!scanner_) return;
  scanner_->push(bytes);
  if (scanner_->idle()) scanner_.reset();
}

void EmbeddedSearch::finish(std::optional<NotInspected> reason) {
  if (scanner_) scanner_->finish(reason);
  scanner_.reset();
}

void EmbeddedSearch::restart() {
  finish(NotInspected::kAborted);
  begin();
}

void EmbeddedSearch::embedded_begin(const embedded::EmbeddedObject& object) {
  FoundPiece& piece = found_.emplace_back();
  piece.begins = true;
  piece.inside = object.inside;
  piece.label = object.label;
  piece.media_type = object.media_type;
}

void EmbeddedSearch::embedded_bytes(Bytes bytes) {
  append(open_piece().bytes, bytes);
}

void EmbeddedSearch::embedded_end(std::optional<NotInspected> reason) {
  FoundPiece& piece = open_piece();
  piece.ends = true;
  piece.reason = reason;
}

/// What was taken meanwhile is gone on with in a new piece.
FoundPiece& EmbeddedSearch::open_piece() {
  return found_.empty() || found_.back().ends ? found_.emplace_back() : found_.back();
}

}  // namespace sallyport
