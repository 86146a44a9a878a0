#include "daemon/base/check.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "daemon/base/result.h"

namespace sallyport {

void check_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: invariant does not hold: %s\n", file, line, expression);
  std::abort();
}

namespace {

ErrorCode code_of(int error_number) {
  switch (error_number) {
    case ENOENT:
    case ENODEV:
      return ErrorCode::kNotFound;
    case EACCES:
    case EPERM:
      return ErrorCode::kPermissionDenied;
    case EAGAIN:
    case ECONNREFUSED:
      return ErrorCode::kUnavailable;
    case ENOMEM:
    case ENFILE:
    case EMFILE:
    case ENOSPC:
    case ENOBUFS:
      return ErrorCode::kResourceExhausted;
    case EINVAL:
      return ErrorCode::kInvalidArgument;
    default:
      return ErrorCode::kInternal;
  }
}

}  // namespace

tl::unexpected<Error> fail_errno(std::string what) {
  const int error_number = errno;
  return fail(code_of(error_number), std::move(what) + ": " + std::strerror(error_number));
}

}  // namespace sallyport
