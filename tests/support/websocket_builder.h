// WebSocket frames and compressed messages for tests.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <string>

namespace sallyport::test {

inline constexpr std::uint8_t kWsContinuation = 0, kWsText = 1, kWsBinary = 2, kWsClose = 8, kWsPing = 9, kWsPong = 10;

struct WsFrame {
  std::uint8_t opcode = kWsBinary;
  std::string payload;
  bool fin = true;
  std::uint8_t rsv = 0;  ///< 4: RSV1
  bool masked = true;

  std::string bytes() const {
    std::string out;
    out.push_back(static_cast<char>((fin ? 0x80 : 0) | rsv << 4 | opcode));
    const auto length = payload.size();
    const int mask_bit = masked ? 0x80 : 0;
    if (length < 126) {
      out.push_back(static_cast<char>(mask_bit | static_cast<int>(length)));
    } else {
      const int size = length < 65536 ? 2 : 8;
      out.push_back(static_cast<char>(mask_bit | (size == 2 ? 126 : 127)));
      for (int shift = 8 * (size - 1); shift >= 0; shift -= 8) out.push_back(static_cast<char>(length >> shift));
    }
    if (!masked) return out + payload;
    const std::string key = "\x37\xfa\x21\x3d";
    out += key;
    for (std::size_t i = 0; i < length; ++i) out.push_back(static_cast<char>(payload[i] ^ key[i % 4]));
    return out;
  }
};

/// One end's permessage-deflate.
class MessageDeflater {
 public:
  MessageDeflater() { deflateInit2(&stream_, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY); }
  ~MessageDeflater() { deflateEnd(&stream_); }
  MessageDeflater(const MessageDeflater&) = delete;
  MessageDeflater& operator=(const MessageDeflater&) = delete;

  std::string pack(const std::string& message, bool last_block = false) {
    std::string out(message.size() + 1000, '\0');
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(message.data()));
    stream_.avail_in = static_cast<uInt>(message.size());
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(out.size());
    deflate(&stream_, last_block ? Z_FINISH : Z_SYNC_FLUSH);
    out.resize(out.size() - stream_.avail_out - (last_block ? 0 : 4));
    if (last_block) out.push_back('\0');  // RFC 7692 7.2.3.5
    return out;
  }
  void reset() { deflateReset(&stream_); }

 private:
  z_stream stream_{};
};

}  // namespace sallyport::test
