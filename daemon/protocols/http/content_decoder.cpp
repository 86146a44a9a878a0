#include "daemon/protocols/http/content_decoder.h"

#include <algorithm>

namespace sallyport::http {
namespace {

/// Encoded bytes after which a coding that has not failed is believed; random bytes fail within tens of bytes.
constexpr std::size_t kTrialInputBytes = 4096;
/// Decoded bytes after which it is believed.
constexpr std::size_t kTrialOutputBytes = 64 * 1024;
/// Bytes needed to see the longest magic number.
constexpr std::size_t kMagicBytes = 4;
/// The expansion ratio is taken over whole blocks of input, so that it does not depend on how the input was cut.
constexpr std::uint64_t kRatioBlockBytes = 4096;

/// What the bytes may be.
enum class Reading : std::uint8_t {
  kGzip,
  kGzipPlainHeader,
  kZlib,
  kRaw,
  kBrotli,
  kZstd,
  kBase64,
  kQuotedPrintable,
  kAwsChunked,
  kPlain
};

std::unique_ptr<DecoderStage> make_stage(Reading reading) {
  switch (reading) {
    case Reading::kGzip:
      return make_inflate_stage(InflateFormat::kGzip);
    case Reading::kGzipPlainHeader:
      return make_inflate_stage(InflateFormat::kGzipPlainHeader);
    case Reading::kZlib:
      return make_inflate_stage(InflateFormat::kZlib);
    case Reading::kRaw:
      return make_inflate_stage(InflateFormat::kRaw);
    case Reading::kBrotli:
      return make_brotli_stage();
    case Reading::kZstd:
      return make_zstd_stage();
    case Reading::kBase64:
      return make_base64_stage();
    case Reading::kQuotedPrintable:
      return make_quoted_printable_stage();
    case Reading::kAwsChunked:
      return make_aws_chunked_stage();
    case Reading::kPlain:
      break;
  }
  return nullptr;
}

bool is_zlib_header(Bytes bytes) {
  if (bytes.size() < 2) return false;
  const unsigned first = std::to_integer<unsigned>(bytes[0]);
  const unsigned second = std::to_integer<unsigned>(bytes[1]);
  return (first & 0x0f) == 8 && (first >> 4) <= 7 && (first * 256 + second) % 31 == 0 && !(second & 0x20);
}

/// The readings to try, most likely first; the last one cannot fail.
std::vector<Reading> readings(Coding label, Bytes first_bytes) {
  const std::string_view text = as_text(first_bytes);
  std::vector<Reading> tries;
  if (label == Coding::kBase64) return {Reading::kBase64};
  if (label == Coding::kQuotedPrintable) return {Reading::kQuotedPrintable};
  if (label == Coding::kAwsChunked) return {Reading::kAwsChunked, Reading::kPlain};
  if (label == Coding::kBrotli) tries.push_back(Reading::kBrotli);
  if (text.starts_with("\x1f\x8b")) {
    tries.insert(tries.end(), {Reading::kGzip, Reading::kGzipPlainHeader});
  } else if (text.starts_with("\x28\xb5\x2f\xfd")) {
    tries.push_back(Reading::kZstd);
  } else if (label == Coding::kGzip || label == Coding::kDeflate) {
    if (is_zlib_header(first_bytes)) tries.push_back(Reading::kZlib);
    tries.push_back(Reading::kRaw);
  } else if (label == Coding::kZstd && text.size() >= kMagicBytes && text.substr(1, 3) == "\x2a\x4d\x18") {
    tries.push_back(Reading::kZstd);  // a skippable frame first (RFC 8878 3.1.2)
  }
  tries.push_back(Reading::kPlain);
  return tries;
}

bool fits(Coding label, Reading reading) {
  switch (label) {
    case Coding::kGzip:
      return reading == Reading::kGzip;
    case Coding::kDeflate:
      return reading == Reading::kZlib || reading == Reading::kRaw;
    case Coding::kBrotli:
      return reading == Reading::kBrotli;
    case Coding::kZstd:
      return reading == Reading::kZstd;
    case Coding::kAwsChunked:
      return reading == Reading::kAwsChunked;
    default:
      return true;
  }
}

bool is_printable(Bytes bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte byte) {
    const auto c = std::to_integer<unsigned char>(byte);
    return (c >= 0x20 && c != 0x7f) || c == '\t' || c == '\n' || c == '\r';
  });
}

}  // namespace

