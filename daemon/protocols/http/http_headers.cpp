#include "daemon/protocols/http/http_headers.h"

#include <algorithm>

namespace sallyport::http {
namespace {

/// Bytes looked at behind a doubtful line end; longer field names are not worth waiting for.
constexpr std::size_t kLookaheadBytesMax = 256;

enum class Answer { kNo, kYes, kNeedMore };

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Whether `text` starts with a field name and its colon. NULs are read over, as some readers do.
Answer field_follows(std::string_view text, bool at_end) {
  bool named = false;
  for (std::size_t i = 0; i < std::min(text.size(), kLookaheadBytesMax); ++i) {
    const char c = text[i];
    if (c == ':') return named ? Answer::kYes : Answer::kNo;
    if (is_token_char(c)) {
      named = true;
    } else if (c != '\0' && !(named && (c == ' ' || c == '\t' || c == '\v' || c == '\f'))) {
      return Answer::kNo;
    }
  }
  return at_end || text.size() >= kLookaheadBytesMax ? Answer::kNo : Answer::kNeedMore;
}

/// Whether the head goes on at `text`, seen from behind a line that is blank but not empty.
Answer head_goes_on(std::string_view text, bool at_end) {
  const std::size_t begin = std::min(text.find_first_not_of('\r'), text.size());
  if (begin == text.size()) return at_end || begin >= kLookaheadBytesMax ? Answer::kNo : Answer::kNeedMore;
  const char c = text[begin];
  if (c == '\n' || c == ' ' || c == '\t') return Answer::kYes;
  return field_follows(text.substr(begin), at_end);
}

bool all_blank(std::string_view text) {
  return std::all_of(text.begin(), text.end(), is_blank);
}

struct LogicalLine {
  std::string text;
  bool odd = false;
  bool doubtful = false;
};

/// Makes logical lines: a bare CR ends a line where a field follows it, else it is white space.
class LineCollector {
 public:
  explicit LineCollector(std::vector<LogicalLine>& lines) : lines_(lines) {}

