// Content codings: two bytes choose the stack of labels, the rest is the body, cut in two.
#include "daemon/protocols/http/content_decoder.h"

namespace {

class Discard : public sallyport::http::ByteOutput {
  bool take(sallyport::Bytes) override { return true; }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sallyport;
  if (size < 2) return 0;
  std::vector<http::Coding> codings;
  for (unsigned left = data[0]; left > 0 && codings.size() < 4; left /= 7) {
    if (left % 7 > 0) codings.push_back(static_cast<http::Coding>(left % 7 - 1));
  }
  http::HttpConfig config;
  config.expansion_bytes_max = 1 << 20;
  http::HttpStats stats;
  Discard output;
  http::ContentDecoder decoder(codings, config, stats, output);
  const Bytes body = as_byte_span(data + 2, size - 2);
  const Bytes first = prefix(body, data[1]);
  decoder.push(first);
  decoder.push(body.subspan(first.size()));
  decoder.finish();
  return 0;
}