/// One layer. On trial it keeps input and output, so that another reading can start over; then it streams.
class CodingLayer : public ByteOutput {
 public:
  CodingLayer(Coding label, ContentDecoder& owner, ByteOutput& next)
      : label_(label), owner_(owner), next_(next), out_(*this) {}

  bool take(Bytes bytes) override {
    while (!bytes.empty() && (state_ == State::kMagic || state_ == State::kTrial)) {
      const std::size_t room = (state_ == State::kMagic ? kMagicBytes : kTrialInputBytes) - held_.size();
      const Bytes piece = prefix(bytes, room);
      bytes = bytes.subspan(piece.size());
      append(held_, piece);
      if (state_ == State::kTrial) {
        advance(piece);
      } else if (held_.size() == kMagicBytes) {
        begin_trial();
      }
    }
    if (bytes.empty()) return !owner_.failure_;
    if (state_ == State::kPlain) return next_.take(bytes);
    if (state_ == State::kDecoding) after_push(stage_->push(bytes, out_));
    return !owner_.failure_;
  }

  void finish() {
    if (state_ == State::kMagic && !held_.empty()) begin_trial();
    if (state_ != State::kTrial) return;
    if (is_doubtful() && !stage_->whole()) {
      try_next();
    } else {
      believe();
    }
  }

  bool mismatch() const { return settled_ && !fits(label_, settled_reading_); }
  bool whole() const { return stage_ && !broken_ && stage_->whole(); }
  std::size_t memory_bytes() const {
    return sizeof(*this) + held_.capacity() + trial_output_.capacity() + (stage_ ? stage_->memory_bytes() : 0);
  }

 private:
  enum class State { kMagic, kTrial, kDecoding, kPlain, kDone };

  /// The layer's output: kept on trial, passed on afterwards; the expansion limits are applied here.
  class Output : public ByteOutput {
   public:
    explicit Output(CodingLayer& layer) : layer_(layer) {}
    bool take(Bytes bytes) override {
      if (layer_.state_ != State::kTrial) return layer_.pass_on(bytes);
      append(layer_.trial_output_, bytes);
      if (layer_.trial_output_.size() >= kTrialOutputBytes) layer_.believe();
      return layer_.state_ != State::kDone;
    }

   private:
    CodingLayer& layer_;
  };

  Reading reading() const { return tries_[try_]; }

  void begin_trial() {
    tries_ = readings(label_, held_);
    try_ = 0;
    start_try();
  }

  void start_try() {
    trial_output_.clear();
    ended_on_trial_ = false;
    if (reading() == Reading::kPlain) {
      settle();
      state_ = State::kPlain;
      stage_.reset();
      if (!next_.take(held_)) state_ = State::kDone;
      held_ = {};
      return;
    }
    stage_ = make_stage(reading());
    state_ = State::kTrial;
    advance(held_);
  }

  void try_next() {
    ++try_;
    start_try();
  }

  /// Codings without a magic number also find something in plain text, so text must fit them to its last byte.
  bool is_doubtful() const {
    return (reading() == Reading::kRaw || reading() == Reading::kBrotli) && is_printable(held_);
  }

  void advance(Bytes piece) {
    if (ended_on_trial_) return try_next();
    const StageStatus status = stage_->push(piece, out_);
    if (state_ != State::kTrial) {
      held_ = {};
      after_push(status);
    } else if (status == StageStatus::kEnd && is_doubtful()) {
      ended_on_trial_ = true;
      if (stage_->left_over() > 0) try_next();
    } else if (status == StageStatus::kError && try_ + 1 < tries_.size()) {
      try_next();
    } else if (status != StageStatus::kMore || held_.size() >= kTrialInputBytes) {
      believe();
      held_ = {};
      after_push(status);
    }
  }

  void settle() {
    settled_ = true;
    settled_reading_ = reading();
    HttpStats& stats = owner_.stats_;
    if (mismatch()) stats.coding_mismatches.add();
    if (settled_reading_ == Reading::kGzip || settled_reading_ == Reading::kGzipPlainHeader) stats.gzip_decoded.add();
    if (settled_reading_ == Reading::kZlib || settled_reading_ == Reading::kRaw) stats.deflate_decoded.add();
    if (settled_reading_ == Reading::kBrotli) stats.brotli_decoded.add();
    if (settled_reading_ == Reading::kZstd) stats.zstd_decoded.add();
  }

