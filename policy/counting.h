// count: of a rule, as written: how much must have passed before the rule matches.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/base/time.h"
#include "policy/source_text.h"

namespace sallyport::policy {

/// What is counted, in the order of words_of(WordSet::kCounted).
enum class Counted : std::uint8_t { kTransfers, kImages, kDistinctImages, kBytes };

/// What must be the same for two transfers to count together; as a set one bit each, in the order of
/// words_of(WordSet::kGroupedBy).
enum class GroupedBy : std::uint8_t { kSender, kReceiver, kSenderNetwork, kReceiverNetwork, kUser };
inline constexpr std::size_t kGroupedByCount = 5;
using GroupedBySet = std::uint32_t;
constexpr GroupedBySet bit(GroupedBy by) {
  return 1U << static_cast<unsigned>(by);
}

/// Half-lives after which a thing weighs less than a thousandth, and is let go.
inline constexpr int kHalfLivesKept = 10;

struct Counting {
  Place place;
  Counted what = Counted::kTransfers;
  std::uint64_t more_than = 0;
  std::chrono::milliseconds within{0};  ///< sliding: length of the window; decaying: half-life
  bool decaying = false;
  GroupedBySet by = 0;  ///< none: all count together

  bool counts_images() const { return what == Counted::kImages || what == Counted::kDistinctImages; }
  /// How long a transfer makes a difference.
  Duration kept() const { return Duration(within) * (decaying ? kHalfLivesKept : 1); }
};

/// As it stands behind the key, with all defaults: "{what: images, more_than: 100, within: 7d, kind: sliding}".
std::string to_text(const Counting& counting);
/// "100", or of bytes "1GiB".
std::string threshold_text(const Counting& counting);
/// Of a quota: "200 images in 1d".
std::string quota_text(const Counting& quota);
/// "distinct images".
std::string_view noun(Counted what);

}  // namespace sallyport::policy
