// What `sallyport selftest` sends is told from other traffic by the end of its path.
#pragma once

#include <cstddef>
#include <string_view>

namespace sallyport {

/// Stands before the nonce, ".jpg" behind it.
inline constexpr std::string_view kSelftestName = "sallyport-selftest-";
/// Lower-case hexadecimal digits of a nonce.
inline constexpr std::size_t kSelftestNonceDigits = 32;

}  // namespace sallyport