  void believe() {
    settle();
    state_ = State::kDecoding;
    const ByteBuffer output = std::move(trial_output_);
    trial_output_ = {};
    if (!output.empty()) pass_on(output);
  }

  bool pass_on(Bytes bytes) {
    std::size_t size = bytes.size();
    const bool within = owner_.within_budget(made_, size);
    made_ += size;
    const bool wanted = size == 0 || next_.take(bytes.first(size));
    if (!within) owner_.failure_ = NotInspected::kExpansionLimit;
    if (!within || !wanted) state_ = State::kDone;
    return state_ != State::kDone;
  }

  void after_push(StageStatus status) {
    if (status == StageStatus::kMore) return;
    state_ = State::kDone;
    if (status != StageStatus::kError) return;
    broken_ = true;
    owner_.stats_.coding_failures.add();
    if (!owner_.failure_) owner_.failure_ = NotInspected::kUnknownCoding;
  }

  Coding label_;
  ContentDecoder& owner_;
  ByteOutput& next_;
  Output out_;
  State state_ = State::kMagic;
  ByteBuffer held_;  // input on trial
  ByteBuffer trial_output_;
  std::vector<Reading> tries_;
  std::size_t try_ = 0;
  std::unique_ptr<DecoderStage> stage_;
  bool ended_on_trial_ = false;  // a doubtful coding ended with the last byte so far; one more makes it plain text
  bool settled_ = false;
  bool broken_ = false;
  Reading settled_reading_ = Reading::kPlain;
  std::uint64_t made_ = 0;
};

ContentDecoder::ContentDecoder(const std::vector<Coding>& applied, const HttpConfig& config, HttpStats& stats,
                               ByteOutput& output)
    : config_(config), stats_(stats), output_(output) {
  if (applied.size() > config.coding_layers_max) {
    failure_ = NotInspected::kUnknownCoding;
    stats.coding_failures.add();
    return;
  }
  ByteOutput* next = &output_;
  for (const Coding coding : applied) {
    layers_.push_back(std::make_unique<CodingLayer>(coding, *this, *next));
    next = layers_.back().get();
  }
  std::reverse(layers_.begin(), layers_.end());
}

ContentDecoder::~ContentDecoder() = default;

void ContentDecoder::push(Bytes bytes) {
  while (!bytes.empty() && !failure_) {
    const std::size_t room = kRatioBlockBytes - static_cast<std::size_t>(input_bytes_ % kRatioBlockBytes);
    const Bytes piece = prefix(bytes, room);
    bytes = bytes.subspan(piece.size());
    input_bytes_ += piece.size();
    layers_.empty() ? output_.take(piece) : layers_.front()->take(piece);
  }
}

void ContentDecoder::finish() {
  if (failure_) return;
  for (const auto& layer : layers_) layer->finish();
}

std::size_t ContentDecoder::memory_bytes() const {
  std::size_t bytes = sizeof(*this);
  for (const auto& layer : layers_) bytes += layer->memory_bytes();
  return bytes;
}

EvasionSet ContentDecoder::evasions() const {
  const bool mismatch =
      std::any_of(layers_.begin(), layers_.end(), [](const auto& layer) { return layer->mismatch(); });
  return mismatch ? bit(Evasion::kCodingMismatch) : 0;
}

bool ContentDecoder::whole() const {
  return !failure_ && !layers_.empty() &&
         std::all_of(layers_.begin(), layers_.end(), [](const auto& layer) { return layer->whole(); });
}

/// Clips `size` to what may still come out of a layer that has made `made` bytes; false where that is less than asked.
bool ContentDecoder::within_budget(std::uint64_t made, std::size_t& size) {
  const std::uint64_t blocks = (input_bytes_ + kRatioBlockBytes - 1) / kRatioBlockBytes;
  const std::uint64_t by_ratio =
      std::max(config_.expansion_floor_bytes, blocks * kRatioBlockBytes * config_.expansion_ratio_max);
  const std::uint64_t allowed = std::min(by_ratio, config_.expansion_bytes_max);
  const std::uint64_t left = allowed > made ? allowed - made : 0;
  if (size <= left) return true;
  size = static_cast<std::size_t>(left);
  stats_.expansion_limits.add();
  return false;
}

}  // namespace sallyport::http
