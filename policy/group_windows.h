// All groups of one rule that counts: which one a transfer belongs to, and how much memory they take together.
#pragma once

#include <cstdint>
#include <cstring>
#include <mutex>
#include <string>
#include <unordered_map>

#include "daemon/base/sha256.h"
#include "policy/window.h"

namespace sallyport::policy {

/// What a group is known by: a digest, so that no name of a user is kept, and each takes the same room.
using GroupKey = Sha256Digest;
GroupKey group_of(const Counting& counting, const Known& known);
/// "receiver_network partner, sender 10.0.0.1"; a user is not named. Empty: all count together.
std::string group_text(const Counting& counting, const Known& known);

struct GroupWindowsStats {
  std::uint64_t groups = 0;        ///< now
  std::uint64_t entries = 0;       ///< now
  std::uint64_t groups_full = 0;   ///< transfers of a group that there was no room for
  std::uint64_t entries_full = 0;  ///< transfers that a group had no room for
};

/// Any thread. What there is no room for is not forgotten: for as long as it would have counted, answers that depend on
/// it say so (Tally::is_incomplete).
class GroupWindows {
 public:
  explicit GroupWindows(const Counting& counting) : counting_(counting) {}

  /// With `more` on top; changes nothing.
  Tally look(const GroupKey& group, const Contribution& more, Timestamp now) const;
  /// The same, and it is counted.
  Tally add(const GroupKey& group, const Contribution& more, Timestamp now);
  /// The same where it stays within the threshold; else nothing is counted.
  Tally add_within(const GroupKey& group, const Contribution& more, Timestamp now);
  GroupWindowsStats stats() const;

 private:
  struct Hash {
    std::size_t operator()(const GroupKey& key) const {
      std::size_t first;
      std::memcpy(&first, key.data(), sizeof first);
      return first;
    }
  };

  Tally add_locked(const GroupKey& group, const Contribution& more, Timestamp now);
  Tally look_locked(const GroupKey& group, const Contribution& more, Timestamp now) const;
  Window* window_of(const GroupKey& group, Timestamp now);
  bool has_room(const Contribution& more, Timestamp now);
  void sweep(Timestamp now);

  const Counting counting_;
  mutable std::mutex mutex_;  // guards all below
  std::unordered_map<GroupKey, Window, Hash> groups_;
  GroupWindowsStats stats_;
  Timestamp swept_;
  Timestamp unknown_groups_until_;  // groups that are not here may have been turned away before
};

}  // namespace sallyport::policy
