#include "daemon/protocols/embedded/label.h"

namespace sallyport::embedded {
namespace {

constexpr std::size_t npos = std::string_view::npos;

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
         c == '.' || c == '[' || c == ']' || c == '$';
}

void trim_back(std::string_view& text, std::string_view chars) {
  while (!text.empty() && chars.find(text.back()) != npos) text.remove_suffix(1);
}

bool remove_back(std::string_view& text, std::string_view end) {
  if (!text.ends_with(end)) return false;
  text.remove_suffix(end.size());
  return true;
}

/// "data:image/png;base64," at the end is taken off; its media type stays.
std::string_view take_data_uri(std::string_view& text) {
  const std::size_t begin = text.ends_with(',') ? text.rfind("data:") : npos;
  if (begin == npos) return {};
  const std::string_view header = text.substr(begin + 5, text.size() - begin - 6);
  text = text.substr(0, begin);
  const std::string_view media_type = header.substr(0, header.find(';'));
  return media_type.find_first_of(" \"'<>,") == npos ? media_type : std::string_view();
}

/// The name of the start tag that ends here.
std::string_view element_name(std::string_view text) {
  const std::size_t begin = text.rfind('<');
  if (begin == npos) return {};
  const std::string_view tag = text.substr(begin + 1);
  return tag.substr(0, tag.find_first_of(" \t\r\n/>"));
}

}  // namespace

Label find_label(std::string_view before) {
  Label label;
  label.media_type = take_data_uri(before);
  trim_back(before, " \t\r\n\\\"'(");
  remove_back(before, "url");
  remove_back(before, "<![CDATA[");
  trim_back(before, " \t\r\n");
  if (before.ends_with('>')) {
    label.name = element_name(before.substr(0, before.size() - 1));
    return label;
  }
  if (!before.ends_with(':') && !before.ends_with('=')) return label;
  before.remove_suffix(1);
  trim_back(before, " \t\r\n\\\"'");
  std::size_t begin = before.size();
  while (begin > 0 && is_name_char(before[begin - 1])) --begin;
  label.name = before.substr(begin);
  return label;
}

}  // namespace sallyport::embedded
