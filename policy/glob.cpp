#include "policy/glob.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "policy/source_text.h"

namespace sallyport::policy {
namespace {

constexpr std::array<char, 256> kFolded = [] {
  std::array<char, 256> table{};
  for (std::size_t c = 0; c < table.size(); ++c) {
    table[c] = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  }
  table['\\'] = '/';
  return table;
}();

char fold(char c) {
  return kFolded[static_cast<unsigned char>(c)];
}

/// The first place from `n` on where what follows a star could begin; the end of the name where there is none.
std::size_t next_begin(char wanted, std::string_view name, std::size_t n) {
  if (wanted == '?') return n;
  while (n < name.size() && fold(name[n]) != wanted) ++n;
  return n;
}

}  // namespace

Glob::Glob(std::string_view pattern) : pattern_(folded(pattern)) {
  const auto both_stars = [](char a, char b) { return a == '*' && b == '*'; };
  pattern_.erase(std::unique(pattern_.begin(), pattern_.end(), both_stars), pattern_.end());
}

bool Glob::matches(std::string_view name) const {
  std::size_t p = 0;
  std::size_t n = 0;
  std::size_t star = std::string::npos;  // the last `*` passed, to which a misfit goes back
  std::size_t resume = 0;                // where in the name that star then ends
  while (n < name.size()) {
    if (p < pattern_.size() && pattern_[p] == '*') {
      star = p++;
      if (p == pattern_.size()) return true;
      resume = n = next_begin(pattern_[p], name, n);
    } else if (p < pattern_.size() && pattern_[p] == '?') {
      n += std::max<std::size_t>(1, utf8_sequence_size(name.substr(n)));
      ++p;
    } else if (p < pattern_.size() && pattern_[p] == fold(name[n])) {
      ++n;
      ++p;
    } else if (star != std::string::npos) {
      p = star + 1;
      resume = n = next_begin(pattern_[p], name, resume + 1);
    } else {
      return false;
    }
  }
  return p == pattern_.size() || (p + 1 == pattern_.size() && pattern_[p] == '*');
}

std::string folded(std::string_view name) {
  std::string result(name);
  std::transform(result.begin(), result.end(), result.begin(), fold);
  return result;
}

std::string percent_decoded(std::string_view path) {
  std::string result;
  result.reserve(path.size());
  for (std::size_t i = 0; i < path.size(); ++i) {
    unsigned byte = 0;
    const bool escape = path[i] == '%' && path.size() - i > 2;
    if (escape && std::from_chars(path.data() + i + 1, path.data() + i + 3, byte, 16).ptr == path.data() + i + 3) {
      result += static_cast<char>(byte);
      i += 2;
    } else {
      result += path[i];
    }
  }
  return result;
}

}  // namespace sallyport::policy
