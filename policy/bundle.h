// A policy in several files: what stands in them is one policy, all of it or nothing. Sections are put together; what
// there can be only once stands in one of the files.
#pragma once

#include <deque>
#include <filesystem>
#include <string>
#include <vector>

#include "policy/diagnostic.h"
#include "policy/source_text.h"
#include "policy/yaml_source.h"

namespace sallyport::policy {

/// One file of a policy, as it stands in messages.
struct PolicyFile {
  std::string name;
  std::string text;
};

/// The *.yaml files of a folder, hidden ones and those of folders inside it left out, in the order of their names.
/// Reports what cannot be read, a folder without such files, and more than limits::kPolicyBundleFilesMax of them.
std::vector<PolicyFile> read_folder(const std::filesystem::path& folder, Diagnostics& diagnostics);

/// Reads and joins them. The texts are added to `sources`, which has to outlive the diagnostics, and numbered from one;
/// file 0 is the policy as a whole.
YamlDocument read_bundle(std::vector<PolicyFile> files, std::deque<SourceText>& sources, Diagnostics& diagnostics);

}  // namespace sallyport::policy
