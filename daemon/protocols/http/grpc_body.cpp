#include "daemon/protocols/http/grpc_body.h"

#include <algorithm>
#include <array>
#include <utility>

#include "daemon/protocols/http/header_values.h"

namespace sallyport::http {
namespace {

/// gRPC "Compression": grpc-encoding; the names are those of content codings, and snappy.
std::optional<Coding> message_coding(std::string_view name) {
  const std::string word = lower_case(trim_blanks(name));
  if (word == "gzip") return Coding::kGzip;
  if (word == "deflate") return Coding::kDeflate;
  if (word == "br") return Coding::kBrotli;
  if (word == "zstd") return Coding::kZstd;
  return std::nullopt;
}

}  // namespace

GrpcForm grpc_form(std::string_view media_type) {
  static constexpr std::array<std::string_view, 4> kMessages{"application/x-protobuf", "application/protobuf",
                                                             "application/vnd.google.protobuf",
                                                             "application/x-google-protobuf"};
  if (media_type.starts_with("application/grpc-web-text")) return GrpcForm::kFramedText;
  if (media_type.starts_with("application/grpc")) return GrpcForm::kFramed;
  const bool is_message = std::find(kMessages.begin(), kMessages.end(), media_type) != kMessages.end();
  return is_message ? GrpcForm::kMessage : GrpcForm::kNone;
}

/// gRPC-Web encodes each piece that it sends by itself, so padding may stand anywhere.
class GrpcBody::TextDecoder : public ByteOutput {
 public:
  explicit TextDecoder(GrpcBody& body) : body_(body), stage_(make_base64_stage()) {}

  void push(Bytes bytes) {
    while (!bytes.empty()) {
      const auto padding = std::find(bytes.begin(), bytes.end(), std::byte{'='});
      const auto size = static_cast<std::size_t>(padding - bytes.begin());
      if (size > 0) stage_->push(bytes.first(size), *this);
      if (padding == bytes.end()) return;
      stage_ = make_base64_stage();
      bytes = bytes.subspan(size + 1);
    }
  }
  bool take(Bytes bytes) override {
    body_.read(bytes);
    return true;
  }

