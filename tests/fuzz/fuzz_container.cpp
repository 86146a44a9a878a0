// Any bytes to the whole unpacker: archives by libarchive and ZIP, documents, images in images.
#include "daemon/worker/unpack/unpacker.h"

#include "tests/support/discarding_parts.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sallyport::test::unpack_and_discard(sallyport::as_byte_span(data, size));
  return 0;
}
