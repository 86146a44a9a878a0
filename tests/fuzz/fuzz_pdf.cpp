// Any bytes as a PDF file.
#include "daemon/worker/unpack/pdf_reader.h"

#include "tests/support/discarding_parts.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sallyport::test::DiscardingMembers members(size);
  sallyport::read_pdf(sallyport::as_byte_span(data, size), members);
  return 0;
}
