#include "policy/window.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "policy/limits.h"

namespace sallyport::policy {
namespace {

// Into how many slots a window is cut for what is kept in slots.
constexpr int kByteSlots = 1024;
constexpr int kPossibleSlots = 64;

/// How much of what came at `time` counts at `now`. What comes late counts from now on.
double weight(const Counting& counting, Timestamp time, Timestamp now) {
  const Duration age = std::max(now - time, Duration(0));
  if (!counting.decaying) return age < Duration(counting.within) ? 1 : 0;
  if (age >= counting.kept()) return 0;
  const double half_lives = std::chrono::duration<double>(age) / std::chrono::duration<double>(counting.within);
  return std::exp2(-half_lives);
}

/// The place behind all that is not newer.
template <class Entries>
auto place_for(Entries& entries, Timestamp time) {
  const auto is_newer = [](Timestamp earlier, const auto& entry) { return earlier < entry.time; };
  return std::upper_bound(entries.begin(), entries.end(), time, is_newer);
}

/// Whether both are in one slot; slots are counted from the epoch.
bool is_one_slot(Timestamp a, Timestamp b, Duration length, int slots) {
  const std::int64_t slot = std::max<std::int64_t>(1, length.count() / slots);
  return a.time_since_epoch().count() / slot == b.time_since_epoch().count() / slot;
}

template <class Entries>
void drop_before(Entries& entries, Timestamp time) {
  const auto first =
      std::find_if(entries.begin(), entries.end(), [time](const auto& entry) { return entry.time >= time; });
  entries.erase(entries.begin(), first);
}

}  // namespace

Tally Window::with(const Counting& counting, const Contribution& more, Timestamp now) const {
  Tally tally;
  tally.sure = sum_at(counting, now) + static_cast<double>(more.amount) + count_pictures(counting, more.pictures, now);
  tally.at_least = dropped_ && weight(counting, *dropped_, now) > 0;
  for (const Possible& possible : possible_) {
    const double amount = possible.amount * weight(counting, possible.time, now);
    if (amount == 0) continue;
    tally.possible += amount;
    tally.reasons |= possible.reasons;
    tally.unlooked = tally.unlooked || possible.unlooked;
  }
  tally.possible += static_cast<double>(more.possible);
  tally.reasons |= more.reasons;
  tally.unlooked = tally.unlooked || more.unlooked;
  tally.is_incomplete = now < incomplete_until_;
  return tally;
}

double Window::sum_at(const Counting& counting, Timestamp now) const {
  double sum = total_;
  for (const Sum& entry : sums_) {
    const double weighs = weight(counting, entry.time, now);
    if (weighs == 1) break;
    sum -= entry.amount * (1 - weighs);
  }
  return sum;
}

double Window::count_pictures(const Counting& counting, const std::vector<Picture>& more, Timestamp now) const {
  std::vector<bool> again(pictures_.size());
  std::vector<const Picture*> fresh;
  for (const Picture& picture : more) {
    const auto same = std::find_if(pictures_.begin(), pictures_.end(),
                                   [&picture](const Seen& seen) { return is_same(seen.picture, picture); });
    if (same != pictures_.end()) {
      again[static_cast<std::size_t>(same - pictures_.begin())] = true;
      continue;
    }
    const auto is_it = [&picture](const Picture* other) { return is_same(*other, picture); };
    if (std::none_of(fresh.begin(), fresh.end(), is_it)) fresh.push_back(&picture);
  }
  double count = static_cast<double>(fresh.size());
  for (std::size_t i = 0; i < pictures_.size(); ++i) count += again[i] ? 1 : weight(counting, pictures_[i].time, now);
  return count;
}

void Window::add(const Counting& counting, const Contribution& more, Timestamp now) {
  expire(counting, now);
  if (more.amount > 0) add_sum(counting, static_cast<double>(more.amount), now);
  for (const Picture& picture : more.pictures) add_picture(picture, now);
  if (more.possible > 0) add_possible(counting, more, now);
  trim(counting);
}

void Window::add_sum(const Counting& counting, double amount, Timestamp now) {
  if (counting.decaying && !sums_.empty()) {
    Sum& sum = sums_.front();
    const Timestamp latest = std::max(sum.time, now);
    sum.amount = sum.amount * weight(counting, sum.time, latest) + amount * weight(counting, now, latest);
    sum.time = latest;
    total_ = sum.amount;
    return;
  }
  total_ += amount;
  const auto place = place_for(sums_, now);
  const bool in_slots = counting.what == Counted::kBytes;
  if (in_slots && place != sums_.begin() && is_one_slot((place - 1)->time, now, counting.within, kByteSlots)) {
    (place - 1)->amount += amount;
    (place - 1)->time = now;
    return;
  }
  sums_.insert(place, {now, amount});
}

void Window::add_picture(const Picture& picture, Timestamp now) {
  const auto same = std::find_if(pictures_.begin(), pictures_.end(),
                                 [&picture](const Seen& seen) { return is_same(seen.picture, picture); });
  Seen seen{now, picture};
  if (same != pictures_.end()) {
    seen = {std::max(same->time, now), same->picture};
    pictures_.erase(same);
  }
  pictures_.insert(place_for(pictures_, seen.time), seen);
}

void Window::add_possible(const Counting& counting, const Contribution& more, Timestamp now) {
  const auto place = place_for(possible_, now);
  const auto amount = static_cast<double>(more.possible);
  if (place == possible_.begin() || !is_one_slot((place - 1)->time, now, counting.kept(), kPossibleSlots)) {
    possible_.insert(place, {now, amount, more.reasons, more.unlooked});
    return;
  }
  Possible& before = *(place - 1);
  before = {now, before.amount + amount, before.reasons | more.reasons, before.unlooked || more.unlooked};
}

// What is over the threshold by newer entries alone stays over: older ones make no difference to any later answer.
void Window::trim(const Counting& counting) {
  const auto most = static_cast<double>(counting.more_than);
  const std::size_t pictures_most = counting.decaying ? pictures_.size() : counting.more_than + 1;
  if (pictures_.size() > pictures_most) {
    const auto surplus = static_cast<std::ptrdiff_t>(pictures_.size() - pictures_most);
    note_dropped(pictures_[static_cast<std::size_t>(surplus) - 1].time);
    pictures_.erase(pictures_.begin(), pictures_.begin() + surplus);
  }
  if (counting.decaying) return;
  auto first = sums_.begin();
  for (; first != sums_.end() && total_ - first->amount > most; ++first) {
    total_ -= first->amount;
    note_dropped(first->time);
  }
  sums_.erase(sums_.begin(), first);
}

void Window::note_dropped(Timestamp time) {
  dropped_ = std::max(dropped_.value_or(time), time);
}

bool Window::expire(const Counting& counting, Timestamp now) {
  const Timestamp oldest = now - counting.kept() - limits::kCountLateness;
  for (const Sum& entry : sums_) {
    if (entry.time >= oldest) break;
    total_ -= entry.amount;
  }
  drop_before(sums_, oldest);
  drop_before(pictures_, oldest);
  drop_before(possible_, oldest);
  return entries() == 0 && now >= incomplete_until_;
}

}  // namespace sallyport::policy
