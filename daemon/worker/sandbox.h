// What makes it safe to decode hostile images: after this the process can compute, and talk over one socket, and
// nothing else.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/base/result.h"

namespace sallyport {

struct SandboxOptions {
  int channel_fd = -1;                 ///< the one descriptor that stays open; at least 3
  std::uint64_t memory_bytes_max = 0;  ///< address space the process may add to what it has now
};

/// For the whole process, for good. The process must have one thread; everything it will ever open must be open, loaded
/// and warmed up. Gives the names of the layers in force, for the Hello message. Namespaces, the empty root and
/// Landlock depend on the kernel and on who starts the worker: missing ones are left out of the names. All others are
/// mandatory: an Error means that the process must end without having touched input.
Result<std::vector<std::string>> enter_sandbox(const SandboxOptions& options);

}  // namespace sallyport
