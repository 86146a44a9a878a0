#include <brotli/decode.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "daemon/base/check.h"
#include "daemon/protocols/http/decoder_stage.h"

namespace sallyport::http {
namespace {

constexpr std::size_t kOutputBytes = 32 * 1024;

class BrotliStage : public DecoderStage {
 public:
  BrotliStage() : state_(BrotliDecoderCreateInstance(allocate, release, this)) { SALLYPORT_CHECK(state_); }

  StageStatus push(Bytes input, ByteOutput& output) override {
    std::size_t available_in = input.size();
    const std::uint8_t* next_in = as_u8(input);
    for (;;) {
      std::size_t available_out = kOutputBytes;
      std::uint8_t* next_out = buffer_.data();
      const auto code =
          BrotliDecoderDecompressStream(state_.get(), &available_in, &next_in, &available_out, &next_out, nullptr);
      const std::size_t made = kOutputBytes - available_out;
      if (made > 0 && !output.take(as_byte_span(buffer_.data(), made))) return StageStatus::kStopped;
      left_over_ = available_in;
      if (code == BROTLI_DECODER_RESULT_SUCCESS) return StageStatus::kEnd;
      if (code == BROTLI_DECODER_RESULT_ERROR) return StageStatus::kError;
      if (code == BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT) return StageStatus::kMore;
    }
  }
  std::size_t left_over() const override { return left_over_; }
  bool whole() const override { return BrotliDecoderIsFinished(state_.get()); }
  std::size_t memory_bytes() const override { return sizeof(*this) + allocated_; }

 private:
  // The window is as large as the sender says, 16 MiB at most, and grows while it is filled: the size of each block
  // stands before it, so that what is held is known.
  static constexpr std::size_t kSizeBytes = alignof(std::max_align_t);
  static void* allocate(void* self, std::size_t size) {
    auto* const block = static_cast<std::byte*>(std::malloc(kSizeBytes + size));
    if (!block) return nullptr;
    std::memcpy(block, &size, sizeof size);
    static_cast<BrotliStage*>(self)->allocated_ += size;
    return block + kSizeBytes;
  }
  static void release(void* self, void* address) {
    if (!address) return;
    std::byte* const block = static_cast<std::byte*>(address) - kSizeBytes;
    std::size_t size = 0;
    std::memcpy(&size, block, sizeof size);
    static_cast<BrotliStage*>(self)->allocated_ -= size;
    std::free(block);
  }

  struct Free {
    void operator()(BrotliDecoderState* state) const { BrotliDecoderDestroyInstance(state); }
  };
  std::size_t allocated_ = 0;  // before state_, which changes it to the end
  std::unique_ptr<BrotliDecoderState, Free> state_;
  std::array<std::uint8_t, kOutputBytes> buffer_;
  std::size_t left_over_ = 0;
};

}  // namespace

std::unique_ptr<DecoderStage> make_brotli_stage() {
  return std::make_unique<BrotliStage>();
}

}  // namespace sallyport::http
