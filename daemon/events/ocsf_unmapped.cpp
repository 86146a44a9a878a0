#include "daemon/events/ocsf_unmapped.h"

#include <cmath>

#include "daemon/contract/pdq.h"

namespace sallyport {
namespace {

using Json = nlohmann::ordered_json;

/// Sets `object[key]` unless the value is empty.
void set(Json& object, const char* key, std::string_view value) {
  if (!value.empty()) object[key] = value;
}

void set(Json& object, const char* key, std::optional<NotInspected> reason) {
  if (reason) object[key] = to_string(*reason);
}

Json byte_account(const Transfer& transfer) {
  const ByteAccount& account = transfer.account;
  Json ranges = Json::array();
  for (const ByteRange& range : account.missing) ranges.push_back({range.begin, range.end});
  Json json = {{"seen", account.seen},
               {"repeated", account.repeated},
               {"conflicting", account.conflicting},
               {"delivered_before_verdict", account.delivered},
               {"missing", account.missing_bytes},
               {"missing_ranges", std::move(ranges)}};
  if (transfer.facts.declared_size) json["declared_size"] = *transfer.facts.declared_size;
  return json;
}

Json endpoint(const Endpoint& end) {
  return {{"ip", end.address.to_string()}, {"port", end.port}};
}

Json transfer_facts(const Transfer& transfer) {
  const TransferFacts& facts = transfer.facts;
  Json json = {{"protocol", to_string(facts.protocol)},
               {"direction", facts.upload ? "upload" : "download"},
               {"complete", transfer.complete},
               {"content", to_string(transfer.content)}};
  set(json, "method", facts.method);
  set(json, "host", facts.host);
  set(json, "form_field", facts.form_field);
  set(json, "inside", facts.inside);
  set(json, "source", facts.source);
  set(json, "declared_media_type", facts.media_type);
  set(json, "alpn", facts.alpn);
  if (facts.status != 0) json["status"] = facts.status;
  for (const Parties& parties : transfer.other_parties) {
    json["other_parties"].push_back({{"sender", endpoint(parties.sender)}, {"receiver", endpoint(parties.receiver)}});
  }
  if (transfer.has_untold_parties) json["has_untold_parties"] = true;
  set(json, "not_inspected", transfer.not_inspected);
  json["evasions"] = to_strings(transfer.evasions);
  return json;
}

Json detections(const std::vector<Detection>& found) {
  Json json = Json::array();
  for (const Detection& detection : found) {
    const Box& box = detection.box;
    const double score = std::round(static_cast<double>(detection.score) * 1e4) / 1e4;
    json.push_back({{"score", score}, {"box", {box.x, box.y, box.width, box.height}}});
  }
  return json;
}

/// Lists only of what was looked for. "at_least" says of which the list may lack some.
void set_detections(Json& json, const ImageFindings& image) {
  const FindingSet in_part = found_in_part(image), told = image.looked_for | in_part;
  if (told & bit(FindingKind::kFace)) json["faces"] = detections(image.faces);
  if (told & bit(FindingKind::kPlate)) json["plates"] = detections(image.plates);
  if (in_part & bit(FindingKind::kFace)) json["at_least"].push_back("faces");
  if (in_part & bit(FindingKind::kPlate)) json["at_least"].push_back("plates");
}

Json fingerprint_matches(const std::vector<FingerprintMatch>& matches) {
  Json json = Json::array();
  for (const FingerprintMatch& match : matches) {
    Json& one = json.emplace_back(
        Json{{"set", match.set}, {"item", match.item}, {"exact", match.exact}, {"distance", match.distance}});
    if (match.form != PictureForm::kUpright) one["form"] = to_string(match.form);
    if (match.by_parts()) one.update({{"inliers", match.inliers}, {"covered_percent", match.covered_percent}});
  }
  return json;
}

void set_cameras(Json& json, const ImageFindings& image) {
  const bool told = (image.looked_for & bit(FindingKind::kCamera)) != 0 || !image.cameras.empty();
  if (!told) return;
  Json& cameras = json["cameras"] = Json::array();
  for (const CameraMatch& match : image.cameras) {
    cameras.push_back({{"camera", match.camera}, {"sign", to_string(match.sign)}});
  }
  if (image.camera_unreadable) json["camera_unreadable"] = true;
}

Json part_json(const Part& part) {
  Json json = {{"path", part.path}, {"format", to_string(part.format)}, {"size", part.size}};
  if (part.sha256) json["sha256"] = to_hex(*part.sha256);
  if (part.width > 0) json["width"] = part.width;
  if (part.height > 0) json["height"] = part.height;
  set_detections(json, part);
  if (part.looked_for & bit(FindingKind::kFingerprint)) json["matches"] = fingerprint_matches(part.matches);
  set_cameras(json, part);
  if (part.pdq) json["pdq_quality"] = part.pdq_quality;
  set(json, "not_inspected", part.not_inspected);
  return json;
}

/// Only what was looked for: an empty list of faces means "none there", a missing one "nobody looked".
Json findings_json(const Findings& findings) {
  Json json = {{"format", to_string(findings.format)}};
  if (findings.width > 0) json["width"] = findings.width;
  if (findings.height > 0) json["height"] = findings.height;
  set_detections(json, findings);
  if (findings.looked_for & bit(FindingKind::kFingerprint)) json["matches"] = fingerprint_matches(findings.matches);
  set_cameras(json, findings);
  if (findings.pdq) json["pdq_quality"] = findings.pdq_quality;
  set(json, "face_detector", findings.face_detector);
  set(json, "plate_detector", findings.plate_detector);
  set(json, "not_inspected", findings.not_inspected);
  for (const Part& part : findings.parts) json["parts"].push_back(part_json(part));
  if (findings.parts_untold > 0) json["parts_untold"] = findings.parts_untold;
  return json;
}

Json rule_matches(const std::vector<RuleMatch>& matches) {
  Json json = Json::array();
  for (const RuleMatch& match : matches) {
    Json entry = {{"rule", match.rule}, {"severity", to_string(match.severity)}, {"action", to_string(match.action)}};
    entry["shadow"] = match.shadow;
    set(entry, "reason", match.reason);
    set(entry, "because_not_inspected", match.because_not_inspected);
    if (!match.tags.empty()) entry["tags"] = match.tags;
    json.push_back(std::move(entry));
  }
  return json;
}

}  // namespace

Json ocsf_unmapped(const Event& event) {
  Json json;
  json["sensor"] = event.sensor;
  json["front_end"] = event.front_end;
  json["action"] = to_string(event.verdict.action);
  json["disposition"] = to_string(event.disposition);
  json["inspection_seconds"] = std::chrono::duration<double>(event.inspection_time).count();
  set(json, "not_inspected", event.verdict.not_inspected);
  json["transfer"] = transfer_facts(event.transfer);
  json["bytes"] = byte_account(event.transfer);
  json["findings"] = findings_json(event.findings);
  json["rules"] = rule_matches(event.verdict.matches);
  if (!event.verdict.permitted_by.empty()) json["permitted_by"] = event.verdict.permitted_by;
  return json;
}

}  // namespace sallyport
