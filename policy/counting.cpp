#include "policy/counting.h"

#include <array>

#include "policy/schema.h"
#include "policy/values.h"

namespace sallyport::policy {

std::string to_text(const Counting& counting) {
  std::string text = "{what: " + std::string(words_of(WordSet::kCounted)[static_cast<std::size_t>(counting.what)]) +
                     ", more_than: " + threshold_text(counting) + ", within: " + duration_text(counting.within) +
                     ", kind: " + (counting.decaying ? "decaying" : "sliding");
  std::string by;
  const auto words = words_of(WordSet::kGroupedBy);
  for (std::size_t i = 0; i < words.size(); ++i) {
    if ((counting.by >> i & 1U) != 0) by += (by.empty() ? "" : ", ") + std::string(words[i]);
  }
  return text + (by.empty() ? "" : ", by: [" + by + ']') + '}';
}

std::string threshold_text(const Counting& counting) {
  return counting.what == Counted::kBytes ? size_text(counting.more_than) : std::to_string(counting.more_than);
}

std::string quota_text(const Counting& quota) {
  return std::to_string(quota.more_than) + " images in " + duration_text(quota.within);
}

std::string_view noun(Counted what) {
  static constexpr std::array<std::string_view, 4> kNouns{"transfers", "images", "distinct images", "bytes"};
  return kNouns[static_cast<std::size_t>(what)];
}

}  // namespace sallyport::policy
