#include "daemon/app/policy_loading.h"

#include <chrono>
#include <utility>

namespace sallyport {
namespace {

/// False when a set cannot be had; every such set is told.
bool load_sets(const policy::Policy& policy, FingerprintSets& sets, std::vector<std::string>& diagnostics) {
  bool good = true;
  for (const policy::FingerprintSet& set : policy.fingerprint_sets()) {
    Result<FingerprintIndex> index = FingerprintIndex::load(set.file);
    if (!index) {
      diagnostics.push_back("error: fingerprint set '" + set.name + "': " + index.error().message +
                            " [fingerprint-file]");
      good = false;
      continue;
    }
    sets.add(set.name, std::move(*index), {set.distance_max, set.parts});
  }
  return good;
}

}  // namespace

PolicyLoad with_sets(policy::LoadResult loaded) {
  PolicyLoad result;
  for (const policy::Diagnostic& diagnostic : loaded.diagnostics)
    result.diagnostics.push_back(policy::to_text(diagnostic));
  std::size_t errors = loaded.errors();
  if (loaded.policy) {
    FingerprintSets sets;
    const std::size_t before = result.diagnostics.size();
    if (load_sets(*loaded.policy, sets, result.diagnostics)) {
      result.active = std::make_shared<ActivePolicy>(ActivePolicy{
          loaded.policy, std::move(sets), loaded.policy->new_memory(), CameraSet(loaded.policy->cameras())});
    }
    errors += result.diagnostics.size() - before;
  }
  result.summary = policy::summary_line(errors, loaded.warnings());
  return result;
}

PolicyLoad load_active_policy(const std::string& path, const std::optional<Capabilities>& capabilities) {
  return with_sets(policy::load_policy_file(path, {capabilities, std::chrono::system_clock::now()}));
}

PolicyLoad load_active_policy_text(const std::string& text, const std::string& name) {
  return with_sets(policy::load_policy_text(text, name));
}

}  // namespace sallyport
