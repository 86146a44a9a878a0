// Names from the network into events: whatever they hold, what leaves is bounded, valid and in one line.
#include <cstddef>
#include <cstdint>

#include "daemon/base/check.h"
#include "daemon/events/redaction.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sallyport;
  const std::string_view text = as_text(as_byte_span(data, size));
  constexpr std::size_t kMax = 100;
  const std::string safe = safe_text(text, kMax);
  SALLYPORT_CHECK(safe.size() <= kMax);
  SALLYPORT_CHECK(safe_text(safe, kMax) == safe);
  SALLYPORT_CHECK(safe.find_first_of("\n\r\x1b") == std::string::npos);
  const std::string url = redact_url(text);
  SALLYPORT_CHECK(url.size() <= text.size());
  SALLYPORT_CHECK(redact_url(url) == url);
  return 0;
}
