// Any script of calls: an object that is called complete has the bytes and the digest that a plain file would have.
#include <cstdint>

#include "tests/support/transfer_script.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sallyport::test::TransferScript(sallyport::as_byte_span(data, size)).run();
  return 0;
}
