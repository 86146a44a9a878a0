#include "daemon/transfer/other_readings.h"

#include <algorithm>

#include "daemon/base/limits.h"

namespace sallyport {
namespace {

std::uint64_t end_of(const OtherReadings::Range& range) {
  return range.offset + range.bytes.size();
}

}  // namespace

// Whether something differs from what is kept for the same place.
bool OtherReadings::meets_another(std::uint64_t offset, Bytes other) const {
  const std::uint64_t end = offset + other.size();
  return std::ranges::any_of(ranges_, [&](const Range& range) {
    const std::uint64_t begin = std::max(offset, range.offset);
    const std::uint64_t stop = std::min(end, end_of(range));
    if (begin >= stop) return false;
    const Bytes kept = Bytes(range.bytes).subspan(begin - range.offset, stop - begin);
    return !std::ranges::equal(kept, other.subspan(begin - offset, stop - begin));
  });
}

OtherReadings::Range* OtherReadings::touching(std::uint64_t offset) {
  const auto found = std::ranges::find_if(
      ranges_, [&](const Range& range) { return range.offset <= offset && offset <= end_of(range); });
  return found == ranges_.end() ? nullptr : &*found;
}

bool OtherReadings::add(std::uint64_t offset, Bytes other) {
  if (other.size() > limits::kOtherReadingBytesMax - bytes_ || meets_another(offset, other)) return false;
  const std::uint64_t end = offset + other.size();
  Range* range = touching(offset);
  if (range && end <= end_of(*range)) return true;
  if (!range && ranges_.size() == limits::kOtherReadingRangesMax) return false;
  if (!range) {
    const auto after = std::ranges::find_if(ranges_, [&](const Range& one) { return one.offset > offset; });
    range = &*ranges_.insert(after, Range{offset, {}, true});
  }
  append(range->bytes, other.subspan(end_of(*range) - offset));
  range->fresh = true;
  // What it has grown into becomes a part of it.
  auto next = ranges_.begin() + (range - ranges_.data()) + 1;
  while (next != ranges_.end() && next->offset <= end_of(*range)) {
    if (end_of(*next) > end_of(*range)) append(range->bytes, Bytes(next->bytes).subspan(end_of(*range) - next->offset));
    next = ranges_.erase(next);
  }
  bytes_ = 0;
  for (const Range& one : ranges_) bytes_ += one.bytes.size();
  return true;
}

bool OtherReadings::has_fresh() const {
  return std::ranges::any_of(ranges_, &Range::fresh);
}

bool OtherReadings::leaves_mixtures() const {
  return ranges_.size() > limits::kMixedReadingRangesMax;
}

std::vector<OtherReadings::Choice> OtherReadings::take_choices() {
  std::vector<Choice> choices;
  const auto count = static_cast<unsigned>(ranges_.size());
  const unsigned all = leaves_mixtures() ? 0 : (1U << count) - 1;
  const auto add_choice = [&](auto&& has) {
    Choice choice;
    bool fresh = false;
    for (unsigned i = 0; i < count; ++i) {
      if (!has(i)) continue;
      choice.push_back(&ranges_[i]);
      fresh |= ranges_[i].fresh;
    }
    if (fresh) choices.push_back(std::move(choice));
  };
  if (leaves_mixtures()) add_choice([](unsigned) { return true; });
  // All other contents at once come first: a sender that means two readings means that.
  for (unsigned bits = all; bits > 0; --bits) add_choice([&](unsigned i) { return (bits >> i & 1U) != 0; });
  for (Range& range : ranges_) range.fresh = false;
  return choices;
}

std::uint64_t OtherReadings::footprint() const {
  return bytes_ + ranges_.size() * sizeof(Range);
}

}  // namespace sallyport
