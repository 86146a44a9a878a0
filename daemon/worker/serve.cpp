#include "daemon/worker/serve.h"

#include <optional>
#include <string>

#include "daemon/base/descriptor_message.h"
#include "daemon/base/limits.h"
#include "daemon/worker/fault_injection.h"
#include "daemon/worker/sealed_image.h"

namespace sallyport {
namespace {

bool send(int channel_fd, const std::string& message) {
  return send_message(channel_fd, as_byte_span(message));
}

/// The last reply, those about parts being sent; nothing for a request that breaks the protocol.
std::optional<std::string> answer(Bytes message, const UniqueFd& image_fd, const ServeSettings& settings,
                                  ObjectInspector& inspector) {
  const std::optional<ReceivedRequest> request = parse_request(message);
  if (!request) return std::nullopt;
  const std::optional<SealedImage> image = SealedImage::map(image_fd, request->size_bytes);
  if (!image) return std::nullopt;
  if (settings.inject_faults) {
    if (const auto fault = find_fault(image->bytes())) commit_fault(*fault);
  }
  // A channel that fails here fails for the last reply too.
  const auto tell = [&](const Part& part) { send(settings.channel_fd, encode_part(request->id, part)); };
  return encode_reply(request->id, inspector.inspect(image->bytes(), request->inspection, tell));
}

}  // namespace

ServeEnd serve(const ServeSettings& settings, const Greeting& greeting, ObjectInspector& inspector) {
  if (!send(settings.channel_fd, encode_hello(greeting))) return ServeEnd::kChannelError;
  ByteBuffer buffer(limits::kWorkerMessageBytes);
  for (;;) {
    const std::optional<ReceivedMessage> request = receive_message(settings.channel_fd, buffer);
    if (!request) return ServeEnd::kChannelError;
    if (request->size == 0 && !request->descriptor) return ServeEnd::kPeerClosed;
    if (request->cut_off) return ServeEnd::kProtocolError;
    const auto reply = answer(Bytes(buffer).first(request->size), request->descriptor, settings, inspector);
    if (!reply) return ServeEnd::kProtocolError;
    if (!send(settings.channel_fd, *reply)) return ServeEnd::kChannelError;
  }
}

}  // namespace sallyport
