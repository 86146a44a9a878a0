#include "daemon/cli/loaded_policy.h"

#include <cstdio>

#include "daemon/app/policy_loading.h"

namespace sallyport::cli {
namespace {

constexpr std::size_t kDigestDigits = 8;

}  // namespace

std::shared_ptr<const ActivePolicy> load_told(const std::string& file) {
  const PolicyLoad loaded = load_active_policy(file, {});
  for (const std::string& diagnostic : loaded.diagnostics) std::fprintf(stderr, "%s\n", diagnostic.c_str());
  if (!loaded.active) std::fprintf(stderr, "%s: %s\n", file.c_str(), loaded.summary.c_str());
  return loaded.active;
}

std::string title_of(const std::string& file, const ActivePolicy& active) {
  return file + " (sha256 " + active.policy->digest().substr(0, kDigestDigits) + ')';
}

}  // namespace sallyport::cli
