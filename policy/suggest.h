// The nearest known word to one that is not known.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::policy {

/// Insertions, deletions, replacements and swaps of neighbours that make one word of the other, ASCII letters in any
/// case (Damerau and Levenshtein: swapped letters may have others put between them). Words are compared by their first
/// 64 bytes.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The one of `words` that was probably meant: nearest, and no further than two edits or a third of its length; empty
/// where there is none.
std::string nearest(std::string_view word, std::span<const std::string_view> words);
/// The same of the keys of a map.
template <class Map>
std::string nearest_key(std::string_view word, const Map& map) {
  std::vector<std::string_view> words;
  for (const auto& [key, value] : map) words.push_back(key);
  return nearest(word, words);
}

}  // namespace sallyport::policy
