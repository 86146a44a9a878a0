// What decides at this moment: the compiled policy with the registered sets it speaks of, loaded and swapped as one.
#pragma once

#include <functional>
#include <memory>

#include "daemon/classify/camera_match.h"
#include "daemon/classify/fingerprint_sets.h"
#include "policy/memory.h"
#include "policy/policy.h"

namespace sallyport {

/// Immutable but for what its rules remember, which has locks of its own; any thread. A transfer ends under the one it
/// began with.
struct ActivePolicy {
  std::shared_ptr<const policy::Policy> policy;
  FingerprintSets fingerprints;
  std::shared_ptr<policy::Memory> memory;  ///< never null
  CameraSet cameras = {};
};

/// Gives the policy now in force; never null. Any thread, never blocks.
using PolicySource = std::function<std::shared_ptr<const ActivePolicy>()>;

}  // namespace sallyport