 private:
  GrpcBody& body_;
  std::unique_ptr<DecoderStage> stage_;
};

GrpcBody::GrpcBody(EntityContext& context, const EntityOrigin& outer, const Head& head, GrpcForm form)
    : context_(context),
      outer_(outer),
      form_(form),
      coding_(message_coding(head.value("grpc-encoding"))),
      framing_(*this),
      fields_(*this),
      others_(embedded::OuterObject{context.sink, context.time, context.flow, outer.key, outer.facts},
              context.config.embedded) {
  if (form == GrpcForm::kFramedText) text_ = std::make_unique<TextDecoder>(*this);
  if (form == GrpcForm::kMessage) fields_.begin(std::nullopt);
  others_.flag(outer.evasions);
}

GrpcBody::~GrpcBody() = default;

std::size_t GrpcBody::memory_bytes() const {
  const std::size_t parts = (decoder_ ? decoder_->memory_bytes() : 0) + (object_ ? object_->memory_bytes() : 0);
  return sizeof(*this) + name_bytes(outer_.facts) + embedded::EmbeddedTransfers::kMemoryBytes + parts;
}

void GrpcBody::push(Bytes bytes) {
  text_ ? text_->push(bytes) : read(bytes);
}

void GrpcBody::read(Bytes bytes) {
  form_ == GrpcForm::kMessage ? fields_.push(bytes) : framing_.push(bytes);
}

void GrpcBody::lose(std::uint64_t size) {
  others_.lose();
  if (form_ == GrpcForm::kMessage && size > 0) return fields_.lose(size);
  const bool goes_on = form_ == GrpcForm::kFramed && framing_.lose(size);
  if (goes_on) return;
  fail(NotInspected::kGap);
  fields_.end();
  if (object_) end_object({EndReason::kAborted, NotInspected::kGap});
  skips_message_ = true;
}

void GrpcBody::message_begin(std::uint8_t flags, std::uint32_t size) {
  skips_message_ = (flags & grpc::kTrailers) != 0;
  decoder_.reset();
  if (skips_message_) return;
  if (!(flags & grpc::kCompressed)) return fields_.begin(size);
  fields_.begin(std::nullopt);
  if (coding_) {
    ByteOutput& output = *this;
    decoder_ = std::make_unique<ContentDecoder>(std::vector<Coding>{*coding_}, context_.config, context_.stats, output);
  } else {
    skips_message_ = true;
    fail(NotInspected::kUnknownCoding);
  }
}

void GrpcBody::message_bytes(Bytes bytes) {
  if (skips_message_) return;
  if (!decoder_) return fields_.push(bytes);
  decoder_->push(bytes);
  if (decoder_->failure()) fail(*decoder_->failure());
}

bool GrpcBody::take(Bytes bytes) {
  fields_.push(bytes);
  return true;
}

void GrpcBody::message_lost(std::uint64_t size) {
  if (skips_message_) return;
  fail(NotInspected::kGap);
  if (!decoder_) return fields_.lose(size);
  // A coded message cannot be read behind a loss.
  skips_message_ = true;
  fields_.end();
  decoder_.reset();
}

void GrpcBody::message_end() {
  if (decoder_) {
    decoder_->finish();
    if (decoder_->failure()) fail(*decoder_->failure());
    decoder_.reset();
  }
  fields_.end();
  if (fields_.too_deep()) fail(NotInspected::kContainerLimit);
}

void GrpcBody::fail(NotInspected reason) {
  if (!failure_) failure_ = reason;
}

bool GrpcBody::goes_on(grpc::FieldPath path) const {
  return waits_ && path == object_path_;
}

EntityOrigin GrpcBody::origin_of_object() const {
  EntityOrigin origin = outer_;
  origin.is_part = false;
  origin.facts.declared_size.reset();
  origin.facts.inside += origin.facts.inside.empty() ? "" : "/";
  origin.facts.inside += form_ == GrpcForm::kMessage ? "protobuf" : "grpc";
  origin.key += "/field " + std::to_string(objects_);
  return origin;
}

void GrpcBody::object_begin(grpc::FieldPath path, ContentType content) {
  if (content == ContentType::kUnknown) {
    waits_ = false;
    return;
  }
  if (object_) end_object({});
  ++objects_;
  object_path_ = path;
  image_end_.emplace(content);
  object_ = std::make_unique<Entity>(context_, origin_of_object(), Head());
}

void GrpcBody::object_bytes(Bytes bytes) {
  if (!object_) return;
  image_end_->feed(bytes);
  object_->push(bytes);
}

void GrpcBody::object_lost(std::uint64_t size) {
  if (!object_) return;
  object_->lose(size);
  image_end_.emplace(ContentType::kUnknown);  // where it ends is not known any more
}

void GrpcBody::object_end(bool whole) {
  if (!object_) return;
  if (!whole) return end_object({EndReason::kAborted, NotInspected::kAborted});
  waits_ = !image_end_->end() && !image_end_->lost();
  if (!waits_) end_object({});
}

/// The bytes of an image that does not end are whole all the same: they are what the field held.
void GrpcBody::end_object(BodyEnd end) {
  object_->finish(end);
  object_.reset();
  waits_ = false;
}

void GrpcBody::other_bytes(Bytes bytes) {
  others_.push(bytes);
}

void GrpcBody::flag(EvasionSet evasions) {
  outer_.evasions |= evasions;
  others_.flag(evasions);
  if (object_) object_->flag(evasions);
}

void GrpcBody::finish(BodyEnd end) {
  if (form_ == GrpcForm::kMessage) {
    fields_.end();
    if (fields_.too_deep()) fail(NotInspected::kContainerLimit);
  } else if (!framing_.at_boundary()) {
    fields_.end();
    fail(NotInspected::kAborted);
  }
  if (object_) end_object(end);
  others_.finish(end.not_inspected);
  context_.stats.embedded.add(objects_ + others_.found());
}

}  // namespace sallyport::http
