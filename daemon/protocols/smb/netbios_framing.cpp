#include "daemon/protocols/smb/netbios_framing.h"

namespace sallyport::smb {
namespace {

constexpr unsigned kHeaderBytes = 4;
constexpr std::uint64_t kSessionMessage = 0x00;
constexpr std::uint64_t kSessionRequest = 0x81;
constexpr std::uint64_t kKeepAlive = 0x85;
constexpr std::uint32_t kLengthMask = 0xffffff;
/// Any first byte but that of a session message, so that a window of it can never match.
constexpr std::uint64_t kEmptyWindow = ~std::uint64_t{0};

std::uint64_t shift_in(std::uint64_t window, std::byte byte) {
  return window << 8 | std::to_integer<std::uint64_t>(byte);
}

}  // namespace

std::uint32_t message_bytes_min(std::uint32_t magic) {
  switch (static_cast<Magic>(magic)) {
    case Magic::kSmb1:
      return 35;  // header, word count, byte count: MS-CIFS 2.2.3
    case Magic::kSmb2:
      return 64;
    case Magic::kTransform:
      return 52;
    case Magic::kCompressed:
      return 16;
  }
  return 0;
}

MessageStart NetbiosFraming::next(Bytes& bytes) {
  while (!bytes.empty()) {
    if (session_left_ > 0) {
      const Bytes skipped = prefix(bytes, session_left_ < bytes.size() ? session_left_ : bytes.size());
      session_left_ -= skipped.size();
      bytes = bytes.subspan(skipped.size());
      continue;
    }
    const MessageStart start = scanning_ ? scan(bytes) : take_header(bytes);
    if (start.size > 0 || start.is_empty) return start;
  }
  return {};
}

MessageStart NetbiosFraming::take_header(Bytes& bytes) {
  while (header_bytes_ < kHeaderBytes && !bytes.empty()) {
    window_ = shift_in(window_, bytes.front());
    bytes = bytes.subspan(1);
    ++header_bytes_;
  }
  if (header_bytes_ < kHeaderBytes) return {};
  header_bytes_ = 0;
  const std::uint64_t type = window_ >> 24 & 0xff;
  const auto size = static_cast<std::uint32_t>(window_ & kLengthMask);
  if (type == kSessionMessage && size <= config_.message_bytes_max) return {size, 0, size == 0};
  if (type >= kSessionRequest && type <= kKeepAlive) {
    stats_.session_messages.add();
    session_left_ = size;
  } else {
    start_scan(kEmptyWindow << 32 | (window_ & 0xffffffff));
  }
  return {};
}

MessageStart NetbiosFraming::scan(Bytes& bytes) {
  std::uint64_t window = window_;
  std::size_t taken = 0;
  MessageStart found;
  while (taken < bytes.size() && found.size == 0) {
    window = shift_in(window, bytes[taken++]);
    if ((window & 0xffffff) != (static_cast<std::uint32_t>(Magic::kSmb2) & 0xffffff) || window >> 56 != 0) continue;
    const auto magic = static_cast<std::uint32_t>(window);
    const auto size = static_cast<std::uint32_t>(window >> 32 & kLengthMask);
    const std::uint32_t size_min = message_bytes_min(magic);
    if (size_min > 0 && size >= size_min && size <= config_.message_bytes_max) found = {size, magic};
  }
  bytes = bytes.subspan(taken);
  window_ = window;
  scanned_ += taken;
  stats_.resync_bytes.add(taken);
  if (found.size > 0) {
    scanning_ = false;
    scanned_ = 0;
  }
  return found;
}

void NetbiosFraming::gap(std::uint64_t size) {
  if (session_left_ >= size) {
    session_left_ -= size;
    return;
  }
  if (scanning_) {
    window_ = kEmptyWindow;
    return;
  }
  start_scan(kEmptyWindow);
}

void NetbiosFraming::lose(std::uint32_t size, std::uint32_t first_four) {
  start_scan(std::uint64_t{size} << 32 | first_four);
  // The oldest byte was the type of the message that was none.
  window_ |= std::uint64_t{0xff} << 56;
}

void NetbiosFraming::start_scan(std::uint64_t window) {
  stats_.resyncs.add();
  scanning_ = true;
  scanned_ = 0;
  session_left_ = 0;
  header_bytes_ = 0;
  window_ = window;
}

}  // namespace sallyport::smb
