// Errors of the control plane: files, sockets, start-up. Hostile input never makes one of these (see
// contract/not_inspected.h); what cannot happen is check.h.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace sallyport {

enum class ErrorCode {
  kInvalidArgument,    ///< the caller, or a person's file or command line, said something that can never work
  kNotFound,           ///< the named file, interface or set does not exist
  kPermissionDenied,   ///< the kernel refused; say which capability or mode is missing
  kUnavailable,        ///< it may work later: peer gone, queue full, worker not up
  kResourceExhausted,  ///< a limit of ours or of the system was reached
  kCorrupt,            ///< a file or message of our own format does not parse
  kInternal,           ///< a library or system call failed in a way with no better name
};

/// What went wrong, as one sentence for a person, with the path and value that caused it.
struct Error {
  ErrorCode code;
  std::string message;
};

/// A value or an Error; never both. Handle it by early return.
template <class T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

[[nodiscard]] inline tl::unexpected<Error> fail(ErrorCode code, std::string message) {
  return tl::unexpected<Error>(Error{code, std::move(message)});
}

/// "<what>: <strerror(errno)>", with the code that fits errno. Call it before anything else can change errno.
[[nodiscard]] tl::unexpected<Error> fail_errno(std::string what);

}  // namespace sallyport
