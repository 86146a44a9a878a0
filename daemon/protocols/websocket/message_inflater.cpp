#include "daemon/protocols/websocket/message_inflater.h"

#include <algorithm>
#include <array>

#include "daemon/base/check.h"

namespace sallyport::websocket {
namespace {

constexpr std::size_t kOutputBytes = 16 * 1024;
constexpr std::size_t kWindowBytes = 32 * 1024;
/// What the sender took off the end of each message (RFC 7692 7.2.1).
constexpr std::array<std::byte, 4> kTail{std::byte{0}, std::byte{0}, std::byte{0xff}, std::byte{0xff}};

}  // namespace

MessageInflater::MessageInflater() {
  SALLYPORT_CHECK(inflateInit2(&stream_, -MAX_WBITS) == Z_OK);
}

MessageInflater::~MessageInflater() {
  inflateEnd(&stream_);
}

bool MessageInflater::push(Bytes input, http::ByteOutput& output) {
  std::array<Bytef, kOutputBytes> buffer;
  // zlib's input pointer is not const for historical reasons; it does not write through it.
  stream_.next_in = const_cast<Bytef*>(as_u8(input));
  stream_.avail_in = static_cast<uInt>(input.size());
  bool full = false;
  while (!broken_ && (stream_.avail_in > 0 || full)) {
    stream_.next_out = buffer.data();
    stream_.avail_out = kOutputBytes;
    const int code = inflate(&stream_, Z_SYNC_FLUSH);
    const std::size_t made = kOutputBytes - stream_.avail_out;
    full = stream_.avail_out == 0;
    if (made > 0 && !output.take(as_byte_span(buffer.data(), made))) broken_ = true;
    if (code == Z_STREAM_END) {
      broken_ = broken_ || !begin_next_stream();
    } else if (code == Z_BUF_ERROR) {
      break;  // nothing more comes out of what there is
    } else if (code != Z_OK) {
      broken_ = true;
    }
  }
  return !broken_;
}

bool MessageInflater::end_message(http::ByteOutput& output) {
  return push(kTail, output);
}

/// A block may say that it is the last (RFC 7692 7.2.3.5); the next one still refers to what came before.
bool MessageInflater::begin_next_stream() {
  std::array<Bytef, kWindowBytes> window;
  uInt size = 0;
  if (inflateGetDictionary(&stream_, window.data(), &size) != Z_OK || inflateReset(&stream_) != Z_OK) return false;
  return size == 0 || inflateSetDictionary(&stream_, window.data(), size) == Z_OK;
}

}  // namespace sallyport::websocket
