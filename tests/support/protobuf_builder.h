// Protobuf fields and gRPC messages for tests.
#pragma once

#include <cstdint>
#include <string>

namespace sallyport::test {

inline std::string protobuf_varint(std::uint64_t number) {
  std::string out;
  for (; number > 127; number >>= 7) out.push_back(static_cast<char>((number & 127U) | 128U));
  out.push_back(static_cast<char>(number));
  return out;
}
/// A length-delimited field: text, bytes or a message inside.
inline std::string protobuf_field(std::uint64_t number, const std::string& content) {
  return protobuf_varint((number << 3) | 2) + protobuf_varint(content.size()) + content;
}
inline std::string protobuf_number(std::uint64_t number, std::uint64_t value) {
  return protobuf_varint(number << 3) + protobuf_varint(value);
}
inline std::string grpc_message(const std::string& message, char flags = 0) {
  std::string out(1, flags);
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(message.size() >> shift));
  return out + message;
}

}  // namespace sallyport::test
