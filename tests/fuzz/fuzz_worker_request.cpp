// What a worker does with a request, without its sandbox: a message, then an image. The first byte is the length of the
// message.
#include <algorithm>
#include <cstdint>

#include "daemon/worker/message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static sallyport::ImageInspector inspector(nullptr, nullptr);
  if (size == 0) return 0;
  const sallyport::Bytes rest = sallyport::as_byte_span(data + 1, size - 1);
  const std::size_t message_size = std::min<std::size_t>(data[0], rest.size());
  auto request = sallyport::parse_request(rest.first(message_size));
  if (!request) return 0;
  constexpr std::uint64_t kPixelsMax = 1 << 20;  // keeps each run short
  request->inspection.pixels_max = std::min(request->inspection.pixels_max, kPixelsMax);
  const auto findings = inspector.inspect(rest.subspan(message_size), request->inspection);
  if (sallyport::encode_reply(request->id, findings).empty()) __builtin_trap();
  return 0;
}
