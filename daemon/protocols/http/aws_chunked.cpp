// aws-chunked: `hex-size[;chunk-signature=...]` CRLF data CRLF, a chunk of size zero, trailers. It is the chunked
// transfer coding inside the body, but what is no such framing to the letter is refused: the server would refuse it
// too.
#include <string>

#include "daemon/protocols/http/chunked.h"
#include "daemon/protocols/http/decoder_stage.h"

namespace sallyport::http {
namespace {

class AwsChunkedStage : public DecoderStage {
 public:
  StageStatus push(Bytes input, ByteOutput& output) override {
    left_over_ = input.size();
    if (!begins_well_) {
      first_line_.append(as_text(input));
      const ChunkSniff answer = sniff_chunked(first_line_, true, false);
      if (answer == ChunkSniff::kNo) return StageStatus::kError;
      if (answer == ChunkSniff::kNeedMore) return StageStatus::kMore;
      begins_well_ = true;
      const std::string held = std::move(first_line_);
      return decode(as_byte_span(held), input.size(), output);
    }
    return decode(input, input.size(), output);
  }
  std::size_t left_over() const override { return left_over_; }
  bool whole() const override { return chunks_.done(); }
  std::size_t memory_bytes() const override { return sizeof(*this) + first_line_.capacity(); }

 private:
  struct Guarded : ByteOutput {
    explicit Guarded(ByteOutput& to) : output(to) {}
    bool take(Bytes bytes) override { return wanted = wanted && output.take(bytes); }
    ByteOutput& output;
    bool wanted = true;
  };

  StageStatus decode(Bytes bytes, std::size_t new_bytes, ByteOutput& output) {
    Guarded guarded(output);
    const std::size_t taken = chunks_.push(bytes, guarded);
    left_over_ = std::min(new_bytes, bytes.size() - taken);
    if (!guarded.wanted) return StageStatus::kStopped;
    if (chunks_.failed() || chunks_.odd()) return StageStatus::kError;
    return chunks_.done() ? StageStatus::kEnd : StageStatus::kMore;
  }

  ChunkedDecoder chunks_;
  bool begins_well_ = false;
  std::string first_line_;  // at most what sniff_chunked() looks at, and one input
  std::size_t left_over_ = 0;
};

}  // namespace

std::unique_ptr<DecoderStage> make_aws_chunked_stage() {
  return std::make_unique<AwsChunkedStage>();
}

}  // namespace sallyport::http
