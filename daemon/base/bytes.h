// Bytes are borrowed spans; a span that is handed to a call is valid during that call only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace sallyport {

using Bytes = std::span<const std::byte>;
using ByteBuffer = std::vector<std::byte>;

inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline Bytes as_byte_span(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}
inline Bytes as_byte_span(const void* data, std::size_t size) {
  return {static_cast<const std::byte*>(data), size};
}
inline const std::uint8_t* as_u8(Bytes bytes) {
  return reinterpret_cast<const std::uint8_t*>(bytes.data());
}
inline const char* as_chars(Bytes bytes) {
  return reinterpret_cast<const char*>(bytes.data());
}

/// The first `size` bytes, or all of them where there are fewer.
inline Bytes prefix(Bytes bytes, std::size_t size) {
  return bytes.first(size < bytes.size() ? size : bytes.size());
}

inline void append(ByteBuffer& buffer, Bytes bytes) {
  buffer.insert(buffer.end(), bytes.begin(), bytes.end());
}

}  // namespace sallyport
