#include <zstd.h>

#include <array>

#include "daemon/base/check.h"
#include "daemon/protocols/http/decoder_stage.h"

namespace sallyport::http {
namespace {

constexpr std::size_t kOutputBytes = 32 * 1024;
/// RFC 9659 3: a window of at most 8 MiB.
constexpr int kWindowLogMax = 23;

class ZstdStage : public DecoderStage {
 public:
  ZstdStage() : stream_(ZSTD_createDStream()) {
    SALLYPORT_CHECK(stream_);
    SALLYPORT_CHECK(!ZSTD_isError(ZSTD_DCtx_setParameter(stream_.get(), ZSTD_d_windowLogMax, kWindowLogMax)));
  }

  /// Frames may follow each other (RFC 8878 3), so this never gives kEnd.
  StageStatus push(Bytes input, ByteOutput& output) override {
    ZSTD_inBuffer in{input.data(), input.size(), 0};
    for (bool full = true; in.pos < in.size || full;) {
      ZSTD_outBuffer out{buffer_.data(), kOutputBytes, 0};
      const std::size_t code = ZSTD_decompressStream(stream_.get(), &out, &in);
      if (out.pos > 0 && !output.take(as_byte_span(buffer_.data(), out.pos))) return StageStatus::kStopped;
      if (ZSTD_isError(code)) return StageStatus::kError;
      full = out.pos == kOutputBytes;
      whole_ = code == 0;
    }
    return StageStatus::kMore;
  }
  bool whole() const override { return whole_; }
  std::size_t memory_bytes() const override { return sizeof(*this) + ZSTD_sizeof_DStream(stream_.get()); }

 private:
  struct Free {
    void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
  };
  std::unique_ptr<ZSTD_DStream, Free> stream_;
  std::array<std::byte, kOutputBytes> buffer_;
  bool whole_ = false;
};

}  // namespace

std::unique_ptr<DecoderStage> make_zstd_stage() {
  return std::make_unique<ZstdStage>();
}

}  // namespace sallyport::http
