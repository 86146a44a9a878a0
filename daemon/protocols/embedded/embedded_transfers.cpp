#include "daemon/protocols/embedded/embedded_transfers.h"

#include <utility>

namespace sallyport::embedded {

void describe_found(TransferFacts& facts, const EmbeddedObject& object) {
  facts.declared_size.reset();
  facts.etag.clear();
  facts.media_type = object.media_type;
  if (!facts.inside.empty()) facts.inside += '/';
  facts.inside += object.inside;
  facts.file_name = object.label;
  if (!object.label.empty()) facts.form_field = object.label;
}

EmbeddedTransfers::EmbeddedTransfers(OuterObject outer, const EmbeddedLimits& limits)
    : outer_(std::move(outer)),
      scanner_(*this, limits, {outer_.facts.media_type == "application/x-www-form-urlencoded"}) {}

void EmbeddedTransfers::embedded_begin(const EmbeddedObject& object) {
  TransferFacts facts = outer_.facts;
  describe_found(facts, object);
  ObjectIdentity identity{outer_.key + "/embedded " + std::to_string(++found_)};
  identity.outer = outer_.key;
  const BegunTransfer begun = outer_.sink.begin(identity, facts, outer_.flow, outer_.time);
  id_ = begun.id;
  interest_ = begun.interest;
  offset_ = 0;
  if (evasions_) outer_.sink.flag(id_, evasions_);
}

void EmbeddedTransfers::embedded_bytes(Bytes bytes) {
  if (interest_ >= Interest::kDigest) {
    outer_.sink.chunk(id_, offset_, bytes, outer_.flow, outer_.time);
  } else {
    outer_.sink.pass(id_, offset_, bytes.size(), outer_.flow, outer_.time);
  }
  offset_ += bytes.size();
}

void EmbeddedTransfers::embedded_end(std::optional<NotInspected> reason) {
  if (!reason) outer_.sink.unit_end(id_, outer_.flow, outer_.time);
  if (reason) outer_.sink.hole(id_, offset_, 0, *reason);
  const EndReason end = reason ? EndReason::kAborted : EndReason::kComplete;
  outer_.sink.end(std::exchange(id_, {}), end, reason, outer_.flow, outer_.time);
}

void EmbeddedTransfers::flag(EvasionSet evasions) {
  evasions_ |= evasions;
  if (id_) outer_.sink.flag(id_, evasions);
}

}  // namespace sallyport::embedded
