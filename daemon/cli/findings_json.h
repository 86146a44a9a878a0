// Findings as JSON, for classify, fingerprint and scan.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "daemon/contract/finding.h"

namespace sallyport::cli {

nlohmann::ordered_json matches_to_json(const std::vector<FingerprintMatch>& matches);
nlohmann::ordered_json cameras_to_json(const std::vector<CameraMatch>& cameras);
/// Keys: format, width, height, faces, plates, matches, pdq, pdq_quality, face_detector, plate_detector, not_inspected
/// (null or a word).
nlohmann::ordered_json findings_to_json(const Findings& findings);

}  // namespace sallyport::cli
