// What a protocol's recogniser answers when the dispatcher shows it the first bytes of a direction.
#pragma once

#include <cstdint>

namespace sallyport {

enum class Recognition : std::uint8_t {
  kNo,     ///< these bytes cannot begin this protocol
  kMaybe,  ///< they fit so far; show more
  kYes,    ///< they begin this protocol
};

}  // namespace sallyport
