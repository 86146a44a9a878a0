#include "daemon/worker/unpack/part_path.h"

#include "daemon/base/limits.h"

namespace sallyport {
namespace {

/// Bytes of the UTF-8 character at the start (RFC 3629 4); 0 where there is none.
std::size_t character_size(std::string_view text) {
  const auto at = [text](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const unsigned lead = at(0);
  if (lead < 0x80) return 1;
  const std::size_t size = lead >= 0xC2 && lead <= 0xDF   ? 2
                           : lead >= 0xE0 && lead <= 0xEF ? 3
                           : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                          : 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((at(i) & 0xC0U) != 0x80) return 0;
  }
  const bool overlong = (lead == 0xE0 && at(1) < 0xA0) || (lead == 0xF0 && at(1) < 0x90);
  const bool beyond = (lead == 0xED && at(1) > 0x9F) || (lead == 0xF4 && at(1) > 0x8F);
  const bool control = lead == 0xC2 && at(1) < 0xA0;
  return overlong || beyond || control ? 0 : size;
}

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80;
}

std::string_view end_of(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  text.remove_prefix(text.size() - bytes_max);
  while (!text.empty() && is_continuation(text.front())) text.remove_prefix(1);
  return text;
}

}  // namespace

std::string clean_part_name(std::string_view name) {
  std::string clean;
  for (name = end_of(name, limits::kPartNameBytesMax); !name.empty();) {
    const std::size_t size = character_size(name);
    const char c = name.front();
    const bool plain = size > 1 || (size == 1 && c >= ' ' && c != 0x7F && c != ':' && c != '\\');
    if (plain) {
      clean += name.substr(0, size);
    } else {
      clean += c == '\\' ? '/' : '_';
    }
    name.remove_prefix(plain ? size : 1);
  }
  return clean;
}

std::string joined_path(const std::string& outer, std::string_view place) {
  const std::size_t colon = place.find(':');
  std::string path = outer;
  if (!path.empty() && !place.empty()) path += '/';
  path += place.substr(0, colon);
  if (colon != std::string_view::npos) path += ':' + clean_part_name(place.substr(colon + 1));
  if (path.size() <= limits::kPartPathBytesMax) return path;
  constexpr std::string_view kCut = "/.../";
  std::size_t keep = limits::kPartPathBytesMax / 4;
  while (keep > 0 && is_continuation(path[keep])) --keep;
  const std::string_view tail = end_of(path, limits::kPartPathBytesMax - keep - kCut.size());
  return path.substr(0, keep) + std::string(kCut) + std::string(tail);
}

}  // namespace sallyport
