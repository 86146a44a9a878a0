#include "daemon/protocols/http/upload_exchange.h"

#include <utility>

#include "daemon/protocols/http/azure_blocks.h"
#include "daemon/protocols/http/content_range.h"
#include "daemon/protocols/http/header_values.h"
#include "daemon/protocols/http/http_entity.h"

namespace sallyport::http {
namespace {

/// Upload Resumption Supported: the upload has an address before its body is over.
constexpr std::uint16_t kUploadResumptionSupported = 104;

bool is_success(std::uint16_t status) {
  return status >= 200 && status < 300;
}

std::string site_of_request(const TransferFacts& facts) {
  return facts.host.empty() ? facts.receiver.address.to_string() : facts.host;
}

/// Facts of an object that the message `facts` is about, but whose bytes are not its body.
TransferFacts facts_about(const TransferFacts& facts, const UploadRequest& request) {
  TransferFacts about = facts;
  about.declared_size = request.total;
  about.file_name = request.file_name.empty() ? last_path_segment(facts.path) : request.file_name;
  about.media_type = bounded_name(request.media_type);
  return about;
}

/// Joins or begins the transfer, only for what the facts say of it.
void learn(EntityContext& context, ObjectIdentity identity, const TransferFacts& facts, EndReason reason) {
  const BegunTransfer begun = context.sink.begin(identity, facts, context.flow, context.time);
  if (begun.id) context.sink.end(begun.id, reason, std::nullopt, context.flow, context.time);
}

}  // namespace

ObjectIdentity piece_identity(const UploadRequest& request) {
  ObjectIdentity identity{request.key, true};
  identity.grows = request.grows;
  identity.pieces_agree = !request.grows;
  identity.search_inside = true;
  return identity;
}

std::shared_ptr<UploadExchange> make_upload_exchange(const TransferFacts& facts, const Head& head,
                                                     const std::string& message_key) {
  if (facts.method == "GET" || facts.method == "HEAD") return nullptr;
  UploadRequest request = read_upload_request(view_request(facts.method, site_of_request(facts), facts.path, head));
  if (request.kind == UploadKind::kNone && facts.method != "PUT") return nullptr;
  return std::make_shared<UploadExchange>(std::move(request), facts, message_key);
}

UploadExchange::UploadExchange(UploadRequest request, TransferFacts facts, std::string message_key)
    : request_(std::move(request)), facts_(std::move(facts)), message_key_(std::move(message_key)) {
  if (request_.kind == UploadKind::kPartList) list_.emplace(request_.list);
}

std::size_t UploadExchange::memory_bytes() const {
  return sizeof(*this) + name_bytes(facts_) + (list_ ? list_->memory_bytes() : 0);
}

void UploadExchange::take_list(Bytes bytes) {
  if (list_) list_->push(bytes);
}

void UploadExchange::on_body_end(EntityContext& context, bool is_piece) {
  body_came_ = true;
  piece_waits_ = is_piece;
  if (created_ && is_piece) create(context);
  if (request_.kind == UploadKind::kBlindAppend && is_piece) place_appended(context, std::nullopt);
}

void UploadExchange::on_request_end(EntityContext& context, bool had_body) {
  if (list_) {
    Composition listed{0, list_->parts(), list_->etags()};
    list_.reset();
    for (std::string& key : listed.parts) key.insert(0, request_.key);
    return compose(context, listed);
  }
  if (request_.kind == UploadKind::kConcatenation) return compose(context, {0, request_.parts});
  if (request_.kind == UploadKind::kPiece && !had_body) declare(context);
}

/// At the end of the request, not with the reply: that is when an inline front end can still withhold it.
void UploadExchange::compose(EntityContext& context, const Composition& parts) {
  ObjectIdentity identity{message_key_ + " object", false};
  identity.search_inside = true;
  const BegunTransfer begun =
      context.sink.compose(identity, facts_about(facts_, request_), parts, context.flow, context.time);
  if (parts.parts.empty()) context.sink.hole(begun.id, 0, 0, NotInspected::kProtocolError);
  context.sink.end(begun.id, EndReason::kComplete, std::nullopt, context.flow, context.time);
}

/// A request without a body that says how large the object is, or that this was all of it.
void UploadExchange::declare(EntityContext& context) {
  ObjectIdentity identity = piece_identity(request_);
  identity.join_only = !request_.announces;
  learn(context, std::move(identity), facts_about(facts_, request_),
        request_.last ? EndReason::kComplete : EndReason::kPartDone);
}

void UploadExchange::on_reply(EntityContext& context, std::uint16_t status, const Head& head) {
  if (request_.kind == UploadKind::kCreation && (is_success(status) || status == kUploadResumptionSupported)) {
    std::string_view location = head.value("location");
    if (location.empty()) location = head.value("x-goog-upload-url");
    const WebAddress base{site_of(site_of_request(facts_)), facts_.path};
    if (!location.empty()) created_ = resolve_reference(base, location);
    if (created_ && is_success(status)) create(context);
  }
  if (!is_success(status)) return;
  if (request_.kind == UploadKind::kCopy) tell_copy(context, status);
  if (request_.kind == UploadKind::kPart && !request_.source.empty()) tell_copied_part(context);
  if (request_.kind == UploadKind::kPart && request_.source.empty() && body_came_) name_part(context, head);
  if (request_.kind != UploadKind::kAppend || !piece_waits_) return;
  if (const auto offset = azure_append_offset(head)) place_appended(context, *offset);
}

void UploadExchange::on_unheard(EntityContext& context) {
  if (request_.kind == UploadKind::kCopy) tell_copy(context, 0);
}

ObjectIdentity UploadExchange::created_identity() const {
  ObjectIdentity identity{upload_key(*created_), true};
  identity.pieces_agree = identity.search_inside = true;
  identity.is_part = request_.is_material;
  return identity;
}

/// The names that only the creation has, and the first bytes, if it brought any.
void UploadExchange::create(EntityContext& context) {
  const bool was_whole = request_.has_first_bytes && !piece_waits_ && (body_came_ || request_.last);
  if (was_whole || created_told_) return;
  created_told_ = true;
  TransferFacts facts = facts_about(facts_, request_);
  if (request_.file_name.empty()) facts.file_name = last_path_segment(created_->path);
  facts.path = created_->path;
  Composition pieces;
  if (piece_waits_) pieces.parts.push_back(message_key_);
  const BegunTransfer begun = pieces.parts.empty()
                                  ? context.sink.begin(created_identity(), facts, context.flow, context.time)
                                  : context.sink.compose(created_identity(), facts, pieces, context.flow, context.time);
  // A piece on another connection may have come first, with names that say less.
  context.sink.update(begun.id, facts);
  context.sink.end(begun.id, EndReason::kPartDone, std::nullopt, context.flow, context.time);
}

void UploadExchange::place_appended(EntityContext& context, std::optional<std::uint64_t> offset) {
  const BegunTransfer begun = context.sink.compose(piece_identity(request_), facts_about(facts_, request_),
                                                   {offset, {message_key_}}, context.flow, context.time);
  context.sink.end(begun.id, EndReason::kPartDone, std::nullopt, context.flow, context.time);
}

void UploadExchange::tell_copy(EntityContext& context, std::uint16_t status) {
  TransferFacts facts = facts_;
  facts.opaque = NotInspected::kNoBytes;
  facts.declared_size.reset();
  facts.source = bounded_name(request_.source);
  facts.host = request_.destination.site;
  facts.path = request_.destination.path;
  facts.file_name = last_path_segment(facts.path);
  facts.status = status;
  const BegunTransfer begun = context.sink.begin({message_key_ + " copy", false}, facts, context.flow, context.time);
  context.sink.hole(begun.id, 0, 0, NotInspected::kNoBytes);
  context.sink.end(begun.id, EndReason::kComplete, NotInspected::kNoBytes, context.flow, context.time);
}

void UploadExchange::tell_copied_part(EntityContext& context) {
  ObjectIdentity identity{request_.key, true};
  identity.is_part = identity.replaces = true;
  identity.whole = request_.whole;
  TransferFacts facts = facts_about(facts_, request_);
  facts.opaque = NotInspected::kNoBytes;
  facts.source = request_.source;
  facts.declared_size = request_.size;
  learn(context, std::move(identity), facts, EndReason::kPartDone);
}

/// The list of parts says by its entity tag which sending of a part it means.
void UploadExchange::name_part(EntityContext& context, const Head& head) {
  TransferFacts facts;
  facts.etag = bounded_name(quoted_etag(head.value("etag")));
  if (facts.etag.empty()) return;
  learn(context, {request_.key, true, true}, facts, EndReason::kPartDone);
}

std::optional<ObjectIdentity> UploadExchange::resumes_as() const {
  if (request_.kind == UploadKind::kNone) return piece_identity(request_);
  const bool begins_created = request_.kind == UploadKind::kCreation && request_.has_first_bytes && created_;
  return begins_created ? std::optional(created_identity()) : std::nullopt;
}

void learn_upload_size(EntityContext& context, const TransferFacts& request, const Head& reply) {
  const auto total = parse_offset(reply.value("upload-length"));
  if (!total) return;
  const WebAddress address = resolve_reference({site_of(site_of_request(request)), "/"}, request.path);
  TransferFacts facts = request;
  facts.method.clear();
  facts.declared_size = total;
  ObjectIdentity identity{upload_key(address), true, true};
  identity.pieces_agree = identity.search_inside = true;
  learn(context, std::move(identity), facts, EndReason::kPartDone);
}

}  // namespace sallyport::http
