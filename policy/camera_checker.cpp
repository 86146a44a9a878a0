#include "policy/camera_checker.h"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/limits.h"
#include "policy/suggest.h"

namespace sallyport::policy {
namespace {

class CameraChecker {
 public:
  CameraChecker(const PolicyDocument& policy, bool whole, Diagnostics& diagnostics)
      : policy_(policy), whole_(whole), diagnostics_(diagnostics) {
    for (const CameraDocument& camera : policy.cameras) names_.emplace_back(camera.name.value);
  }

  void check() {
    for (const CameraDocument& camera : policy_.cameras) check_camera(camera);
    const auto check_test = [this](const Condition& condition) {
      const auto* test = std::get_if<CameraTest>(&condition.test);
      if (test != nullptr) check_asked(condition.place, *test);
    };
    for (const ConditionDocument& named : policy_.conditions) for_each_condition(named.condition, check_test);
    for (const RuleDocument& rule : policy_.rules) for_each_condition(rule.when, check_test);
    if (whole_ && diagnostics_.error_count() == 0) check_unused();
  }

 private:
  void check_camera(const CameraDocument& camera) {
    if (camera.name.value == kAnyCamera) {
      diagnostics_.error(camera.name.place, "bad-name", "'any' stands for all cameras: none can be called so");
    }
    for (const CameraSignDocument& sign : camera.signs) {
      if (!sign.keys.overlay) continue;
      const OverlayRegion& region = sign.keys.overlay->region;
      if (std::find(regions_.begin(), regions_.end(), region) != regions_.end()) continue;
      regions_.push_back(region);
      if (regions_.size() != sallyport::limits::kOverlayRegionsMax + 1) continue;
      diagnostics_.error(sign.place, "too-large",
                         "more than " + std::to_string(sallyport::limits::kOverlayRegionsMax) + " overlay regions");
    }
  }

  void check_asked(Place place, const CameraTest& test) {
    if (test.cameras.empty()) all_used_ = true;
    if (test.cameras.empty() && names_.empty()) {
      diagnostics_.error(place, "never-true", "this policy has no cameras", {"", "enrol them under cameras"});
    }
    for (const Located<std::string>& name : test.cameras) {
      used_.insert(name.value);
      if (std::find(names_.begin(), names_.end(), name.value) != names_.end()) continue;
      diagnostics_.error(name.place, "unknown-camera", "unknown camera " + quoted(name.value),
                         {nearest(name.value, names_), ""});
    }
  }

  void check_unused() {
    for (const CameraDocument& camera : policy_.cameras) {
      if (all_used_ || used_.count(camera.name.value) != 0) continue;
      diagnostics_.warning(camera.name.place, "unused", "camera " + quoted(camera.name.value) + " is used nowhere", {});
    }
  }

  const PolicyDocument& policy_;
  const bool whole_;
  Diagnostics& diagnostics_;
  std::vector<std::string_view> names_;
  std::vector<OverlayRegion> regions_;
  std::set<std::string_view> used_;
  bool all_used_ = false;
};

}  // namespace

void check_cameras(const PolicyDocument& policy, bool whole, Diagnostics& diagnostics) {
  CameraChecker(policy, whole, diagnostics).check();
}

}  // namespace sallyport::policy
