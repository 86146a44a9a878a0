// What a protocol says of the first bytes of a flow; asked by the dispatcher.
#pragma once

#include <cstdint>

namespace sallyport {

/// kMaybe: the bytes so far fit, more are needed to tell.
enum class Recognition : std::uint8_t { kNo, kMaybe, kYes };

}  // namespace sallyport
