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

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

constexpr std::size_t kNowhere = std::string_view::npos;

}  // namespace

Glob::Glob(std::string_view pattern) : pattern_(folded(pattern)) {
  const auto both_stars = [](char a, char b) { return a == '*' && b == '*'; };
  pattern_.erase(std::unique(pattern_.begin(), pattern_.end(), both_stars), pattern_.end());
  for (std::size_t begin = 0; begin <= pattern_.size();) {
    const std::size_t end = std::min(pattern_.find('*', begin), pattern_.size());
    const std::string text = pattern_.substr(begin, end - begin);
    const auto rare = std::find_if(text.begin(), text.end(), is_letter_or_digit);
    const bool has_any = text.find('?') != std::string::npos;
    pieces_.push_back({text, rare == text.end() ? 0 : static_cast<std::size_t>(rare - text.begin()), has_any});
    begin = end + 1;
  }
}

/// Where the piece ends that begins at `begin`; kNowhere where it does not fit there.
std::size_t Glob::Piece::end_at(std::string_view name, std::size_t begin) const {
  if (!has_any) return name.substr(begin).starts_with(text) ? begin + text.size() : kNowhere;
  for (const char wanted : text) {
    if (begin == name.size() || (wanted != '?' && wanted != name[begin])) return kNowhere;
    begin += wanted == '?' ? std::max<std::size_t>(1, utf8_sequence_size(name.substr(begin))) : 1;
  }
  return begin;
}

/// Where it ends at the first place from `begin` on where it fits.
std::size_t Glob::Piece::first_end(std::string_view name, std::size_t begin) const {
  if (!has_any) {
    std::size_t at = name.find(text[rare], begin + rare);
    while (at != kNowhere && !name.substr(at - rare).starts_with(text)) at = name.find(text[rare], at + 1);
    return at == kNowhere ? kNowhere : at - rare + text.size();
  }
  for (; begin < name.size(); ++begin) {
    const std::size_t end = end_at(name, begin);
    if (end != kNowhere) return end;
  }
  return kNowhere;
}

/// Whether it fits the end of the name, anywhere from `begin` on.
bool Glob::Piece::ends(std::string_view name, std::size_t begin) const {
  if (!has_any) return name.substr(begin).ends_with(text);
  while (begin < name.size() && end_at(name, begin) != name.size()) ++begin;
  return begin < name.size();
}

bool Glob::matches_folded(std::string_view name) const {
  std::size_t end = pieces_.front().end_at(name, 0);
  if (pieces_.size() == 1 || end == kNowhere) return end == name.size();
  for (std::size_t i = 1; i + 1 < pieces_.size(); ++i) {
    end = pieces_[i].first_end(name, end);  // the first is enough: it leaves most to what follows
    if (end == kNowhere) return false;
  }
  return pieces_.back().ends(name, end);
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
