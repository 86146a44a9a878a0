// The whole way from packets to objects: several flows, two shards, every protocol. What is told of an object must be
// true.
#include "tests/support/extraction_script.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sallyport::test::ExtractionScript(sallyport::as_byte_span(data, size)).run();
  return 0;
}
