#include "daemon/protocols/embedded/percent_run.h"

#include <utility>

#include "daemon/protocols/embedded/search.h"
#include "daemon/protocols/embedded/unescape.h"

namespace sallyport::embedded {
namespace {

constexpr std::size_t kOutputBytes = 4096;

}  // namespace

PercentRun::PercentRun(RunContext context)
    : search_(std::make_unique<Search>(context, SearchMode::kPercent)), is_form_(context.is_form) {
  out_.reserve(kOutputBytes);
}

PercentRun::~PercentRun() = default;

std::size_t PercentRun::push(Bytes bytes) {
  std::size_t i = 0;
  while (i < bytes.size() && step(std::to_integer<std::uint8_t>(bytes[i]))) ++i;
  flush();
  if (i < bytes.size()) finish(std::nullopt);
  return i;
}

/// False: this byte cannot stand in such a stretch.
bool PercentRun::step(std::uint8_t byte) {
  if (digits_left_ > 0) {
    const std::uint8_t value = hex_value(byte);
    if (value > 15) return false;
    value_ = static_cast<std::uint8_t>(value_ << 4 | value);
    if (--digits_left_ == 0) put(value_);
    return true;
  }
  if (byte == '%') {
    digits_left_ = 2;
    return true;
  }
  const bool delimits = byte <= ' ' || byte >= 0x7f || byte == '"' || byte == '<' || byte == '>' || byte == '&';
  if (delimits) return false;
  put(byte == '+' && is_form_ ? ' ' : byte);
  return true;
}

void PercentRun::put(std::uint8_t byte) {
  if (out_.size() == kOutputBytes) flush();
  out_.push_back(static_cast<std::byte>(byte));
}

void PercentRun::flush() {
  if (!out_.empty()) search_->push(out_);
  out_.clear();
}

void PercentRun::finish(std::optional<NotInspected> reason) {
  if (over_) return;
  over_ = true;
  search_->finish(reason);
}

}  // namespace sallyport::embedded
