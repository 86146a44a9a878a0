// Messages of the control socket, as either side may get them.
#include "daemon/app/control_message.h"
#include "daemon/base/bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sallyport;
  const std::string_view message = as_text(as_byte_span(data, size));
  if (message.size() >= kControlSizeBytes) announced_size(message.substr(0, kControlSizeBytes));
  decode_request(message);
  if (const auto reply = decode_reply(message)) encode_reply(*reply);
  return 0;
}
