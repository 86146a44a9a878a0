// Invariants: what cannot happen unless Sallyport itself is wrong. Never for input, files or the environment.
#pragma once

namespace sallyport {

/// Prints the place and the expression to stderr and aborts; in release builds too.
[[noreturn]] void check_failed(const char* expression, const char* file, int line);

}  // namespace sallyport

#define SALLYPORT_CHECK(expression) \
  (static_cast<bool>(expression) ? void(0) : ::sallyport::check_failed(#expression, __FILE__, __LINE__))
