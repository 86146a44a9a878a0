// Any bytes to the reader of camera facts. The first byte chooses the format; what is read must be fit to be told.
#include <cstdint>

#include "daemon/base/limits.h"
#include "daemon/worker/camera_facts.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sallyport;
  constexpr ContentType kFormats[] = {ContentType::kJpeg, ContentType::kPng, ContentType::kWebp, ContentType::kTiff};
  if (size == 0) return 0;
  const CameraFacts facts = read_camera_facts(as_byte_span(data + 1, size - 1), kFormats[data[0] % 4]);
  for (const CameraText* text : {&facts.make, &facts.model, &facts.serial}) {
    if (text->text.size() > limits::kCameraTextBytesMax || (text->unreadable && !text->text.empty())) __builtin_trap();
    for (const char c : text->text) {
      if (c < ' ' || c > '~') __builtin_trap();
    }
  }
  return 0;
}
