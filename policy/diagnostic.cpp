#include "policy/diagnostic.h"

#include <algorithm>
#include <cstdio>
#include <tuple>
#include <utility>

#include "daemon/base/check.h"
#include "policy/limits.h"

namespace sallyport::policy {
namespace {

constexpr std::size_t kQuotedBytesMax = 60;    // of a value in a message: longer ones hide the sentence
constexpr std::size_t kExcerptBytesMax = 200;  // of a source line: longer ones wrap and the caret points nowhere

// Characters of the first `bytes` bytes; bytes that are no UTF-8 count one each.
std::uint32_t characters(std::string_view line, std::size_t bytes) {
  std::uint32_t count = 0;
  for (std::size_t i = 0; i < std::min(bytes, line.size()); ++count) {
    i += std::max<std::size_t>(1, utf8_sequence_size(line.substr(i)));
  }
  return count + static_cast<std::uint32_t>(bytes - std::min(bytes, line.size()));
}

// Control characters would move the terminal's cursor; what is no UTF-8 would break JSON.
std::string printable(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t size = utf8_sequence_size(text.substr(i));
    const auto first = static_cast<unsigned char>(text[i]);
    if (first == '\t') {
      result += ' ';
    } else if (size == 0 || first < 0x20 || first == 0x7F) {
      result += '?';
    } else {
      result += text.substr(i, size);
    }
    i += std::max<std::size_t>(1, size);
  }
  return result;
}

std::string json_string(std::string_view text) {
  std::string result = "\"";
  for (const char c : printable(text)) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + '"';
}

Place in_characters(const SourceText& source, const Place& place) {
  if (place.line == 0) return place;
  const std::string_view line = source.line(place.line);
  const std::size_t begin = place.column - 1;
  const std::uint32_t column = characters(line, begin) + 1;
  const std::uint32_t width = characters(line, begin + place.width) + 1 - column;
  return {place.line, column, std::max<std::uint32_t>(1, width), place.file};
}

std::string excerpt(const Diagnostic& diagnostic) {
  if (diagnostic.source_line.empty()) return {};
  char number[16];
  std::snprintf(number, sizeof number, "%5u", diagnostic.place.line);
  const std::string gap(diagnostic.place.column - 1, ' ');
  const std::string tail(diagnostic.place.width - 1, '~');
  return std::string(number) + " | " + diagnostic.source_line + "\n      | " + gap + '^' + tail + '\n';
}

std::string plural(std::size_t number, std::string_view noun) {
  return std::to_string(number) + ' ' + std::string(noun) + (number == 1 ? "" : "s");
}

}  // namespace

std::string to_text(const Diagnostic& diagnostic) {
  std::string text = printable(diagnostic.file);
  if (diagnostic.place.line != 0) text += ':' + to_string(diagnostic.place);
  text += diagnostic.level == DiagnosticLevel::kError ? ": error: " : ": warning: ";
  text += diagnostic.message;
  if (!diagnostic.suggestion.empty()) text += "; did you mean '" + diagnostic.suggestion + "'?";
  text += " [" + std::string(diagnostic.code) + "]\n" + excerpt(diagnostic);
  if (!diagnostic.hint.empty()) text += "      = " + diagnostic.hint + '\n';
  return text;
}

std::string to_json(const Diagnostic& diagnostic) {
  const Place& place = diagnostic.place;
  std::string json = "{\"level\": ";
  json += diagnostic.level == DiagnosticLevel::kError ? "\"error\"" : "\"warning\"";
  json += ", \"code\": " + json_string(diagnostic.code) + ", \"file\": " + json_string(diagnostic.file);
  json += ", \"line\": " + std::to_string(place.line) + ", \"column\": " + std::to_string(place.column);
  json += ", \"width\": " + std::to_string(place.width) + ", \"message\": " + json_string(diagnostic.message);
  json += ", \"suggestion\": " + json_string(diagnostic.suggestion) + ", \"hint\": " + json_string(diagnostic.hint);
  return json + '}';
}

