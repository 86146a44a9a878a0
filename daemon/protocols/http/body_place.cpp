#include "daemon/protocols/http/body_place.h"

#include "daemon/protocols/http/content_range.h"
#include "daemon/protocols/http/http_entity.h"
#include "daemon/protocols/http/upload_exchange.h"

namespace sallyport::http {
namespace {

constexpr std::uint16_t kOk = 200;
constexpr std::uint16_t kPartialContent = 206;

/// The object that its receiver asks for range by range: ranges join only where the validators say that it has not
/// changed.
ObjectIdentity download_identity(const EntityOrigin& origin, std::optional<std::uint64_t> total) {
  const TransferFacts& facts = origin.facts;
  std::string version = facts.etag;
  if (version.empty()) version = origin.last_modified;
  if (facts.etag.empty() && total) version += (version.empty() ? "" : " ") + std::to_string(*total);
  ObjectIdentity identity{"http-range " + facts.receiver.address.to_string() + ' ' +
                              (facts.host.empty() ? facts.sender.address.to_string() : facts.host) + ' ' + facts.path +
                              ' ' + version,
                          true};
  identity.pieces_agree = identity.search_inside = true;
  return identity;
}

std::optional<BodyPlace> place_of_response(const EntityOrigin& origin, const Head& head) {
  if (origin.facts.status != kPartialContent) return std::nullopt;
  const auto range = parse_content_range(head.value("content-range"));
  if (!range) return std::nullopt;
  return BodyPlace{download_identity(origin, range->total), range->first, range->size(), range->total, false, true};
}

/// A form whose message or part is a range: that of its file.
std::optional<BodyPlace> place_of_form_part(const EntityOrigin& origin, const Head& head) {
  if (!origin.upload) return std::nullopt;
  const UploadRequest& request = origin.upload->request();
  const std::string& name = origin.facts.file_name.empty() ? origin.facts.form_field : origin.facts.file_name;
  ObjectIdentity identity = piece_identity(request);
  identity.key += ' ' + name;
  if (const auto range = parse_content_range(head.value("content-range"))) {
    return BodyPlace{identity, range->first, range->size(), range->total, false, true};
  }
  const bool inherits = request.kind == UploadKind::kPiece && request.total && !origin.facts.file_name.empty();
  if (!inherits) return std::nullopt;
  return BodyPlace{identity, request.offset, request.size, request.total, false, true};
}

BodyPlace place_of_part(const EntityOrigin& origin, const UploadRequest& request) {
  BodyPlace place;
  place.identity = {request.key, true};
  place.identity.is_part = place.identity.replaces = place.identity.search_inside = true;
  place.identity.whole = request.whole;
  place.total = request.total ? request.total : origin.facts.declared_size;
  return place;
}

/// Bytes whose place the reply will say.
BodyPlace place_to_come(const EntityOrigin& origin) {
  BodyPlace place;
  place.identity = {origin.key, false};
  place.identity.is_part = place.identity.never_whole = place.identity.search_inside = true;
  place.total = origin.facts.declared_size;
  place.resumable = true;
  return place;
}

}  // namespace

std::optional<BodyPlace> place_of(const EntityOrigin& origin, const Head& head) {
  if (!origin.facts.upload) return place_of_response(origin, head);
  if (origin.is_part) return place_of_form_part(origin, head);
  if (!origin.upload) return std::nullopt;
  const UploadRequest& request = origin.upload->request();
  switch (request.kind) {
    case UploadKind::kPiece:
      return BodyPlace{piece_identity(request), request.offset, request.size, request.total, request.last, true};
    case UploadKind::kPart:
      return place_of_part(origin, request);
    case UploadKind::kAppend:
    case UploadKind::kBlindAppend:
      return place_to_come(origin);
    case UploadKind::kCreation: {
      const bool is_whole = request.last || (request.total && request.total == origin.facts.declared_size);
      if (request.has_first_bytes && !is_whole) return place_to_come(origin);
      return std::nullopt;
    }
    default:
      return std::nullopt;
  }
}

std::optional<ObjectIdentity> resumes_as(const EntityOrigin& origin, const Head& head) {
  if (origin.is_part) return std::nullopt;
  if (origin.facts.upload) return origin.upload ? origin.upload->resumes_as() : std::nullopt;
  const bool has_validator = !origin.facts.etag.empty() || !origin.last_modified.empty();
  const bool has_ranges = lower_case(head.value("accept-ranges")) == "bytes";
  const bool can_ask = origin.facts.method == "GET" && origin.facts.status == kOk && origin.facts.declared_size;
  if (!has_validator || !has_ranges || !can_ask) return std::nullopt;
  return download_identity(origin, origin.facts.declared_size);
}

bool has_stray_range(const EntityOrigin& origin, const Head& head) {
  if (origin.facts.upload || !head.find("content-range")) return false;
  return origin.facts.status == kOk;
}

}  // namespace sallyport::http
