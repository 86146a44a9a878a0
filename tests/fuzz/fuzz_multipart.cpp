// Multipart bodies: a byte of piece size, a byte of boundary size, the boundary, the body.
#include "daemon/protocols/http/multipart.h"

namespace {

class Discard : public sallyport::http::PartHandler {
  void part_begin(const sallyport::http::Head&) override {}
  void part_bytes(sallyport::Bytes) override {}
  void part_end() override {}
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sallyport;
  if (size < 2) return 0;
  Bytes input = as_byte_span(data + 2, size - 2);
  const Bytes boundary = prefix(input, data[1] % 32);
  Discard handler;
  http::MultipartParser parser(std::string(as_text(boundary)), 512, handler);
  for (input = input.subspan(boundary.size()); !input.empty();) {
    const Bytes piece = prefix(input, std::size_t{data[0]} + 1);
    parser.push(piece);
    input = input.subspan(piece.size());
  }
  parser.finish();
  return 0;
}
