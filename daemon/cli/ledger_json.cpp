#include "daemon/cli/ledger_json.h"

#include "daemon/cli/findings_json.h"
#include "daemon/cli/time_text.h"
#include "daemon/contract/pdq.h"

namespace sallyport::cli {
namespace {

using Json = nlohmann::ordered_json;

Json word(const std::optional<NotInspected>& reason) {
  return reason ? Json(to_string(*reason)) : Json();
}

Json scores(const std::vector<Detection>& detections) {
  Json list = Json::array();
  for (const Detection& detection : detections) list.push_back(detection.score);
  return list;
}

Json looked_for(FindingSet set) {
  Json list = Json::array();
  for (const auto& [kind, name] :
       {std::pair{FindingKind::kFace, "faces"}, std::pair{FindingKind::kPlate, "plates"},
        std::pair{FindingKind::kFingerprint, "fingerprints"}, std::pair{FindingKind::kCamera, "cameras"}}) {
    if ((set & bit(kind)) != 0) list.push_back(name);
  }
  return list;
}

Json endpoint(const Endpoint& end) {
  return {{"ip", end.address.to_string()}, {"port", end.port}};
}

Json names(const TransferFacts& facts) {
  Json json = Json::object();
  for (const auto& [key, text] :
       {std::pair{"method", &facts.method}, std::pair{"host", &facts.host}, std::pair{"path", &facts.path},
        std::pair{"file_name", &facts.file_name}, std::pair{"form_field", &facts.form_field},
        std::pair{"inside", &facts.inside}, std::pair{"source", &facts.source}, std::pair{"share", &facts.share},
        std::pair{"user", &facts.user}, std::pair{"media_type", &facts.media_type}, std::pair{"alpn", &facts.alpn}}) {
    if (!text->empty()) json[key] = *text;
  }
  return json;
}

Json bytes_json(const Transfer& transfer) {
  const ByteAccount& account = transfer.account;
  Json ranges = Json::array();
  for (const ByteRange& range : account.missing) ranges.push_back({range.begin, range.end});
  Json json{{"size", transfer.size},
            {"seen", account.seen},
            {"repeated", account.repeated},
            {"conflicting", account.conflicting},
            {"delivered", account.delivered},
            {"missing", account.missing_bytes},
            {"missing_ranges", std::move(ranges)}};
  if (transfer.facts.declared_size) json["declared"] = *transfer.facts.declared_size;
  return json;
}

Json image_json(const ImageFindings& image) {
  Json json{{"looked_for", looked_for(image.looked_for)},
            {"format", to_string(image.format)},
            {"faces", scores(image.faces)},
            {"plates", scores(image.plates)},
            {"matches", matches_to_json(image.matches)},
            {"cameras", cameras_to_json(image.cameras)}};
  if (image.camera_unreadable) json["camera_unreadable"] = true;
  if (image.pdq) json.update({{"pdq", to_hex(*image.pdq)}, {"pdq_quality", image.pdq_quality}});
  json["not_inspected"] = word(image.not_inspected);
  return json;
}

Json findings_json(const Findings& findings) {
  Json json = image_json(findings);
  json["face_detector"] = findings.face_detector;
  json["plate_detector"] = findings.plate_detector;
  json["parts_untold"] = findings.parts_untold;
  json["parts"] = Json::array();
  for (const Part& part : findings.parts) {
    Json entry{{"path", part.path}, {"size", part.size}};
    if (part.sha256) entry["sha256"] = sallyport::to_hex(*part.sha256);
    entry.update(image_json(part));
    json["parts"].push_back(std::move(entry));
  }
  return json;
}

Json verdict_json(const Verdict& verdict) {
  Json matches = Json::array();
  for (const RuleMatch& match : verdict.matches) {
    matches.push_back({{"rule", match.rule},
                       {"severity", to_string(match.severity)},
                       {"action", to_string(match.action)},
                       {"shadow", match.shadow},
                       {"reason", match.reason},
                       {"because_not_inspected", word(match.because_not_inspected)},
                       {"tags", match.tags}});
  }
  return {{"action", to_string(verdict.action)},
          {"severity", to_string(verdict.severity)},
          {"not_inspected", word(verdict.not_inspected)},
          {"rules", std::move(matches)},
          {"permitted_by", verdict.permitted_by},
          {"record", verdict.record},
          {"policy", verdict.policy_digest}};
}

std::int64_t nanoseconds(Timestamp time) {
  return time.time_since_epoch().count();
}

}  // namespace

Json row_to_json(const LedgerRow& row) {
  const Event& event = row.event;
  const Transfer& transfer = event.transfer;
  Json json{{"id", row.id},
            {"time", time_text(event.time)},
            {"time_ns", nanoseconds(event.time)},
            {"begun_ns", nanoseconds(transfer.begun)},
            {"last_seen_ns", nanoseconds(transfer.last_seen)},
            {"protocol", to_string(transfer.facts.protocol)},
            {"sender", endpoint(transfer.facts.sender)},
            {"receiver", endpoint(transfer.facts.receiver)},
            {"direction", transfer.facts.upload ? "upload" : "download"}};
  json.update(names(transfer.facts));
  for (const Parties& parties : transfer.other_parties) {
    json["other_parties"].push_back({{"sender", endpoint(parties.sender)}, {"receiver", endpoint(parties.receiver)}});
  }
  if (transfer.facts.status != 0) json["status"] = transfer.facts.status;
  if (transfer.facts.is_pipe) json["is_pipe"] = true;
  json["content"] = to_string(transfer.content);
  json["bytes"] = bytes_json(transfer);
  json["sha256"] = transfer.sha256 ? Json(sallyport::to_hex(*transfer.sha256)) : Json();
  json["ended"] = transfer.ended;
  json["complete"] = transfer.complete;
  json["opaque"] = word(transfer.facts.opaque);
  json["not_inspected"] = word(transfer.not_inspected);
  json["evasions"] = to_strings(transfer.evasions);
  json["findings"] = findings_json(event.findings);
  json["verdict"] = verdict_json(event.verdict);
  json["disposition"] = to_string(event.disposition);
  json["event"] = event.id;
  json["told"] = row.told;
  return json;
}

}  // namespace sallyport::cli
