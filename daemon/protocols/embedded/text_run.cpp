#include "daemon/protocols/embedded/text_run.h"

#include <utility>

#include "daemon/protocols/embedded/label.h"
#include "daemon/protocols/embedded/search.h"

namespace sallyport::embedded {
namespace {

/// A line of this many characters without a blank is a line of the string. Encoders break at 64 or 76.
constexpr std::size_t kLineCharsMin = 32;
/// Shorter stretches before white space are words.
constexpr std::size_t kWordCharsMax = 16;

bool declares_image(std::string_view before) {
  return find_label(before).media_type.starts_with("image/");
}

}  // namespace

TextRun::TextRun(RunContext context)
    : context_(std::move(context)), unescape_(context_.is_form), search_(declares_image(context_.before)) {}

TextRun::~TextRun() = default;

std::size_t TextRun::push(Bytes bytes) {
  std::size_t i = 0;
  while (i < bytes.size() && !over()) {
    const std::size_t plain = push_plain(bytes.subspan(i));
    segment_ += plain;
    if (plain > 0) line_ends_ = 0;
    i += plain;
    if (i == bytes.size()) break;
    const Text text = unescape_.push(std::to_integer<std::uint8_t>(bytes[i]));
    if (text == Text::kEnd) {
      end_string(std::nullopt);
      break;
    }
    ++i;
    step(text);
  }
  if (object_) object_->flush();
  return i;
}

/// Characters that stand for themselves, many at a time.
std::size_t TextRun::push_plain(Bytes bytes) {
  if (holding_ || !unescape_.idle()) return 0;
  if (object_) return object_->push_plain(bytes, !context_.is_form);
  return context_.is_form ? 0 : search_.add_plain(bytes);
}

void TextRun::step(Text text) {
  const char c = unescape_.character();
  if (text == Text::kSpace) return on_space(c);
  if (text != Text::kChar) return;
  if (c == '=') return on_pad();
  on_char(c);
}

void TextRun::on_char(char c) {
  // A boundary line may follow: in base64url a dash could begin a line, but nobody breaks base64url.
  if (c == '-' && line_ends_ > 0 && object_ && !object_->is_url_alphabet()) return end_string(std::nullopt);
  line_ends_ = 0;
  ++segment_;
  if (mode_ == Mode::kSeek) return seek(c);
  if (!holding_) return decode(c);
  held_.push_back(c);
  if (held_.size() >= kLineCharsMin || held_.size() == first_segment_) accept_held();
}

/// Padding ends base64 (RFC 4648 3.2); in front of a string it is the end of its name.
void TextRun::on_pad() {
  if (mode_ != Mode::kSeek && holding_) accept_held();
  end_string(std::nullopt);
}

void TextRun::on_space(char c) {
  if (c == '\n') ++line_ends_;
  const std::size_t segment = std::exchange(segment_, 0);
  if (mode_ == Mode::kSeek) {
    if (segment > 0 && segment < kWordCharsMax) end_string(std::nullopt);
    return;
  }
  if (segment == 0) {
    if (line_ends_ > 1) end_string(std::nullopt);  // an empty line: what follows is something else
    return;
  }
  if (holding_) {
    settle_held(c != ' ');
    return end_string(std::nullopt);
  }
  if (object_->is_whole()) return end_string(std::nullopt);
  if (first_segment_ == 0) first_segment_ = segment;
  ++segments_;
  holding_ = true;
}

void TextRun::seek(char c) {
  if (const auto hit = search_.add(c)) return start_object(*hit);
  if (context_.levels_left > 0 && search_.is_encoded_text()) start_nested();
}

void TextRun::start_object(const StringHit& hit) {
  const std::string rest(hit.rest);
  const Label label = find_label(context_.before);
  const std::string inside = context_.inside + (hit.is_hex ? "hex" : "base64");
  context_.found.begin({hit.content, inside, label.name, label.media_type});
  mode_ = Mode::kObject;
  object_ = std::make_unique<RunObject>(hit, *this);
  first_segment_ = segments_ = 0;
  holding_ = false;
  for (const char c : rest) mode_ == Mode::kSeek ? seek(c) : decode(c);
}

void TextRun::start_nested() {
  const std::string characters(search_.characters());
  const StringHit all{ContentType::kText, false, 0, Place::kStart, {}};
  mode_ = Mode::kNested;
  object_ = std::make_unique<RunObject>(all, *this);
  RunContext inner{context_.found, context_.inside + "base64/", context_.levels_left - 1, {}, false};
  nested_ = std::make_unique<Search>(std::move(inner), SearchMode::kText);
  first_segment_ = segments_ = 0;
  for (const char c : characters) decode(c);
}

void TextRun::decode(char c) {
  if (over()) return;
  switch (object_->push(c)) {
    case Decoded::kMore:
      return;
    case Decoded::kForeign:
      return end_string(std::nullopt);
    case Decoded::kEnded:
      end_object(std::nullopt);
      return resume_seek(c);
    case Decoded::kBroken:
      end_object(NotInspected::kDecodeError);
      return resume_seek(c);
  }
}

/// Bits of the character that ended an object may begin the next one.
void TextRun::resume_seek(char c) {
  mode_ = Mode::kSeek;
  search_.restart();
  seek(c);
}

void TextRun::accept_held() {
  holding_ = false;
  const std::string held = std::move(held_);
  held_.clear();
  ++segments_;
  for (const char c : held) mode_ == Mode::kSeek ? seek(c) : decode(c);
}

/// Decides about a short line at the end. `at_end`: the string's end or a line's, where a word would go on with a
/// blank.
void TextRun::settle_held(bool at_end) {
  const std::size_t phase = (object_->phase() + held_.size()) % 4;
  const bool fits = phase == 0 || (phase != 1 && (segments_ > 1 || object_->phase() != 0));
  if (at_end && fits) accept_held();
  held_.clear();
  holding_ = false;
}

/// The string ends here, whatever it was.
void TextRun::end_string(std::optional<NotInspected> reason) {
  if (holding_ && object_ && !held_.empty()) settle_held(true);
  if (mode_ == Mode::kSeek) {
    while (const auto hit = search_.drain()) {
      start_object(*hit);
      if (mode_ != Mode::kSeek) break;
    }
  }
  if (object_) end_object(reason);
  mode_ = Mode::kOver;
}

void TextRun::end_object(std::optional<NotInspected> reason) {
  const std::unique_ptr<RunObject> object = std::move(object_);
  object->flush();
  holding_ = false;
  if (nested_) {
    nested_->finish(reason);
    nested_.reset();
  } else {
    context_.found.end(reason);
  }
}

void TextRun::take(Bytes bytes) {
  nested_ ? nested_->push(bytes) : context_.found.give(bytes);
}

void TextRun::finish(std::optional<NotInspected> reason) {
  if (!over()) end_string(reason);
}

}  // namespace sallyport::embedded
