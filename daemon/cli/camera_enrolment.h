// What sample images of one camera have in common, as an entry of a policy.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/contract/finding.h"

namespace sallyport::cli {

/// An entry of cameras: by which the camera is known, and what its signs are worth.
struct Enrolment {
  std::string yaml;                ///< indented for standing under cameras:; signs that are weak are commented out
  std::vector<std::string> notes;  ///< for the person: what each sign is worth, or why there is none
  bool has_sign = false;           ///< one that is not weak
};

/// `samples`: of each image its findings, with facts; not empty. `overlay`: the region that each was asked for.
Enrolment enrol(const std::string& name, const std::vector<Findings>& samples,
                const std::optional<OverlayRegion>& overlay);

}  // namespace sallyport::cli
