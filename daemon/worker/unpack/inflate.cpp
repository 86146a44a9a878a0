#include "daemon/worker/unpack/inflate.h"

#include <zlib.h>

#include <algorithm>
#include <array>

namespace sallyport {
namespace {

constexpr std::size_t kPieceBytes = 65536;
constexpr std::size_t kInputBytesMax = std::size_t{1} << 30;  // zlib counts in unsigned int

struct Inflater {
  Inflater() = default;
  ~Inflater() { ::inflateEnd(&stream); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  z_stream stream{};
};

}  // namespace

Inflated inflate_into(Bytes stream, DeflateFormat format, MemberBuffer& out) {
  Inflated result;
  Inflater inflater;
  z_stream& state = inflater.stream;
  if (::inflateInit2(&state, format == DeflateFormat::kRaw ? -MAX_WBITS : MAX_WBITS) != Z_OK) return result;
  const Bytes input = prefix(stream, kInputBytesMax);
  state.next_in = const_cast<Bytef*>(as_u8(input));
  state.avail_in = static_cast<uInt>(input.size());
  std::array<std::byte, kPieceBytes> piece;
  int status = Z_OK;
  while (status == Z_OK) {
    state.next_out = reinterpret_cast<Bytef*>(piece.data());
    state.avail_out = kPieceBytes;
    status = ::inflate(&state, Z_NO_FLUSH);
    const std::size_t made = kPieceBytes - state.avail_out;
    if (made > 0 && !out.append(Bytes(piece).first(made))) status = Z_BUF_ERROR;
  }
  result.is_whole = status == Z_STREAM_END;
  result.consumed = input.size() - state.avail_in;
  return result;
}

}  // namespace sallyport
