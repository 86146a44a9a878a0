#include "daemon/cli/findings_json.h"

#include <cmath>

#include "daemon/contract/pdq.h"

namespace sallyport::cli {
namespace {

using Json = nlohmann::ordered_json;

double rounded(float score) {
  return std::round(static_cast<double>(score) * 1000) / 1000;
}

Json to_json(const std::vector<Detection>& detections) {
  Json list = Json::array();
  for (const Detection& detection : detections) {
    const Box& box = detection.box;
    list.push_back({{"box", {box.x, box.y, box.width, box.height}}, {"score", rounded(detection.score)}});
  }
  return list;
}

}  // namespace

Json cameras_to_json(const std::vector<CameraMatch>& cameras) {
  Json list = Json::array();
  for (const CameraMatch& match : cameras) list.push_back({{"camera", match.camera}, {"sign", to_string(match.sign)}});
  return list;
}

Json matches_to_json(const std::vector<FingerprintMatch>& matches) {
  Json list = Json::array();
  for (const FingerprintMatch& match : matches) {
    Json& one = list.emplace_back(
        Json{{"set", match.set}, {"item", match.item}, {"exact", match.exact}, {"distance", match.distance}});
    if (match.form != PictureForm::kUpright) one["form"] = to_string(match.form);
    if (match.by_parts()) one.update({{"inliers", match.inliers}, {"covered_percent", match.covered_percent}});
  }
  return list;
}

namespace {

Json image_to_json(const ImageFindings& findings) {
  Json json{{"format", to_string(findings.format)},
            {"width", findings.width},
            {"height", findings.height},
            {"faces", to_json(findings.faces)},
            {"plates", to_json(findings.plates)},
            {"matches", matches_to_json(findings.matches)}};
  if (findings.pdq) {
    json["pdq"] = to_hex(*findings.pdq);
    json["pdq_quality"] = findings.pdq_quality;
  }
  return json;
}

Json reason_to_json(const ImageFindings& findings) {
  return findings.not_inspected ? Json(to_string(*findings.not_inspected)) : Json();
}

Json part_to_json(const Part& part) {
  Json json{{"path", part.path},
            {"size", part.size},
            {"sha256", part.sha256 ? Json(sallyport::to_hex(*part.sha256)) : Json()}};
  json.update(image_to_json(part));
  json["not_inspected"] = reason_to_json(part);
  return json;
}

}  // namespace

Json findings_to_json(const Findings& findings) {
  Json json = image_to_json(findings);
  json["face_detector"] = findings.face_detector;
  json["plate_detector"] = findings.plate_detector;
  json["not_inspected"] = reason_to_json(findings);
  if (findings.evasions != 0) json["evasions"] = to_strings(findings.evasions);
  for (const Part& part : findings.parts) json["parts"].push_back(part_to_json(part));
  if (findings.parts_untold > 0) json["parts_untold"] = findings.parts_untold;
  return json;
}

}  // namespace sallyport::cli
