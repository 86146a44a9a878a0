#include "daemon/protocols/http/lost_bytes.h"

#include <utility>

#include "daemon/protocols/http/http_entity.h"

namespace sallyport::http {

LostBytes::LostBytes(EntityContext& context, TransferFacts facts, std::string key, NotInspected reason)
    : context_(context), facts_(std::move(facts)), key_(std::move(key)), reason_(reason) {
  facts_.declared_size.reset();
}

void LostBytes::begin() {
  if (id_) return;
  if (facts_.upload) context_.sink.lost_piece(facts_.receiver.address, context_.time);
  const BegunTransfer begun = context_.sink.begin(ObjectIdentity{key_}, facts_, context_.flow, context_.time);
  id_ = begun.id;
  if (begun.interest < Interest::kDigest) return;
  embedded_ = std::make_unique<embedded::EmbeddedTransfers>(
      embedded::OuterObject{context_.sink, context_.time, context_.flow, key_, facts_}, context_.config.embedded);
}

std::size_t LostBytes::memory_bytes() const {
  const std::size_t names = name_bytes(facts_);
  return sizeof(*this) + names + (embedded_ ? names + embedded::EmbeddedTransfers::kMemoryBytes : 0);
}

void LostBytes::lose(std::uint64_t size) {
  begin();
  if (size == 0) is_size_known_ = false;
  if (size > 0) context_.sink.hole(id_, size_, size, NotInspected::kGap);
  if (embedded_) embedded_->lose();
  size_ += size;
}

void LostBytes::skip(Bytes bytes) {
  if (bytes.empty()) return;
  begin();
  context_.sink.pass(id_, size_, bytes.size(), context_.flow, context_.time);
  if (embedded_) embedded_->push(bytes);
  size_ += bytes.size();
}

void LostBytes::end() {
  if (!id_) return;
  if (embedded_) {
    embedded_->finish(reason_);
    context_.stats.embedded.add(embedded_->found());
  }
  if (!is_size_known_) context_.sink.hole(id_, size_, 0, reason_);
  context_.sink.end(std::exchange(id_, {}), EndReason::kFramingError, reason_, context_.flow, context_.time);
}

}  // namespace sallyport::http
