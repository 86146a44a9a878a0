// A file that gets new content, whole or not at all.
#pragma once

#include <string>

#include "daemon/base/result.h"

namespace sallyport::cli {

/// Writes a file beside the old one, with its mode and owner, and puts it in its place; a symbolic link stays one.
/// After a failure the old file is as it was.
Status replace_file(const std::string& path, const std::string& text);

}  // namespace sallyport::cli
