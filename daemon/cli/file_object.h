// A file on the operator's disk as an object to classify.
#pragma once

#include <memory>
#include <string>

#include "daemon/base/result.h"
#include "daemon/contract/object_bytes.h"

namespace sallyport::cli {

/// The whole file in memory. Fails on what cannot be read and on more than `bytes_max`, naming the path.
Result<std::shared_ptr<const ObjectBytes>> read_file_object(const std::string& path, std::size_t bytes_max);

}  // namespace sallyport::cli
