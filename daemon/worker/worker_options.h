// The worker's command line; its only user is the daemon.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

#include "daemon/base/result.h"

namespace sallyport {

struct WorkerOptions {
  std::filesystem::path model_dir;    ///< the administrator's models; empty: none
  std::filesystem::path shipped_dir;  ///< models that came with the program; empty: where they are by default
  std::filesystem::path cascade_dir = "/usr/share/opencv4/haarcascades";
  int channel_fd = 3;
  std::uint64_t memory_bytes_max = std::uint64_t{1} << 30;
  bool fault_injection = false;
  bool no_detectors = false;  ///< loads no models: for unpacking and hashing only
};

/// --model-dir DIR, --shipped-dir DIR, --cascade-dir DIR, --fd N, --memory-max BYTES, --fault-injection,
/// --no-detectors; without the program's name. Anything else is an Error that names it.
Result<WorkerOptions> parse_worker_options(std::span<const char* const> arguments);

}  // namespace sallyport