std::string to_json(const std::vector<Diagnostic>& diagnostics) {
  std::string json = "[";
  for (const Diagnostic& diagnostic : diagnostics) {
    json += (json.size() > 1 ? ",\n " : "\n ") + to_json(diagnostic);
  }
  return json + "\n]\n";
}

std::size_t count(const std::vector<Diagnostic>& diagnostics, DiagnosticLevel level) {
  const auto has_level = [level](const Diagnostic& diagnostic) { return diagnostic.level == level; };
  return static_cast<std::size_t>(std::count_if(diagnostics.begin(), diagnostics.end(), has_level));
}

std::string summary_line(std::size_t errors, std::size_t warnings) {
  if (errors == 0 && warnings == 0) return "no faults: loaded.";
  std::string line = errors == 0 ? "" : plural(errors, "error");
  if (warnings != 0) line += (line.empty() ? "" : ", ") + plural(warnings, "warning");
  return line + (errors == 0 ? ": loaded." : ": not loaded.");
}

std::string quoted(std::string_view value) {
  if (value.size() <= kQuotedBytesMax) return '\'' + printable(value) + '\'';
  std::size_t size = kQuotedBytesMax;
  while (size > 0 && (static_cast<unsigned char>(value[size]) & 0xC0U) == 0x80U) --size;
  return '\'' + printable(value.substr(0, size)) + "...'";
}

std::string to_string(const FilePlace& at) {
  return printable(at.file) + (at.place.line == 0 ? "" : ':' + to_string(at.place));
}

void Diagnostics::add_file(std::string name, const SourceText& source) {
  SALLYPORT_CHECK(source.file() == files_.size());
  files_.push_back({std::move(name), &source});
}

FilePlace Diagnostics::locate(const Place& place) const {
  return {files_[place.file].name, in_characters(source_of(place), place)};
}

std::string Diagnostics::place_text(const Place& place, const Place& beside) const {
  const FilePlace at = locate(place);
  return place.file == beside.file ? to_string(at.place) : to_string(at);
}

void Diagnostics::error(Place place, std::string_view code, std::string message, Advice advice) {
  if (is_told(place, code, message)) return;
  ++error_count_;
  add(DiagnosticLevel::kError, place, code, std::move(message), std::move(advice));
}

void Diagnostics::warning(Place place, std::string_view code, std::string message, Advice advice) {
  if (is_told(place, code, message)) return;
  add(DiagnosticLevel::kWarning, place, code, std::move(message), std::move(advice));
}

bool Diagnostics::is_told(Place place, std::string_view code, std::string_view message) const {
  const Place at = in_characters(source_of(place), place);
  return std::any_of(list_.begin(), list_.end(), [&](const Diagnostic& told) {
    return told.place == at && told.code == code && told.message == message;
  });
}

void Diagnostics::add(DiagnosticLevel level, Place place, std::string_view code, std::string message, Advice advice) {
  if (list_.size() >= limits::kPolicyDiagnosticsMax) {
    ++left_out_;
    return;
  }
  const std::string_view line = source_of(place).line(place.line);
  const FilePlace at = locate(place);
  list_.push_back({level, code, at.file, at.place, std::move(message), std::move(advice.suggestion),
                   std::move(advice.hint), line.size() <= kExcerptBytesMax ? printable(line) : std::string()});
}

std::vector<Diagnostic> Diagnostics::sorted() const {
  std::vector<Diagnostic> list = list_;
  std::stable_sort(list.begin(), list.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.place.file, a.place.line, a.place.column) < std::tie(b.place.file, b.place.line, b.place.column);
  });
  if (left_out_ == 0) return list;
  const DiagnosticLevel level = error_count_ == 0 ? DiagnosticLevel::kWarning : DiagnosticLevel::kError;
  list.push_back({level,
                  "too-many",
                  files_.front().name,
                  {},
                  std::to_string(left_out_) + " further messages are left out",
                  {},
                  {},
                  {}});
  return list;
}

}  // namespace sallyport::policy
