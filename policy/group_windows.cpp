#include "policy/group_windows.h"

#include <algorithm>
#include <string_view>

#include "policy/ask.h"
#include "policy/limits.h"
#include "policy/schema.h"

namespace sallyport::policy {
namespace {

/// Looking through all groups for what has run out takes milliseconds: no more often than this part of a window.
constexpr int kSweepsPerWindow = 64;

/// By address, and by a host name only where it is trusted: a client that chooses names could else choose its group.
std::string networks_of(const Side& side, const CompiledPolicy& policy) {
  const NetworkSet proven = side.by_address | (side.by_host & policy.hosts_trusted);
  std::string names;
  for_each_network(proven,
                   [&](std::size_t network) { names += (names.empty() ? "" : "+") + policy.network_names[network]; });
  return names.empty() ? "none" : names;
}

std::string value_of(GroupedBy by, const Known& known) {
  switch (by) {
    case GroupedBy::kSender:
      return known.sender_address().to_string();
    case GroupedBy::kReceiver:
      return known.receiver_address().to_string();
    case GroupedBy::kSenderNetwork:
      return networks_of(known.sender(), known.policy());
    case GroupedBy::kReceiverNetwork:
      return networks_of(known.receiver(), known.policy());
    case GroupedBy::kUser:
      break;
  }
  // Windows accounts and HTTP users come in any case and with either slash.
  return folded(known.transfer().facts.user);
}

template <class Visitor>
void for_each_part(const Counting& counting, const Visitor& visit) {
  for (std::size_t i = 0; i < kGroupedByCount; ++i) {
    const auto by = static_cast<GroupedBy>(i);
    if ((counting.by & bit(by)) != 0) visit(by);
  }
}

}  // namespace

GroupKey group_of(const Counting& counting, const Known& known) {
  if (counting.by == 0) return {};
  std::string text;
  for_each_part(counting, [&](GroupedBy by) { text += value_of(by, known) + '\n'; });
  return Sha256::of(as_byte_span(text));
}

std::string group_text(const Counting& counting, const Known& known) {
  std::string text;
  const auto words = words_of(WordSet::kGroupedBy);
  for_each_part(counting, [&](GroupedBy by) {
    text += (text.empty() ? "" : ", ") + std::string(words[static_cast<std::size_t>(by)]);
    if (by != GroupedBy::kUser) text += ' ' + value_of(by, known);
  });
  return text;
}

Tally GroupWindows::look(const GroupKey& group, const Contribution& more, Timestamp now) const {
  const std::lock_guard lock(mutex_);
  return look_locked(group, more, now);
}

Tally GroupWindows::look_locked(const GroupKey& group, const Contribution& more, Timestamp now) const {
  const auto found = groups_.find(group);
  if (found != groups_.end()) return found->second.with(counting_, more, now);
  Tally tally = Window().with(counting_, more, now);
  tally.is_incomplete = now < unknown_groups_until_;
  return tally;
}

Tally GroupWindows::add(const GroupKey& group, const Contribution& more, Timestamp now) {
  const std::lock_guard lock(mutex_);
  return add_locked(group, more, now);
}

Tally GroupWindows::add_within(const GroupKey& group, const Contribution& more, Timestamp now) {
  const std::lock_guard lock(mutex_);
  const Tally tally = look_locked(group, more, now);
  return tally.sure > static_cast<double>(counting_.more_than) ? tally : add_locked(group, more, now);
}

Tally GroupWindows::add_locked(const GroupKey& group, const Contribution& more, Timestamp now) {
  const Tally tally = look_locked(group, more, now);
  Window* const window = window_of(group, now);
  if (window == nullptr) return tally;
  if (!has_room(more, now)) {
    ++stats_.entries_full;
    window->lose_until(now + counting_.kept());
    return tally;
  }
  const std::size_t before = window->entries();
  window->add(counting_, more, now);
  stats_.entries += window->entries();
  stats_.entries -= before;
  return tally;
}

/// Null: no room for one more.
Window* GroupWindows::window_of(const GroupKey& group, Timestamp now) {
  const auto found = groups_.find(group);
  if (found != groups_.end()) return &found->second;
  if (groups_.size() >= limits::kCountGroupsMax) sweep(now);
  if (groups_.size() >= limits::kCountGroupsMax) {
    ++stats_.groups_full;
    unknown_groups_until_ = std::max(unknown_groups_until_, now + counting_.kept());
    return nullptr;
  }
  Window& window = groups_[group];
  if (now < unknown_groups_until_) window.lose_until(unknown_groups_until_);
  return &window;
}

bool GroupWindows::has_room(const Contribution& more, Timestamp now) {
  const std::size_t wanted = more.pictures.size() + 2;
  if (stats_.entries + wanted > limits::kCountEntriesMax) sweep(now);
  return stats_.entries + wanted <= limits::kCountEntriesMax;
}

void GroupWindows::sweep(Timestamp now) {
  if (now < swept_ + counting_.kept() / kSweepsPerWindow) return;
  swept_ = now;
  for (auto group = groups_.begin(); group != groups_.end();) {
    const std::size_t before = group->second.entries();
    const bool gone = group->second.expire(counting_, now);
    stats_.entries -= before - group->second.entries();
    group = gone ? groups_.erase(group) : std::next(group);
  }
}

GroupWindowsStats GroupWindows::stats() const {
  const std::lock_guard lock(mutex_);
  GroupWindowsStats stats = stats_;
  stats.groups = groups_.size();
  return stats;
}

}  // namespace sallyport::policy
