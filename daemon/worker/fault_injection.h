// Faults on demand, so that tests of the daemon can have a worker that hangs, crashes or does what is forbidden. Only a
// worker started with --fault-injection looks for them; without it the same image is an ordinary image.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "daemon/base/bytes.h"

namespace sallyport {

enum class Fault : std::uint8_t { kHang, kCrash, kOpenFile, kSocket, kFork, kExec, kPtrace, kExecutableMemory };

/// "hang", "crash", "open-file", "socket", "fork", "exec", "ptrace", "executable-memory".
std::optional<Fault> fault_from(std::string_view word);

/// The fault that the first kilobytes of an image ask for with the text "sallyport-fault:WORD;", such as a JPEG
/// comment.
std::optional<Fault> find_fault(Bytes image);

/// Does it. kHang never returns. The others end the process where they work as meant; the forbidden acts return only
/// when the sandbox did not stop the process.
void commit_fault(Fault fault);

}  // namespace sallyport
