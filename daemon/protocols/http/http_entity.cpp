#include "daemon/protocols/http/http_entity.h"

#include <utility>

#include "daemon/protocols/embedded/magic.h"
#include "daemon/protocols/http/content_range.h"
#include "daemon/protocols/http/grpc_body.h"
#include "daemon/protocols/http/header_values.h"

namespace sallyport::http {
namespace {

bool is_multipart(std::string_view media_type) {
  return starts_with_ignoring_case(media_type, "multipart/");
}

std::string media_type_of(const Head& head) {
  const std::string_view value = head.value("content-type");
  return bounded_name(lower_case(trim_blanks(value.substr(0, value.find(';')))));
}

/// Names the protocol of the upload, not the object.
bool is_upload_type(std::string_view media_type) {
  return media_type == "application/offset+octet-stream" || media_type == "application/partial-upload" ||
         media_type == "application/x-sabredav-partialupdate";
}

/// The decoded size, where the sender says that too.
std::optional<std::uint64_t> decoded_size(const Head& head, const std::vector<Coding>& layers) {
  if (layers.size() != 1 || layers.front() != Coding::kAwsChunked) return std::nullopt;
  return parse_offset(head.value("x-amz-decoded-content-length"));
}

bool is_orderly(EndReason reason) {
  return reason == EndReason::kComplete || reason == EndReason::kPartDone;
}

}  // namespace

Entity::Entity(EntityContext& context, EntityOrigin origin, const Head& head)
    : context_(context),
      origin_(std::move(origin)),
      head_(head),
      names_bytes_(2 * bytes_of(head) + name_bytes(origin_.facts) + origin_.key.size()) {}

Entity::~Entity() = default;

std::size_t Entity::memory_bytes() const {
  std::size_t bytes = sizeof(*this) + names_bytes_;
  if (decoder_) bytes += decoder_->memory_bytes();
  if (parts_) bytes += parts_->memory_bytes();
  if (part_) bytes += part_->memory_bytes();
  if (lost_part_) bytes += lost_part_->memory_bytes();
  if (grpc_) bytes += grpc_->memory_bytes();
  if (embedded_) bytes += names_bytes_ + embedded::EmbeddedTransfers::kMemoryBytes;
  return bytes;
}

void Entity::prepare() {
  prepared_ = true;
  set_names();
  const bool split = is_multipart(origin_.facts.media_type) && origin_.depth < context_.config.multipart_nesting_max;
  // The range of a multipart body is that of a part.
  if (!split) set_place();
  set_codings();
  if (!split) return begin();
  std::string boundary = parameter(head_.value("content-type"), "boundary");
  parts_ = std::make_unique<MultipartParser>(std::move(boundary), context_.config.part_header_bytes_max, *this);
}

void Entity::set_names() {
  TransferFacts& facts = origin_.facts;
  facts.media_type = media_type_of(head_);
  if (is_upload_type(facts.media_type)) facts.media_type.clear();
  if (head_.find("etag")) facts.etag = bounded_name(head_.value("etag"));
  if (head_.find("last-modified")) origin_.last_modified = bounded_name(head_.value("last-modified"));
  const std::string_view disposition = head_.value("content-disposition");
  facts.file_name = disposition_file_name(disposition);
  if (origin_.is_part) facts.form_field = bounded_name(parameter(disposition, "name"));
  if (facts.file_name.empty()) facts.file_name = bounded_name(parameter(head_.value("content-type"), "name"));
  const bool whole_resource = !origin_.is_part || head_.find("content-range");
  if (facts.file_name.empty() && whole_resource) facts.file_name = last_path_segment(facts.path);
}

void Entity::set_place() {
  place_ = place_of(origin_, head_);
  if (has_stray_range(origin_, head_)) origin_.evasions |= bit(Evasion::kHttpFraming);
  if (!place_) return;
  offset_ = place_->offset;
  origin_.facts.declared_size = place_->total;
}

void Entity::set_codings() {
  Codings codings = parse_codings(head_, origin_.is_part);
  if (codings.odd) origin_.evasions |= bit(Evasion::kCodingMismatch);
  if (codings.unknown) failure_ = NotInspected::kUnknownCoding;
  // What is composed of parts is stored as it is sent; only the framing of the upload comes off.
  const bool is_part = place_ && place_->identity.is_part;
  if (is_part) std::erase_if(codings.layers, [](Coding coding) { return coding != Coding::kAwsChunked; });
  if (codings.layers.empty()) return;
  if (place_ && place_->covers_all()) place_.reset();
  if (place_ && !is_part) {
    // A range of a coded object: its decoder would have to begin with the object's first byte.
    failure_ = NotInspected::kUnknownCoding;
    return;
  }
  origin_.facts.declared_size = decoded_size(head_, codings.layers);
  decoder_ = std::make_unique<ContentDecoder>(codings.layers, context_.config, context_.stats, *this);
}

void Entity::begin() {
  if (place_) context_.stats.ranges.add();
  const ObjectIdentity identity = place_ ? place_->identity : ObjectIdentity{origin_.key, false};
  const BegunTransfer begun = context_.sink.begin(identity, origin_.facts, context_.flow, context_.time);
  id_ = begun.id;
  interest_ = begun.interest;
  if (origin_.evasions) context_.sink.flag(id_, origin_.evasions);
  // What nobody looks at need not be decoded.
  if (!inspected() && !origin_.facts.declared_size) decoder_.reset();
}

void Entity::announce() {
  if (!prepared_) prepare();
}

void Entity::push(Bytes bytes) {
  if (bytes.empty()) return;
  if (!prepared_) prepare();
  if (broken_) return;
  if (!decoder_) {
    take(bytes);
    return;
  }
  decoder_->push(bytes);
  if (decoder_->evasions() & ~origin_.evasions) flag(decoder_->evasions());
  if (decoder_->failure()) note_failure(*decoder_->failure());
}

bool Entity::take(Bytes bytes) {
  parts_ ? split(bytes) : emit(bytes);
  return true;
}

void Entity::emit(Bytes bytes) {
  if (origin_.upload) origin_.upload->take_list(bytes);
  if (inspected()) {
    context_.sink.chunk(id_, offset_, bytes, context_.flow, context_.time);
    scan(bytes);
  } else {
    context_.sink.pass(id_, offset_, bytes.size(), context_.flow, context_.time);
  }
  offset_ += bytes.size();
}

void Entity::scan(Bytes bytes) {
  if (!scan_begun_) begin_scan(bytes);
  if (grpc_) grpc_->push(bytes);
  if (embedded_) embedded_->push(bytes);
}

/// A body of messages is searched message by message; where its start was lost nobody knows where one begins. Images
/// inside of any other are transfers beside it. A range begins anywhere: it is searched with the whole object
/// (ObjectIdentity::search_inside).
void Entity::begin_scan(Bytes first_bytes) {
  scan_begun_ = true;
  const GrpcForm form = offset_ == 0 ? grpc_form(origin_.facts.media_type) : GrpcForm::kNone;
  if (form != GrpcForm::kNone) {
    grpc_ = std::make_unique<GrpcBody>(context_, origin_, head_, form);
    return;
  }
  const Bytes start = prefix(first_bytes, embedded::kMagicBytes);
  if (place_ || embedded::match_magic(start, embedded::Place::kStart) != ContentType::kUnknown) return;
  embedded_ = std::make_unique<embedded::EmbeddedTransfers>(
      embedded::OuterObject{context_.sink, context_.time, context_.flow, origin_.key, origin_.facts},
      context_.config.embedded);
  embedded_->flag(origin_.evasions);
}

void Entity::split(Bytes bytes) {
  parts_->push(bytes);
  if (parts_->failed()) fall_back_to_whole();
}

/// It is no multipart body after all: the whole of it is the object.
void Entity::fall_back_to_whole() {
  const std::unique_ptr<MultipartParser> parts = std::move(parts_);
  origin_.evasions |= bit(Evasion::kHttpFraming);
  begin();
  emit(parts->held());
}

void Entity::part_begin(const Head& head) {
  context_.stats.parts.add();
  EntityOrigin origin{origin_.facts,
                      origin_.key + "/" + std::to_string(++part_number_),
                      true,
                      origin_.depth + 1,
                      origin_.evasions,
                      origin_.upload,
                      origin_.last_modified};
  origin.facts.declared_size.reset();
  if (head.odd || parts_->odd()) origin.evasions |= bit(Evasion::kHttpFraming);
  part_ = std::make_unique<Entity>(context_, std::move(origin), head);
}

void Entity::part_bytes(Bytes bytes) {
  lost_part_ ? lost_part_->skip(bytes) : part_->push(bytes);
}

void Entity::part_end() {
  if (lost_part_) lost_part_->end();
  lost_part_.reset();
  if (part_) part_->finish({});
  part_.reset();
}

void Entity::lose(std::uint64_t size) {
  if (!prepared_) prepare();
  if (broken_) return;
  if (decoder_) return note_failure(NotInspected::kGap);
  if (parts_) return lose_in_parts(size, NotInspected::kGap);
  context_.sink.hole(id_, offset_, size, NotInspected::kGap);
  if (grpc_) grpc_->lose(size);
  if (embedded_) embedded_->lose();
  offset_ += size;
  if (!failure_) failure_ = NotInspected::kGap;
}

void Entity::lose_rest(NotInspected reason) {
  if (!prepared_) prepare();
  if (!parts_ || decoder_) return note_failure(reason);
  lose_in_parts(0, reason);
}

/// Delimiters may be among what is lost: the open part ends here with a hole of unknown size, and what comes until the
/// next delimiter is nobody's. Of parts inside a part the innermost is meant.
void Entity::lose_in_parts(std::uint64_t size, NotInspected reason) {
  if (part_ && part_->parts_) return size == 0 ? part_->lose_rest(reason) : part_->lose(size);
  const std::size_t dropped = parts_->lose();
  if (parts_->failed()) {
    fall_back_to_whole();
    return size == 0 ? lose_rest(reason) : lose(size);
  }
  if (part_) {
    part_->lose_rest(reason);
    part_->finish({EndReason::kFramingError, reason});
    part_.reset();
  }
  if (!lost_part_) {
    TransferFacts facts = origin_.facts;
    facts.media_type.clear();
    facts.file_name.clear();
    const std::string key = origin_.key + "/" + std::to_string(++part_number_);
    lost_part_ = std::make_unique<LostBytes>(context_, std::move(facts), key, reason);
  }
  if (size > 0) size += dropped;
  lost_part_->lose(size);
}

void Entity::end_here() {
  if (id_ && !decoder_ && !place_) context_.sink.resize(id_, offset_);
}

void Entity::note_failure(NotInspected reason) {
  broken_ = true;
  if (!failure_) failure_ = reason;
  if (grpc_) grpc_->lose(0);
  if (part_) part_->note_failure(reason);
  if (parts_ && !part_ && !parts_->ended()) lose_in_parts(0, reason);
  if (id_) context_.sink.hole(id_, offset_, 0, reason);
}

void Entity::flag(EvasionSet evasions) {
  origin_.evasions |= evasions;
  if (id_) context_.sink.flag(id_, evasions);
  if (grpc_) grpc_->flag(evasions);
  if (embedded_) embedded_->flag(evasions);
  if (part_) part_->flag(evasions);
}

void Entity::finish(BodyEnd end) {
  if (!prepared_) return;
  if (decoder_) {
    decoder_->finish();
    if (decoder_->evasions() & ~origin_.evasions) flag(decoder_->evasions());
    if (decoder_->failure() && !broken_) note_failure(*decoder_->failure());
  }
  if (parts_) finish_parts(end);
  if (!id_) return;
  if (grpc_) {
    grpc_->finish(end);
    if (!failure_) failure_ = grpc_->failure();
  }
  if (embedded_) {
    embedded_->finish(failure_ ? failure_ : end.not_inspected);
    context_.stats.embedded.add(embedded_->found());
  }
  if (failure_) end.not_inspected = failure_;
  if (place_) end = end_of_piece(end);
  if (!goes_on_elsewhere(end)) end_transfer(end);
  if (origin_.upload && !origin_.is_part) origin_.upload->on_body_end(context_, place_.has_value());
}

void Entity::end_transfer(BodyEnd end) {
  if (is_orderly(end.reason)) context_.sink.unit_end(id_, context_.flow, context_.time);
  context_.sink.end(id_, end.reason, end.not_inspected, context_.flow, context_.time);
}

/// A body of its own that was cut, where a later request may bring the rest.
bool Entity::goes_on_elsewhere(BodyEnd end) {
  if (place_ || decoder_ || is_orderly(end.reason)) return false;
  const auto identity = resumes_as(origin_, head_);
  if (!identity) return false;
  const TransferId whole = context_.sink.rekey(id_, *identity, context_.flow, context_.time);
  if (!whole) return false;
  context_.sink.end(whole, EndReason::kPartDone, end.not_inspected, context_.flow, context_.time);
  return true;
}

BodyEnd Entity::end_of_piece(BodyEnd end) {
  if (!is_orderly(end.reason)) {
    if (place_->resumable) end.reason = EndReason::kPartDone;
    return end;
  }
  if (place_->size && offset_ != place_->offset + *place_->size) flag(bit(Evasion::kHttpFraming));
  if (!place_->covers_all() && !place_->last) end.reason = EndReason::kPartDone;
  if (place_->identity.is_part && !origin_.facts.declared_size) {
    origin_.facts.declared_size = offset_;
    context_.sink.update(id_, origin_.facts);
  }
  return end;
}

void Entity::finish_parts(BodyEnd end) {
  if (end.reason == EndReason::kComplete && !broken_) {
    if (part_) part_->flag(bit(Evasion::kHttpFraming));  // its closing delimiter is missing
    parts_->finish();
    if (parts_->failed()) fall_back_to_whole();
    return;
  }
  parts_->cut();
  if (lost_part_) lost_part_->end();
  if (part_) part_->finish(end);
  part_.reset();
}

}  // namespace sallyport::http