  void add(std::string_view line) {
    const std::size_t size_before = line.size();
    while (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    const bool odd = size_before > line.size() + 1;
    for (bool behind_cr = false;;) {
      const std::size_t end = find_inner_line_end(line);
      add_piece(line.substr(0, end), odd || behind_cr, behind_cr);
      if (end == std::string_view::npos) return;
      line.remove_prefix(std::min(line.find_first_not_of('\r', end), line.size()));
      behind_cr = true;
    }
  }

  /// Continuation lines that look like fields of their own.
  const std::vector<LogicalLine>& folded() const { return folded_; }

 private:
  static std::size_t find_inner_line_end(std::string_view line) {
    for (std::size_t cr = line.find('\r'); cr != std::string_view::npos; cr = line.find('\r', cr + 1)) {
      const std::size_t next = line.find_first_not_of('\r', cr);
      if (next != std::string_view::npos && field_follows(line.substr(next), true) == Answer::kYes) return cr;
    }
    return std::string_view::npos;
  }

  void add_piece(std::string_view piece, bool odd, bool doubtful) {
    if (all_blank(piece)) {
      if (!piece.empty() && !lines_.empty()) lines_.back().odd = true;
      return;
    }
    const bool folded = (piece.front() == ' ' || piece.front() == '\t') && !lines_.empty();
    const std::string_view text = trim_blanks(piece);
    if (!folded) {
      lines_.push_back({std::string(text), odd, doubtful});
      return;
    }
    const std::size_t owner = lines_.size() - 1;
    lines_[owner].text.append(" ").append(text);
    lines_[owner].odd = true;
    if (field_follows(text, true) == Answer::kYes) folded_.push_back({std::string(text), true, true});
  }

  std::vector<LogicalLine>& lines_;
  std::vector<LogicalLine> folded_;
};

void add_field(Head& head, const LogicalLine& line) {
  const std::size_t colon = line.text.find(':');
  if (colon == std::string::npos) {
    head.odd = true;
    return;
  }
  HeaderField field;
  field.doubtful = line.doubtful;
  for (const char c : std::string_view(line.text).substr(0, colon)) {
    if (is_token_char(c)) field.name.push_back(c);
  }
  field.odd = line.odd || field.name.size() != colon;
  field.name = lower_case(field.name);
  std::string_view value = trim_blanks(std::string_view(line.text).substr(colon + 1));
  while (!value.empty() && value.front() == ':') {
    value = trim_blanks(value.substr(1));
    field.odd = true;
  }
  field.value.reserve(value.size());
  for (const char c : value) {
    if (c != '\0') field.value.push_back(c);
  }
  field.odd = field.odd || field.value.size() != value.size();
  head.odd = head.odd || field.odd;
  if (!field.name.empty()) head.fields.push_back(std::move(field));
}

}  // namespace

bool is_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r') || c == '\0' || c == '\x7f' || c == '\xa0';
}

std::string_view trim_blanks(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

bool is_token_char(char c) {
  return is_letter(c) || is_digit(c) ||
         (c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos);
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

bool starts_with_ignoring_case(std::string_view text, std::string_view lower_prefix) {
  return text.size() >= lower_prefix.size() && lower_case(text.substr(0, lower_prefix.size())) == lower_prefix;
}

std::size_t bytes_of(const Head& head) {
  std::size_t bytes = sizeof(Head) + head.start_line.size();
  for (const HeaderField& field : head.fields) bytes += sizeof field + field.name.size() + field.value.size();
  return bytes;
}

const HeaderField* Head::find(std::string_view name) const {
  const HeaderField* doubtful = nullptr;
  for (const HeaderField& field : fields) {
    if (field.name != name) continue;
    if (!field.doubtful) return &field;
    if (!doubtful) doubtful = &field;
  }
  return doubtful;
}

std::string_view Head::value(std::string_view name) const {
  const HeaderField* field = find(name);
  return field ? std::string_view(field->value) : std::string_view();
}

std::optional<std::size_t> HeadEndFinder::doubtful_end(std::size_t end) {
  odd_ = true;
  return end;
}

/// A run of bare CRs that no field follows ends a head whose lines end with bare CRs.
std::optional<std::size_t> HeadEndFinder::find_bare_cr_end(std::string_view text, std::size_t line_end, bool at_end,
                                                           bool& needs_more) {
  std::size_t cr = text.find("\r\r", searched_);
  while (cr < line_end) {
    const std::size_t next = text.find_first_not_of('\r', cr);
    if (std::min(next, text.size()) - cr > kLookaheadBytesMax) return doubtful_end(cr + kLookaheadBytesMax);
    needs_more = next == std::string_view::npos && !at_end;
    searched_ = cr;
    if (next >= line_end) return std::nullopt;
    const Answer answer = field_follows(text.substr(next), at_end);
    needs_more = answer == Answer::kNeedMore;
    if (needs_more) return std::nullopt;
    if (answer == Answer::kNo) return doubtful_end(next);
    searched_ = next;
    cr = text.find("\r\r", next);
  }
  return std::nullopt;
}

std::optional<std::size_t> HeadEndFinder::find(std::string_view text, bool at_end) {
  for (;;) {
    const std::size_t line_feed = text.find('\n', searched_);
    bool needs_more = false;
    const auto bare_cr_end = find_bare_cr_end(text, std::min(line_feed, text.size()), at_end, needs_more);
    if (bare_cr_end || needs_more) return bare_cr_end;
    if (line_feed == std::string_view::npos) {
      searched_ = std::max(searched_, text.size() - (text.ends_with('\r') ? 1 : 0));
      return at_end ? doubtful_end(text.size()) : std::nullopt;
    }
    const std::string_view line = text.substr(line_start_, line_feed - line_start_);
    if (line.empty() || line == "\r") return line_feed + 1;
    if (all_blank(line)) {
      const Answer answer = head_goes_on(text.substr(line_feed + 1), at_end);
      if (answer == Answer::kNo) return doubtful_end(line_feed + 1);
      if (answer == Answer::kNeedMore) return std::nullopt;
    }
    line_start_ = line_feed + 1;
    searched_ = line_start_;
  }
}

Head parse_head(std::string_view text, bool has_start_line) {
  std::vector<LogicalLine> lines;
  LineCollector collector(lines);
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    collector.add(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  Head head;
  std::size_t first = 0;
  if (has_start_line && !lines.empty()) {
    head.start_line = std::move(lines[0].text);
    head.odd = lines[0].odd;
    first = 1;
  }
  for (std::size_t i = first; i < lines.size(); ++i) add_field(head, lines[i]);
  for (const LogicalLine& line : collector.folded()) add_field(head, line);
  return head;
}

}  // namespace sallyport::http
