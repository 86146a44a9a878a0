#include "daemon/contract/quantisation.h"

#include "daemon/base/bytes.h"

namespace sallyport {

Sha256Digest quantisation_digest(std::span<const QuantisedComponent> components) {
  ByteBuffer written;
  const auto write = [&written](unsigned value) { written.push_back(static_cast<std::byte>(value)); };
  for (const QuantisedComponent& component : components) {
    write(component.horizontal);
    write(component.vertical);
    for (const std::uint16_t entry : component.table) {
      write(entry >> 8U);
      write(entry & 0xFFU);
    }
  }
  return Sha256::of(written);
}

}  // namespace sallyport
