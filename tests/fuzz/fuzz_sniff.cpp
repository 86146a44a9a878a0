// First bytes of objects: the sniffer never takes an answer back, and an image's end does not depend on how it is cut.
#include <cstdint>
#include <cstdlib>

#include "daemon/transfer/content_sniffer.h"
#include "daemon/contract/image_end.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sallyport;
  const Bytes bytes = as_byte_span(data, size);
  ContentType answer = ContentType::kUnknown;
  for (std::size_t length = 0; length <= size; length += 1 + length / 16) {
    const ContentType now = sniff_content(bytes.first(length), false);
    if (answer != ContentType::kUnknown && now != answer) std::abort();
    answer = now;
  }
  for (const ContentType type :
       {ContentType::kJpeg, ContentType::kPng, ContentType::kGif, ContentType::kBmp, ContentType::kWebp}) {
    ImageEnd finder(type);
    for (std::size_t i = 0; i < size; ++i) finder.feed(bytes.subspan(i, 1));
    if (finder.end() != find_image_end(type, bytes)) std::abort();
    if (finder.end() > size) std::abort();
  }
  return 0;
}
