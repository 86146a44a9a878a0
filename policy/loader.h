// A policy file to a Policy, or to everything that is wrong with it: the one entry point of this folder.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/time.h"
#include "daemon/contract/flow_control.h"
#include "policy/diagnostic.h"
#include "policy/policy.h"

namespace sallyport::policy {

/// As written, with its tests: document.h.
struct PolicyDocument;
/// bundle.h.
struct PolicyFile;

struct LoadResult {
  std::shared_ptr<const Policy> policy;            ///< null where there is an error
  std::vector<Diagnostic> diagnostics;             ///< in the order of the files; warnings also beside a policy
  std::shared_ptr<const PolicyDocument> document;  ///< what `policy` was made of; null where that is

  std::size_t errors() const { return count(diagnostics, DiagnosticLevel::kError); }
  std::size_t warnings() const { return count(diagnostics, DiagnosticLevel::kWarning); }
};

/// What else to warn of; it changes nothing in the policy.
struct LoadOptions {
  std::optional<Capabilities> capabilities;  ///< rules that ask more than this front end can do
  std::optional<Timestamp> now;              ///< what has expired by then
};

/// Reads and checks the file, or the *.yaml files of a folder, which are one policy (bundle.h). What cannot be read is
/// a diagnostic too. Any thread.
LoadResult load_policy_file(const std::filesystem::path& path, const LoadOptions& options = {});
/// The same of a text; `name` stands in the messages, and relative fingerprint files lie in `folder`.
LoadResult load_policy_text(std::string text, std::string name, const LoadOptions& options = {},
                            const std::filesystem::path& folder = {});
/// The same of several texts that are one policy.
LoadResult load_policy_texts(std::vector<PolicyFile> files, std::string name, const LoadOptions& options = {});
/// Every message as to_text() and the summary line.
std::string to_text(const LoadResult& result);

}  // namespace sallyport::policy
