// Any bytes to the header reader: the code that decides, before any decoder, how large an image would become.
#include <cstdint>

#include "daemon/worker/image_header.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const sallyport::ImageHeader header = sallyport::read_image_header(sallyport::as_byte_span(data, size));
  if (header.orientation < 1 || header.orientation > 8) __builtin_trap();
  return 0;
}
