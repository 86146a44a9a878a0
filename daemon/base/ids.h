// Distinct types for the numbers that name things, so that one cannot be passed for another.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace sallyport {

template <class Tag>
struct Id {
  std::uint64_t value = 0;

  /// Zero names nothing.
  explicit operator bool() const { return value != 0; }
  auto operator<=>(const Id&) const = default;
};

/// One TCP connection. Unique in the process; never used again.
using FlowId = Id<struct FlowTag>;
/// One object moving from one endpoint to another. Unique in the process; never used again.
using TransferId = Id<struct TransferTag>;

}  // namespace sallyport

template <class Tag>
struct std::hash<sallyport::Id<Tag>> {
  std::size_t operator()(sallyport::Id<Tag> id) const noexcept { return std::hash<std::uint64_t>{}(id.value); }
};
