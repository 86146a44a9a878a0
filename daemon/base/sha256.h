// SHA-256 (FIPS 180-4), by OpenSSL.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/bytes.h"

namespace sallyport {

using Sha256Digest = std::array<std::byte, 32>;

/// 64 lower-case hexadecimal digits.
std::string to_hex(const Sha256Digest& digest);
/// The digest that 64 hexadecimal digits spell; nothing for any other text.
std::optional<Sha256Digest> sha256_from_hex(std::string_view text);

/// A running digest. One thread. Copying is not possible; moving is.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void update(Bytes bytes);
  /// The digest of all updates so far; the object starts anew afterwards.
  Sha256Digest finish();

  static Sha256Digest of(Bytes bytes);

 private:
  struct Free {
    void operator()(void* context) const;
  };
  std::unique_ptr<void, Free> context_;
};

}  // namespace sallyport
