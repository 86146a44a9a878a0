// gzip, zlib and raw deflate by zlib's inflate. The gzip wrapper is read here, because zlib refuses what browsers
// accept.
#include <zlib.h>

#include <algorithm>
#include <array>

#include "daemon/base/check.h"
#include "daemon/protocols/http/decoder_stage.h"

namespace sallyport::http {
namespace {

constexpr std::size_t kOutputBytes = 32 * 1024;
/// zlib.h, "Memory requirements": 32 KiB of window and about 7 KiB.
constexpr std::size_t kZlibStateBytes = 40 * 1024;
constexpr std::uint8_t kFlagHeaderCrc = 0x02;
constexpr std::uint8_t kFlagExtra = 0x04;
constexpr std::uint8_t kFlagName = 0x08;
constexpr std::uint8_t kFlagComment = 0x10;

/// Reads over the header of a gzip member (RFC 1952 2.3), byte by byte.
class GzipHeader {
 public:
  explicit GzipHeader(bool ignore_flags) : ignore_flags_(ignore_flags) {}

  /// Takes bytes from the front of `input` until the header is over or there are none left. False: not a gzip header.
  bool read(Bytes& input) {
    while (!done() && !input.empty()) {
      if (!step(std::to_integer<std::uint8_t>(input.front()))) return false;
      input = input.subspan(1);
    }
    return true;
  }
  bool done() const { return place_ == Place::kDone; }

 private:
  enum class Place { kFixed, kExtraSize, kExtra, kName, kComment, kHeaderCrc, kDone };
  static constexpr std::size_t kFixedBytes = 10;

  bool step(std::uint8_t byte) {
    switch (place_) {
      case Place::kFixed:
        return fixed(byte);
      case Place::kExtraSize:
        extra_size_ |= static_cast<std::size_t>(byte) << (8 * count_);
        if (++count_ == 2) enter(extra_size_ == 0 ? Place::kName : Place::kExtra);
        return true;
      case Place::kExtra:
        if (++count_ == extra_size_) enter(Place::kName);
        return true;
      case Place::kName:
        if (byte == 0) enter(Place::kComment);
        return true;
      case Place::kComment:
        if (byte == 0) enter(Place::kHeaderCrc);
        return true;
      case Place::kHeaderCrc:
        if (++count_ == 2) enter(Place::kDone);
        return true;
      case Place::kDone:
        break;
    }
    return true;
  }

  bool fixed(std::uint8_t byte) {
    static constexpr std::array<std::uint8_t, 3> kMagic{0x1f, 0x8b, 8};
    if (count_ < kMagic.size() && byte != kMagic[count_]) return false;
    if (count_ == 3 && !ignore_flags_) flags_ = byte;
    if (++count_ == kFixedBytes) enter(Place::kExtraSize);
    return true;
  }

  /// Goes to `place`, or past it where its flag is not set.
  void enter(Place place) {
    count_ = 0;
    if (place == Place::kExtraSize && !(flags_ & kFlagExtra)) place = Place::kName;
    if (place == Place::kName && !(flags_ & kFlagName)) place = Place::kComment;
    if (place == Place::kComment && !(flags_ & kFlagComment)) place = Place::kHeaderCrc;
    if (place == Place::kHeaderCrc && !(flags_ & kFlagHeaderCrc)) place = Place::kDone;
    place_ = place;
  }

  bool ignore_flags_;
  Place place_ = Place::kFixed;
  std::uint8_t flags_ = 0;
  std::size_t count_ = 0;
  std::size_t extra_size_ = 0;
};

class InflateStage : public DecoderStage {
 public:
  explicit InflateStage(InflateFormat format) : format_(format), header_(format == InflateFormat::kGzipPlainHeader) {
    const int window = format == InflateFormat::kZlib ? MAX_WBITS : -MAX_WBITS;
    SALLYPORT_CHECK(inflateInit2(&stream_, window) == Z_OK);
  }
  ~InflateStage() override { inflateEnd(&stream_); }
  InflateStage(const InflateStage&) = delete;
  InflateStage& operator=(const InflateStage&) = delete;

  StageStatus push(Bytes input, ByteOutput& output) override {
    while (!input.empty()) {
      if (in_trailer_) {
        const StageStatus status = read_trailer(input);
        if (status != StageStatus::kMore) return status;
        continue;
      }
      if (is_gzip() && !header_.done()) {
        // Junk behind the first member ends the object; it is not an error of what came before.
        if (!header_.read(input)) return members_ == 0 ? StageStatus::kError : StageStatus::kEnd;
        continue;
      }
      const StageStatus status = inflate_some(input, output);
      if (status != StageStatus::kMore) return status;
    }
    return StageStatus::kMore;
  }
  std::size_t left_over() const override { return left_over_; }
  bool whole() const override { return members_ > 0 && !inside_member_; }
  std::size_t memory_bytes() const override { return sizeof(*this) + kZlibStateBytes; }

 private:
  static constexpr std::size_t kTrailerBytes = 8;

  bool is_gzip() const { return format_ == InflateFormat::kGzip || format_ == InflateFormat::kGzipPlainHeader; }

  StageStatus inflate_some(Bytes& input, ByteOutput& output) {
    inside_member_ = true;
    // zlib's input pointer is not const for historical reasons; it does not write through it.
    stream_.next_in = const_cast<Bytef*>(as_u8(input));
    stream_.avail_in = static_cast<uInt>(std::min<std::size_t>(input.size(), 1U << 30));
    const uInt offered = stream_.avail_in;
    int code = Z_OK;
    do {
      stream_.next_out = buffer_.data();
      stream_.avail_out = kOutputBytes;
      code = inflate(&stream_, Z_NO_FLUSH);
      const std::size_t made = kOutputBytes - stream_.avail_out;
      if (made > 0 && !output.take(as_byte_span(buffer_.data(), made))) return StageStatus::kStopped;
    } while (code == Z_OK && (stream_.avail_in > 0 || stream_.avail_out == 0));
    input = input.subspan(offered - stream_.avail_in);
    left_over_ = input.size();
    if (code == Z_STREAM_END) return end_of_member();
    return code == Z_OK || code == Z_BUF_ERROR ? StageStatus::kMore : StageStatus::kError;
  }

  StageStatus end_of_member() {
    ++members_;
    inside_member_ = false;
    if (!is_gzip()) return StageStatus::kEnd;
    in_trailer_ = true;
    trailer_read_ = 0;
    return StageStatus::kMore;
  }

  /// Checksum and length are read over: browsers hand the bytes on before they see them.
  StageStatus read_trailer(Bytes& input) {
    const std::size_t taken = std::min(kTrailerBytes - trailer_read_, input.size());
    trailer_read_ += taken;
    input = input.subspan(taken);
    if (trailer_read_ == kTrailerBytes) {
      in_trailer_ = false;
      header_ = GzipHeader(format_ == InflateFormat::kGzipPlainHeader);
      inflateReset(&stream_);
    }
    return StageStatus::kMore;
  }

  InflateFormat format_;
  GzipHeader header_;
  z_stream stream_{};
  std::uint64_t members_ = 0;
  bool inside_member_ = false;
  std::size_t left_over_ = 0;
  bool in_trailer_ = false;
  std::size_t trailer_read_ = 0;
  std::array<Bytef, kOutputBytes> buffer_;
};

}  // namespace

std::unique_ptr<DecoderStage> make_inflate_stage(InflateFormat format) {
  return std::make_unique<InflateStage>(format);
}

}  // namespace sallyport::http
