// A policy file and the registered sets it names, loaded together: all of it, or nothing and the reasons.
#pragma once

#include <optional>
#include <string>

#include "daemon/app/policy_reload.h"
#include "daemon/contract/flow_control.h"
#include "policy/loader.h"

namespace sallyport {

/// `capabilities`: of the front end that will run under it, so that rules asking for more are told; nothing: unknown.
PolicyLoad load_active_policy(const std::string& path, const std::optional<Capabilities>& capabilities);
/// The same of a policy that is loaded: adds the sets.
PolicyLoad with_sets(policy::LoadResult loaded);
/// Of a text; relative files lie in the working directory.
PolicyLoad load_active_policy_text(const std::string& text, const std::string& name);

}  // namespace sallyport
