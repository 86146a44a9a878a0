#include "daemon/protocols/embedded/search.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "daemon/protocols/embedded/label.h"
#include "daemon/protocols/embedded/magic.h"
#include "daemon/protocols/embedded/percent_run.h"
#include "daemon/protocols/embedded/text_run.h"
#include "daemon/protocols/embedded/unescape.h"

namespace sallyport::embedded {
namespace {

/// A string of 47 characters holds the first half of some block wherever it begins: lines of encoders are longer.
constexpr std::uint64_t kBlockBytes = 32;
constexpr std::size_t kSampleBytes = 16;
/// Bytes before a block that a run may begin in: lines of 76, and where escapes hid it from the sample.
constexpr std::uint64_t kBackBytes = 160;
/// Bytes kept before a block: those, and some for the label.
constexpr std::uint64_t kKeptBytes = 224;
/// Escapes in one sample by which percent-encoded bytes are told.
constexpr int kEscapesMin = 3;
/// Bytes copied together with what was kept, so that the rest of a span can be searched where it lies.
constexpr std::uint64_t kJoinBytes = kKeptBytes + 4 * kBlockBytes;

using Sample = std::uint8_t __attribute__((vector_size(kSampleBytes)));

Sample sample_at(const std::byte* place) {
  Sample sample;
  std::memcpy(&sample, place, sizeof sample);
  return sample;
}
template <class Mask>
bool any(const Mask& mask) {
  using Halves = std::uint64_t __attribute__((vector_size(kSampleBytes)));
  const Halves halves = reinterpret_cast<const Halves&>(mask);
  return (halves[0] | halves[1]) != 0;
}

/// Characters of both alphabets are from '+' to 'z': what is outside ends a string, or is the percent of an escape.
bool is_run(const Sample& sample) {
  return !any((sample < '+') | (sample > 'z'));
}
/// Control characters that stand in no text.
bool is_binary(const Sample& sample) {
  return any(sample < 8);
}
bool has_percent(const Sample& sample) {
  return any(sample == '%');
}

/// Nothing of the three: a string ends here, but no escape and no control character is to be looked at.
bool is_plain(const Sample& sample) {
  return !is_run(sample) && !any((sample < 8) | (sample == '%'));
}

bool is_string_char(std::uint8_t c) {
  return base64_value(c) < 64 || c == '\\';
}
bool is_back_char(std::uint8_t c) {
  return is_string_char(c) || c == '%' || c == '\n' || c == '\r';
}
bool is_back_percent_char(std::uint8_t c) {
  return c > ' ' && c < 0x7f && c != '"' && c != '<' && c != '>' && c != '&' && c != ',' && c != '=' && c != '\'' &&
         c != '(';
}

/// Escapes of bytes that stand in no text: those of text alone may be base64 with its slashes escaped.
bool holds_escaped_bytes(Bytes sample) {
  int escapes = 0;
  bool binary = false;
  for (std::size_t i = 0; i + 2 < sample.size(); ++i) {
    if (sample[i] != std::byte{'%'}) continue;
    const unsigned high = hex_value(std::to_integer<std::uint8_t>(sample[i + 1]));
    const unsigned low = hex_value(std::to_integer<std::uint8_t>(sample[i + 2]));
    if (high > 15 || low > 15) return false;
    ++escapes;
    binary = binary || high >= 8 || high * 16 + low < 8;
  }
  return escapes >= kEscapesMin && binary;
}

bool ends_by_structure(ContentType type) {
  return !ImageEnd(type).lost();
}

std::uint64_t align_up(std::uint64_t place) {
  return (place + kBlockBytes - 1) / kBlockBytes * kBlockBytes;
}

}  // namespace

Search::Search(RunContext context, SearchMode mode)
    : context_(std::move(context)), mode_(mode), raw_(mode == SearchMode::kPercent) {}

Search::~Search() = default;

std::uint64_t Search::keep_from() const {
  if (state_ != State::kSearch) return position_;
  return std::max(floor_, block_ > kKeptBytes ? block_ - kKeptBytes : 0);
}

void Search::push(Bytes bytes) {
  const std::uint64_t begin = end_;
  end_ += bytes.size();
  if (idle()) return;
  if (!tail_.empty()) {
    append(tail_, prefix(bytes, kJoinBytes));
    process({tail_, tail_begin_});
    if (bytes.size() <= kJoinBytes) {
      const std::uint64_t keep = std::clamp(keep_from(), tail_begin_, end_);
      tail_.erase(tail_.begin(), tail_.begin() + static_cast<std::ptrdiff_t>(keep - tail_begin_));
      tail_begin_ = keep;
      return;
    }
  }
  process({bytes, begin});
  tail_begin_ = std::clamp(keep_from(), begin, end_);
  const Bytes kept = bytes.subspan(static_cast<std::size_t>(tail_begin_ - begin));
  tail_.assign(kept.begin(), kept.end());
}

void Search::process(const Area& area) {
  for (;;) {
    if (idle()) return;
    if (state_ == State::kSearch ? !search(area) : !push_run(area)) return;
  }
}

/// False: more bytes are needed.
bool Search::search(const Area& area) {
  while (block_ + kBlockBytes + kMagicBytes <= area.end() || (at_end_ && block_ < area.end())) {
    if (block_ == 0 && mode_ == SearchMode::kOuter && is_image(area)) {
      state_ = State::kIdle;
      return true;
    }
    if (!raw_) skip_plain(area);
    if (block_ < area.end() && look(area)) return true;
    block_ += kBlockBytes;
  }
  return false;
}

/// Passes over blocks in which nothing can begin: most of all text.
void Search::skip_plain(const Area& area) {
  if (block_ + kBlockBytes + kMagicBytes > area.end()) return;
  const std::byte* place = area.from(block_).data();
  std::uint64_t left = (area.end() - block_ - kMagicBytes) / kBlockBytes;
  for (; left > 1 && is_plain(sample_at(place)); --left) place += kBlockBytes, block_ += kBlockBytes;
}

/// Looks at one block. True: something begins.
bool Search::look(const Area& area) {
  const bool is_sampled = block_ + kSampleBytes <= area.end() && mode_ != SearchMode::kPercent;
  const Sample sample = is_sampled ? sample_at(area.from(block_).data()) : Sample{} + 0x20;
  if (!raw_ && is_binary(sample)) {
    raw_ = true;
    raw_from_ = std::max(floor_, block_ > kBackBytes ? block_ - kBackBytes : 0);
  }
  if (raw_ && carve(area, std::min(block_ + kBlockBytes, area.end()))) return true;
  if (block_ < floor_) return false;
  const Bytes bytes = prefix(area.from(block_), kSampleBytes);
  if (is_run(sample)) {
    const std::string_view text = as_text(bytes);
    const bool is_string =
        std::all_of(text.begin(), text.end(), [](char c) { return is_string_char(static_cast<std::uint8_t>(c)); });
    if (is_string) start_text_run(area);
    return is_string;
  }
  if (!has_percent(sample) || context_.levels_left == 0 || !holds_escaped_bytes(bytes)) return false;
  start_percent_run(area);
  return true;
}

bool Search::is_image(const Area& area) const {
  return match_magic(prefix(area.from(0), kMagicBytes), Place::kStart) != ContentType::kUnknown;
}

RunContext Search::run_context(const Area& area, std::uint64_t begin) const {
  const std::uint64_t from = std::max(floor_, block_ > kKeptBytes ? block_ - kKeptBytes : 0);
  const Bytes before = area.from(from).first(static_cast<std::size_t>(begin - from));
  return {context_.found, context_.inside, context_.levels_left, std::string(as_text(before)), context_.is_form};
}

void Search::start_text_run(const Area& area) {
  std::uint64_t begin = block_;
  const std::uint64_t first = std::max(floor_, block_ > kBackBytes ? block_ - kBackBytes : 0);
  while (begin > first && is_back_char(area.at(begin - 1))) --begin;
  text_run_ = std::make_unique<TextRun>(run_context(area, begin));
  position_ = run_begin_ = begin;
  state_ = State::kTextRun;
}

void Search::start_percent_run(const Area& area) {
  std::uint64_t begin = block_;
  const std::uint64_t first = std::max(floor_, block_ > kBackBytes ? block_ - kBackBytes : 0);
  while (begin > first && is_back_percent_char(area.at(begin - 1))) --begin;
  RunContext context = run_context(area, begin);
  --context.levels_left;
  percent_run_ = std::make_unique<PercentRun>(std::move(context));
  position_ = run_begin_ = begin;
  state_ = State::kPercentRun;
}

/// Looks for images in raw bytes up to `end`. True: one begins.
bool Search::carve(const Area& area, std::uint64_t end) {
  const std::uint64_t last = std::min(end, area.end() > 0 ? area.end() - 1 : 0);
  const std::uint64_t first = raw_from_;
  const std::uint8_t* bytes = as_u8(area.bytes) + (first - area.begin);
  for (std::uint64_t at = first; at < last; at += 2, bytes += 2) {
    if (!kNearMagicPairs.has(static_cast<unsigned>(bytes[0] << 8 | bytes[1]))) continue;
    if (at > first && carve_at(area, at - 1)) return true;
    if (carve_at(area, at)) return true;
  }
  // Every other place was looked at: the one behind the last of them is looked at next time.
  if (first < last) raw_from_ = first + (last - first - 1) / 2 * 2 + 1;
  return false;
}

bool Search::carve_at(const Area& area, std::uint64_t at) {
  const std::uint16_t pair = pair_at(area, at);
  const std::size_t distance = pair_distance(pair);
  if (!kMagicPairs.has(pair) || at < floor_ + distance) return false;
  const std::uint64_t begin = at - distance;
  const Place place = begin == 0 && mode_ == SearchMode::kPercent ? Place::kStart : Place::kMiddle;
  const ContentType content = match_magic(prefix(area.from(begin), kMagicBytes), place);
  if (content == ContentType::kUnknown || content == ContentType::kGzip) return false;
  start_carved(area, begin, content);
  return true;
}

void Search::start_carved(const Area& area, std::uint64_t begin, ContentType content) {
  const bool is_percent = mode_ == SearchMode::kPercent;
  const std::string before = is_percent ? context_.before : run_context(area, begin).before;
  const Label label = find_label(before);
  const std::string inside = context_.inside + (is_percent ? "percent" : "carved");
  context_.found.begin({content, inside, label.name, label.media_type});
  image_end_.reset();
  if (ends_by_structure(content)) image_end_.emplace(content);
  position_ = run_begin_ = begin;
  state_ = State::kCarved;
}

/// Gives how many bytes are the image's; fewer than all where it ended.
std::size_t Search::push_carved(Bytes bytes) {
  if (!image_end_) {
    context_.found.give(bytes);
    return bytes.size();
  }
  const std::uint64_t before = image_end_->position();
  image_end_->feed(bytes);
  const bool over = image_end_->end() || image_end_->lost();
  const std::size_t taken = over ? static_cast<std::size_t>(image_end_->position() - before) : bytes.size();
  context_.found.give(bytes.first(taken));
  return taken;
}

/// Feeds what is open. False: all was taken, and it goes on.
bool Search::push_run(const Area& area) {
  const Bytes bytes = area.from(position_);
  if (bytes.empty()) return false;
  bool over = false;
  if (state_ == State::kTextRun) {
    position_ += text_run_->push(bytes);
    over = text_run_->over();
  } else if (state_ == State::kPercentRun) {
    position_ += percent_run_->push(bytes);
    over = percent_run_->over();
  } else {
    position_ += push_carved(bytes);
    over = image_end_ && (image_end_->end() || image_end_->lost());
    if (over) context_.found.end(image_end_->end() ? std::nullopt : std::optional(NotInspected::kDecodeError));
  }
  if (over) resume(position_);
  return over;
}

void Search::resume(std::uint64_t place) {
  const bool was_stuck = state_ != State::kSearch && place == run_begin_;
  text_run_.reset();
  percent_run_.reset();
  image_end_.reset();
  state_ = State::kSearch;
  floor_ = raw_from_ = place;
  // A run that took nothing would begin at the same block again.
  block_ = was_stuck ? block_ + kBlockBytes : align_up(place);
}

void Search::lose() {
  if (idle()) return;
  finish(NotInspected::kGap);
  at_end_ = false;
  tail_.clear();
  tail_begin_ = end_;
  state_ = State::kSearch;
  resume(end_);
}

void Search::finish(std::optional<NotInspected> reason) {
  if (idle()) return;
  at_end_ = true;
  process({tail_, tail_begin_});
  if (text_run_) text_run_->finish(reason);
  if (percent_run_) percent_run_->finish(reason);
  if (state_ == State::kCarved)
    context_.found.end(reason ? reason : image_end_ ? std::optional(NotInspected::kAborted) : reason);
}

}  // namespace sallyport::embedded
