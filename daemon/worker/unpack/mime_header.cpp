#include "daemon/worker/unpack/mime_header.h"

#include <algorithm>

namespace sallyport {
namespace {

constexpr std::size_t kHeaderBytesMax = 256 * 1024;  // of one part: mails that travelled far have some tens of KiB
constexpr std::size_t kParameterBytesMax = 1024;

std::string lower(std::string_view text) {
  std::string small(text);
  std::transform(small.begin(), small.end(), small.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return small;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

/// A token or quoted string at the start (RFC 2045 5.1); what is read is taken off.
std::string take_value(std::string_view& text) {
  std::string value;
  if (!text.starts_with('"')) {
    const std::size_t end = std::min(text.find_first_of("; \t\r\n"), text.size());
    value = text.substr(0, end);
    text.remove_prefix(end);
    return value;
  }
  std::size_t i = 1;
  for (; i < text.size() && text[i] != '"'; ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    if (value.size() < kParameterBytesMax) value += text[i];
  }
  text.remove_prefix(std::min(i + 1, text.size()));
  return value;
}

/// "name*0*=UTF-8''a" (RFC 2231) begins with the plain name; continuations are joined as they come.
struct Parameter {
  std::string key;
  std::string value;
};

template <class Visit>
void for_each_parameter(std::string_view value, const Visit& visit) {
  std::size_t semicolon = value.find(';');
  while (semicolon != std::string_view::npos) {
    value = value.substr(semicolon + 1);
    const std::size_t equals = value.find_first_of("=;");
    if (equals == std::string_view::npos) return;
    if (value[equals] == ';') {
      semicolon = equals;
      continue;
    }
    Parameter parameter{lower(trimmed(value.substr(0, equals))), {}};
    value = value.substr(equals + 1);
    value.remove_prefix(std::min(value.find_first_not_of(" \t\r\n"), value.size()));
    parameter.value = take_value(value);
    visit(parameter);
    semicolon = value.find(';');
  }
}

void set_once(std::string& target, std::string value, bool was_set, MimeHeader& header) {
  if (!was_set) {
    target = std::move(value);
  } else if (target != value) {
    header.is_ambiguous = true;
  }
}

class HeaderReader {
 public:
  explicit HeaderReader(MimeHeader& header) : header_(header) {}

  void field(std::string_view line) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return;
    const std::string name = lower(trimmed(line.substr(0, colon)));
    const std::string_view value = line.substr(colon + 1);
    if (name == "content-type") return content_type(value);
    if (name == "content-disposition") return disposition(value);
    if (name != "content-transfer-encoding") return;
    set_once(header_.encoding, lower(trimmed(value.substr(0, value.find(';')))), encoding_seen_, header_);
    encoding_seen_ = true;
  }

 private:
  void content_type(std::string_view value) {
    set_once(header_.type, lower(trimmed(value.substr(0, value.find(';')))), type_seen_, header_);
    type_seen_ = true;
    for_each_parameter(value, [this](const Parameter& parameter) {
      if (parameter.key == "boundary") set_once(header_.boundary, parameter.value, !header_.boundary.empty(), header_);
      if (parameter.key == "name" || parameter.key.starts_with("name*")) add_name(parameter, type_name_);
    });
    if (header_.name.empty()) header_.name = type_name_;
  }

  void disposition(std::string_view value) {
    std::string name;
    for_each_parameter(value, [&](const Parameter& parameter) {
      if (parameter.key == "filename" || parameter.key.starts_with("filename*")) add_name(parameter, name);
    });
    if (!name.empty()) header_.name = name;
  }

  static void add_name(const Parameter& parameter, std::string& name) {
    const bool continues = parameter.key.find('*') != std::string::npos &&
                           parameter.key.find("*0") == std::string::npos && !parameter.key.ends_with("e*");
    if (!continues) name.clear();
    if (name.size() < kParameterBytesMax) name += parameter.value;
  }

  MimeHeader& header_;
  std::string type_name_;
  bool type_seen_ = false;
  bool encoding_seen_ = false;
};

/// Takes one line off, its end included.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end == std::string_view::npos ? text.size() : end + 1);
  text.remove_prefix(line.size());
  return line;
}

}  // namespace

MimeHeader read_mime_header(std::string_view part) {
  MimeHeader header;
  HeaderReader reader(header);
  std::string_view rest = part.substr(0, kHeaderBytesMax);
  std::string field;
  while (!rest.empty()) {
    const std::string_view line = take_line(rest);
    const std::string_view content = line.substr(0, line.find_last_not_of("\r\n") + 1);
    if (line.find_first_not_of("\r\n") != std::string_view::npos &&
        (content.starts_with(' ') || content.starts_with('\t'))) {
      field += content;
      continue;
    }
    reader.field(field);
    field = content;
    if (content.empty()) break;
  }
  reader.field(field);
  header.body = part.substr(std::min(part.size(), kHeaderBytesMax) - rest.size());
  return header;
}

}  // namespace sallyport
