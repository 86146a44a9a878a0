#include "daemon/events/ocsf_encoder.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "daemon/events/ocsf_unmapped.h"
#include "daemon/events/sentence.h"

namespace sallyport {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kCategoryFindings = 2;
constexpr int kClassDataSecurityFinding = 2006;
constexpr int kActivityCreate = 1;

/// A number of an OCSF enumeration and its caption.
struct Caption {
  int id;
  std::string_view text;
};

std::int64_t milliseconds(Timestamp time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

/// Sets `object[key]` unless the value is empty.
void set(Json& object, const char* key, std::string_view value) {
  if (!value.empty()) object[key] = value;
}

Caption severity_caption(Severity severity) {
  static constexpr std::string_view kCaptions[] = {"", "Informational", "Low", "Medium", "High", "Critical"};
  const int id = static_cast<int>(severity);
  return {id, kCaptions[id]};
}

/// security_control profile: action_id says only what is sure, so a reset that was merely attempted denies nothing.
Caption action_caption(Disposition disposition) {
  switch (disposition) {
    case Disposition::kAllowed:
      return {1, "Allowed"};
    case Disposition::kBlocked:
      return {2, "Denied"};
    case Disposition::kAlerted:
    case Disposition::kBlockTooLate:
      return {3, "Observed"};
    case Disposition::kResetAttempted:
      break;
  }
  return {99, "Reset Attempted"};
}

Caption disposition_caption(Disposition disposition) {
  switch (disposition) {
    case Disposition::kAllowed:
      return {1, "Allowed"};
    case Disposition::kAlerted:
      return {19, "Alert"};
    case Disposition::kBlocked:
      return {2, "Blocked"};
    case Disposition::kResetAttempted:
      return {21, "Reset"};
    case Disposition::kBlockTooLate:
      break;
  }
  return {99, "Block Too Late"};
}

/// The IANA media type of a type told by content; empty where there is none to tell.
std::string_view media_type_of(ContentType content) {
  switch (content) {
    case ContentType::kJpeg:
      return "image/jpeg";
    case ContentType::kPng:
      return "image/png";
    case ContentType::kGif:
      return "image/gif";
    case ContentType::kBmp:
      return "image/bmp";
    case ContentType::kTiff:
      return "image/tiff";
    case ContentType::kWebp:
      return "image/webp";
    case ContentType::kJpeg2000:
      return "image/jp2";
    case ContentType::kHeif:
      return "image/heif";
    case ContentType::kAvif:
      return "image/avif";
    case ContentType::kJpegXl:
      return "image/jxl";
    case ContentType::kZip:
      return "application/zip";
    case ContentType::kGzip:
      return "application/gzip";
    case ContentType::kPdf:
      return "application/pdf";
    case ContentType::kTar:
      return "application/x-tar";
    case ContentType::kSevenZip:
      return "application/x-7z-compressed";
    case ContentType::kRar:
      return "application/vnd.rar";
    case ContentType::kXz:
      return "application/x-xz";
    case ContentType::kBzip2:
      return "application/x-bzip2";
    case ContentType::kZstd:
      return "application/zstd";
    case ContentType::kCpio:
      return "application/x-cpio";
    case ContentType::kIso:
      return "application/x-iso9660-image";
    case ContentType::kOle:
      return "application/x-ole-storage";
    case ContentType::kEmail:
      return "message/rfc822";
    case ContentType::kIcon:
      return "image/vnd.microsoft.icon";
    case ContentType::kSvg:
      return "image/svg+xml";
    case ContentType::kDicom:
      return "application/dicom";
    case ContentType::kText:
      return "text/plain";
    default:
      return {};
  }
}

bool is_http(Protocol protocol) {
  return protocol == Protocol::kHttp1 || protocol == Protocol::kHttp2;
}

Json metadata(const Event& event) {
  Json json;
  json["version"] = kOcsfVersion;
  json["product"] = {{"name", "Sallyport"}, {"vendor_name", "Sallyport"}, {"version", SALLYPORT_VERSION}};
  json["profiles"] = {"security_control"};
  json["uid"] = event.id;
  json["log_name"] = "transfers";
  set(json, "log_source", event.sensor);
  return json;
}

Json analytic(const RuleMatch& match) {
  Json json = {{"type_id", 1}, {"type", "Rule"}, {"name", match.rule}, {"uid", match.rule}};
  set(json, "desc", match.reason);
  if (match.shadow) {
    json["state_id"] = 3;
    json["state"] = "Experimental";
  }
  return json;
}

Json finding_info(const Event& event) {
  const RuleMatch* const deciding = event.verdict.deciding();
  Json json;
  json["uid"] = event.id;
  json["title"] = deciding ? "Rule " + deciding->rule : std::string("Transfer recorded");
  json["desc"] = sentence(event);
  json["created_time"] = milliseconds(event.time);
  json["first_seen_time"] = milliseconds(event.transfer.begun);
  json["last_seen_time"] = milliseconds(event.transfer.last_seen);
  if (!event.front_end.empty()) json["data_sources"] = {event.front_end};
  if (deciding) json["analytic"] = analytic(*deciding);
  return json;
}

Json endpoint(const Endpoint& end, std::string_view host, std::string_view service) {
  Json json = {{"ip", end.address.to_string()}, {"port", end.port}};
  set(json, "hostname", host);
  set(json, "svc_name", service);
  return json;
}

Json hashes(const Event& event) {
  Json json = Json::array();
  if (event.transfer.sha256) {
    json.push_back({{"algorithm_id", 3}, {"algorithm", "SHA-256"}, {"value", to_hex(*event.transfer.sha256)}});
  }
  if (event.findings.pdq) {
    Sha256Digest bits;  // as many bits as a PDQ hash has
    std::transform(event.findings.pdq->begin(), event.findings.pdq->end(), bits.begin(),
                   [](std::uint8_t byte) { return std::byte{byte}; });
    json.push_back({{"algorithm_id", 99}, {"algorithm", "PDQ"}, {"value", to_hex(bits)}});
  }
  return json;
}

Json url(const TransferFacts& facts) {
  const std::size_t question = facts.path.find('?');
  Json json = {{"scheme", "http"}, {"path", facts.path.substr(0, question)}};
  set(json, "hostname", facts.host);
  if (question != std::string::npos) set(json, "query_string", std::string_view(facts.path).substr(question + 1));
  return json;
}

Json file(const Event& event) {
  const Transfer& transfer = event.transfer;
  const TransferFacts& facts = transfer.facts;
  Json json;
  json["name"] = object_name(event);
  json["type_id"] = facts.is_pipe ? 6 : 1;
  json["type"] = facts.is_pipe ? "Named Pipe" : "Regular File";
  json["size"] = transfer.size;
  const std::string name = object_name(event);
  const std::size_t dot = name.rfind('.');
  if (dot != std::string::npos && dot > 0) set(json, "ext", std::string_view(name).substr(dot + 1));
  set(json, "volume", facts.share);
  const std::string_view told = media_type_of(transfer.content);
  set(json, "mime_type", told.empty() ? std::string_view(facts.media_type) : told);
  Json sums = hashes(event);
  if (!sums.empty()) json["hashes"] = std::move(sums);
  if (!facts.path.empty()) {
    json["path"] = facts.path;
    if (is_http(facts.protocol)) json["url"] = url(facts);
  }
  return json;
}

bool has_file(const Transfer& transfer) {
  return !transfer.facts.path.empty() || !transfer.facts.file_name.empty() || transfer.sha256.has_value();
}

Json policy(const Event& event) {
  Json json = {{"type", "Data Loss Prevention"}, {"is_applied", true}};
  set(json, "uid", event.verdict.policy_digest);
  return json;
}

Caption inspection_caption(const Event& event) {
  if (!event.verdict.not_inspected) return {1, "Complete"};
  return event.findings.looked_for != 0 || !event.findings.parts.empty() ? Caption{2, "Partial"} : Caption{3, "Fail"};
}

/// In the object and in all images inside it.
struct Totals {
  FindingSet looked_for = 0;
  std::size_t faces = 0, plates = 0, matches = 0, cameras = 0;
};

Totals totals_of(const Findings& findings) {
  Totals totals;
  for_each_image(findings, [&totals](const ImageFindings& image) {
    totals.looked_for |= image.looked_for | found_in_part(image);
    totals.faces += image.faces.size();
    totals.plates += image.plates.size();
    totals.matches += image.matches.size();
    totals.cameras += image.cameras.size();
  });
  return totals;
}

Json discoveries(const Totals& totals) {
  Json json = Json::array();
  const auto add = [&](FindingKind kind, const char* type, std::size_t count) {
    if (totals.looked_for & bit(kind)) json.push_back({{"type", type}, {"count", count}});
  };
  add(FindingKind::kFace, "face", totals.faces);
  add(FindingKind::kPlate, "plate", totals.plates);
  add(FindingKind::kFingerprint, "fingerprint", totals.matches);
  add(FindingKind::kCamera, "camera", totals.cameras);
  return json;
}

Json classifier(const Findings& findings) {
  Json json = {{"type", "Computer Vision"}, {"name", "sallyport-worker"}};
  std::string uid = findings.face_detector;
  if (!findings.plate_detector.empty()) uid += (uid.empty() ? "" : ",") + findings.plate_detector;
  set(json, "uid", uid);
  return json;
}

Json data_security(const Event& event) {
  const Findings& findings = event.findings;
  const Totals totals = totals_of(findings);
  const bool personal = totals.faces + totals.plates > 0;
  const Caption inspection = inspection_caption(event);
  Json json;
  json["category_id"] = personal ? 1 : 0;
  json["category"] = personal ? "Personal" : "Unknown";
  json["data_lifecycle_state_id"] = 2;
  json["data_lifecycle_state"] = "Data in-Transit";
  json["detection_system_id"] = 2;
  json["detection_system"] = "DLP Gateway";
  if (const RuleMatch* const deciding = event.verdict.deciding()) set(json, "detection_pattern", deciding->rule);
  json["policy"] = policy(event);
  json["status_id"] = inspection.id;
  json["status"] = inspection.text;
  if (event.verdict.not_inspected) json["status_details"] = {to_string(*event.verdict.not_inspected)};
  if (totals.looked_for != 0) {
    json["classifier_details"] = classifier(findings);
    json["discovery_details"] = discoveries(totals);
    json["total"] = totals.faces + totals.plates + totals.matches;
  }
  return json;
}

/// "DOMAIN\user" or "user".
Json actor(const std::string& account) {
  const std::size_t backslash = account.find('\\');
  Json user;
  if (backslash == std::string::npos) {
    user["name"] = account;
  } else {
    user["name"] = account.substr(backslash + 1);
    set(user, "domain", std::string_view(account).substr(0, backslash));
  }
  return {{"user", std::move(user)}};
}

void add_classification(Json& json, const Event& event) {
  const Caption severity = severity_caption(event.verdict.severity);
  json["category_uid"] = kCategoryFindings;
  json["category_name"] = "Findings";
  json["class_uid"] = kClassDataSecurityFinding;
  json["class_name"] = "Data Security Finding";
  json["activity_id"] = kActivityCreate;
  json["activity_name"] = "Create";
  json["type_uid"] = kClassDataSecurityFinding * 100 + kActivityCreate;
  json["type_name"] = "Data Security Finding: Create";
  json["severity_id"] = severity.id;
  json["severity"] = severity.text;
  json["status_id"] = 1;
  json["status"] = "New";
}

void add_control(Json& json, const Event& event) {
  const Caption action = action_caption(event.disposition);
  const Caption disposition = disposition_caption(event.disposition);
  json["is_alert"] = event.verdict.action != Action::kAllow;
  json["action_id"] = action.id;
  json["action"] = action.text;
  json["disposition_id"] = disposition.id;
  json["disposition"] = disposition.text;
  json["policy"] = policy(event);
}

void add_parties(Json& json, const Event& event) {
  const TransferFacts& facts = event.transfer.facts;
  const std::string_view service = to_string(facts.protocol);
  const std::string_view none;
  const std::string_view host = facts.host;
  json["src_endpoint"] = endpoint(facts.sender, facts.upload ? none : host, facts.upload ? none : service);
  json["dst_endpoint"] = endpoint(facts.receiver, facts.upload ? host : none, facts.upload ? service : none);
  if (!facts.user.empty()) json["actor"] = actor(facts.user);
}

}  // namespace

std::string encode_ocsf(const Event& event) {
  Json json;
  add_classification(json, event);
  json["time"] = milliseconds(event.time);
  json["start_time"] = milliseconds(event.transfer.begun);
  json["end_time"] = milliseconds(event.transfer.last_seen);
  json["message"] = sentence(event);
  json["metadata"] = metadata(event);
  add_control(json, event);
  json["finding_info"] = finding_info(event);
  add_parties(json, event);
  if (has_file(event.transfer)) json["file"] = file(event);
  json["data_security"] = data_security(event);
  json["unmapped"] = ocsf_unmapped(event);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace sallyport
