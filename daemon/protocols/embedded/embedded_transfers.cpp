#include "daemon/protocols/embedded/embedded_transfers.h"

namespace sallyport::embedded {
namespace {

TransferFacts facts_of(const EmbeddedObject& object, TransferFacts facts) {
  facts.declared_size.reset();
  facts.etag.clear();
  facts.media_type = object.media_type;
  if (!facts.inside.empty()) facts.inside += '/';
  facts.inside += object.inside;
  facts.file_name = object.label;
  if (!object.label.empty()) facts.form_field = object.label;
  return facts;
}

}  // namespace

ObjectIdentity FoundTransfers::identity() const {
  ObjectIdentity identity{outer_.key + "/embedded " + std::to_string(found_), spans_flows_};
  identity.outer = outer_.key;
  return identity;
}

void FoundTransfers::embedded_begin(const EmbeddedObject& object) {
  ++found_;
  const BegunTransfer begun = outer_.sink.begin(identity(), facts_of(object, outer_.facts), outer_.flow, outer_.time);
  id_ = begun.id;
  interest_ = begun.interest;
  offset_ = 0;
  if (evasions_) outer_.sink.flag(id_, evasions_);
}

void FoundTransfers::embedded_bytes(Bytes bytes) {
  if (interest_ >= Interest::kDigest) {
    outer_.sink.chunk(id_, offset_, bytes, outer_.flow, outer_.time);
  } else {
    outer_.sink.pass(id_, offset_, bytes.size(), outer_.flow, outer_.time);
  }
  offset_ += bytes.size();
}

void FoundTransfers::embedded_end(std::optional<NotInspected> reason) {
  if (!reason) outer_.sink.unit_end(id_, outer_.flow, outer_.time);
  if (reason) outer_.sink.hole(id_, offset_, 0, *reason);
  const EndReason end = reason ? EndReason::kAborted : EndReason::kComplete;
  outer_.sink.end(std::exchange(id_, {}), end, reason, outer_.flow, outer_.time);
}

void FoundTransfers::flag(EvasionSet evasions) {
  evasions_ |= evasions;
  if (id_) outer_.sink.flag(id_, evasions);
}

void FoundTransfers::go_on(FlowId flow, const TransferFacts& outer) {
  outer_.flow = flow;
  outer_.facts = outer;
  if (!id_ || !spans_flows_) return;
  ObjectIdentity open = identity();
  open.join_only = true;
  id_ = outer_.sink.begin(open, {}, flow, outer_.time).id;
}

void FoundTransfers::pause() {
  if (id_ && spans_flows_) outer_.sink.end(id_, EndReason::kPartDone, std::nullopt, outer_.flow, outer_.time);
}

ScanOptions scan_options(const TransferFacts& outer) {
  return {outer.media_type == "application/x-www-form-urlencoded"};
}

EmbeddedTransfers::EmbeddedTransfers(OuterObject outer, const EmbeddedLimits& limits)
    : options_(scan_options(outer.facts)), found_(std::move(outer)), scanner_(found_, limits, options_) {}

}  // namespace sallyport::embedded
