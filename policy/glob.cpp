#include "policy/glob.h"

#include <algorithm>
#include <charconv>

#include "policy/source_text.h"

namespace sallyport::policy {
namespace {

char fold(char c) {
  if (c == '\\') return '/';
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
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
      resume = n;
    } else if (p < pattern_.size() && pattern_[p] == '?') {
      n += std::max<std::size_t>(1, utf8_sequence_size(name.substr(n)));
      ++p;
    } else if (p < pattern_.size() && pattern_[p] == fold(name[n])) {
      ++n;
      ++p;
    } else if (star != std::string::npos) {
      p = star + 1;
      n = ++resume;
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
