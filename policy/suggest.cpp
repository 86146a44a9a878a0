#include "policy/suggest.h"

#include <algorithm>
#include <array>

namespace sallyport::policy {
namespace {

constexpr std::size_t kComparedBytes = 64;
constexpr std::size_t kAlwaysNear = 2;  // two slips of the finger, however short the word

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
  a = a.substr(0, kComparedBytes);
  b = b.substr(0, kComparedBytes);
  const std::size_t none = a.size() + b.size();
  std::array<std::array<std::size_t, kComparedBytes + 2>, kComparedBytes + 2>
      cost{};                               // shifted by one, edged by `none`
  std::array<std::size_t, 256> last_row{};  // of `a`, where each byte was seen last
  cost[0].fill(none);
  for (std::size_t i = 0; i <= a.size(); ++i) {
    cost[i + 1][0] = none;
    cost[i + 1][1] = i;
  }
  for (std::size_t j = 0; j <= b.size(); ++j) cost[1][j + 1] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t last_column = 0;  // of `b`, where this byte of `a` was seen last
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t row = last_row[static_cast<unsigned char>(lower(b[j - 1]))];
      const std::size_t column = last_column;
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      if (same) last_column = j;
      const std::size_t swapped = cost[row][column] + (i - row - 1) + 1 + (j - column - 1);
      cost[i + 1][j + 1] = std::min({cost[i][j + 1] + 1, cost[i + 1][j] + 1, cost[i][j] + (same ? 0U : 1U), swapped});
    }
    last_row[static_cast<unsigned char>(lower(a[i - 1]))] = i;
  }
  return cost[a.size() + 1][b.size() + 1];
}

std::string nearest(std::string_view word, std::span<const std::string_view> words) {
  std::string_view best;
  std::size_t best_distance = kComparedBytes + 1;
  for (const std::string_view candidate : words) {
    const std::size_t distance = edit_distance(word, candidate);
    const std::size_t allowed = std::max<std::size_t>(kAlwaysNear, std::max(word.size(), candidate.size()) / 3);
    if (distance > allowed || distance >= best_distance) continue;
    best = candidate;
    best_distance = distance;
  }
  return std::string(best);
}

}  // namespace sallyport::policy
