// A checked document to the form that is asked for each transfer.
#pragma once

#include <filesystem>
#include <memory>

#include "policy/compiled_policy.h"
#include "policy/document.h"

namespace sallyport::policy {

/// `document` has no faults. Relative fingerprint files are taken to lie in `folder`.
std::unique_ptr<const CompiledPolicy> compile(const PolicyDocument& document, const std::filesystem::path& folder);

}  // namespace sallyport::policy
