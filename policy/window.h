// What one group has come to over time: the memory of a rule that counts, for one sender, network or user.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

#include "daemon/base/time.h"
#include "policy/contribution.h"
#include "policy/counting.h"

namespace sallyport::policy {

/// What stands in a window.
struct Tally {
  double sure = 0;             ///< of decaying windows not whole
  bool at_least = false;       ///< there were more: what a threshold does not need is not kept
  double possible = 0;         ///< beside `sure`: what nobody could look at, or nobody did
  ReasonSet reasons = 0;       ///< of `possible`
  bool unlooked = false;       ///< of `possible`
  bool is_incomplete = false;  ///< a limit was reached: more was there than was kept
};

/// Time is that of the transfers; they may come a little out of order (limits::kCountLateness). Exact, but for what is
/// said in `Tally`, and: bytes leave a sliding window up to a thousandth of its length late, what was not inspected up
/// to a sixty-fourth. One thread at a time.
class Window {
 public:
  /// With `more` at `now` on top; changes nothing.
  Tally with(const Counting& counting, const Contribution& more, Timestamp now) const;
  void add(const Counting& counting, const Contribution& more, Timestamp now);
  /// Something was not kept that counts until `end`.
  void lose_until(Timestamp end) { incomplete_until_ = std::max(incomplete_until_, end); }
  /// Forgets what counts no more; true where nothing is left.
  bool expire(const Counting& counting, Timestamp now);
  /// For the budget: sums and pictures that are kept.
  std::size_t entries() const { return sums_.size() + pictures_.size() + possible_.size(); }

 private:
  struct Sum {
    Timestamp time;
    double amount;
  };
  struct Seen {
    Timestamp time;
    Picture picture;
  };
  struct Possible {
    Timestamp time;
    double amount;
    ReasonSet reasons;
    bool unlooked;
  };

  double sum_at(const Counting& counting, Timestamp now) const;
  double count_pictures(const Counting& counting, const std::vector<Picture>& more, Timestamp now) const;
  void add_sum(const Counting& counting, double amount, Timestamp now);
  void add_picture(const Picture& picture, Timestamp now);
  void add_possible(const Counting& counting, const Contribution& more, Timestamp now);
  void trim(const Counting& counting);
  void note_dropped(Timestamp time);

  std::vector<Sum> sums_;       // ascending by time, as are the others; decaying: at most one, the sum at its time
  double total_ = 0;            // of sums_, each at its own time
  std::vector<Seen> pictures_;  // each once, with the time at which it was seen last
  std::vector<Possible> possible_;
  std::optional<Timestamp> dropped_;  // newest of what a threshold did not need
  Timestamp incomplete_until_;
};

}  // namespace sallyport::policy
