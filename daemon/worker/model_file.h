// A network from a file, with the name that events give it.
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "daemon/base/result.h"
#include "daemon/worker/network/network.h"

namespace sallyport {

struct ModelFile {
  Network network;
  std::string name;  ///< file name and the first eight hexadecimal digits of its SHA-256: "plates@ecd548e4"
};

/// The file came with the program or was installed by the administrator: trusted, but a broken one is an Error.
Result<ModelFile> load_model(const std::filesystem::path& path, std::span<const std::string> outputs);

}  // namespace sallyport
