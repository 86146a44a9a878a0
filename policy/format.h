// A policy file in its one layout: keys in the order of the reference, short mappings and lists on one line, two spaces
// of indentation, quotes where they are needed. Comments stay with what they stand at, and blank lines between entries
// are kept, one of them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policy/diagnostic.h"

namespace sallyport::policy {

struct FormatResult {
  std::optional<std::string> text;      ///< absent where the file was refused
  std::vector<Diagnostic> diagnostics;  ///< why
};

/// Refuses what is not well-formed. The result reads as the same keys and values, has the same comments, and is its own
/// result. Any thread.
FormatResult format_policy(std::string text, std::string name);

}  // namespace sallyport::policy
