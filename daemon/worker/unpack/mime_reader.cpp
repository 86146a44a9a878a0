#include "daemon/worker/unpack/mime_reader.h"

#include <algorithm>
#include <array>
#include <string>

#include "daemon/base/limits.h"
#include "daemon/worker/unpack/container_type.h"
#include "daemon/worker/unpack/mime_header.h"
#include "daemon/worker/unpack/picture_readers.h"
#include "daemon/worker/unpack/text_decoding.h"

namespace sallyport {
namespace {

using std::string_view;

/// What base64 makes of the first bytes of images, archives and documents.
bool looks_like_base64(string_view body) {
  static constexpr std::array<string_view, 8> kStarts{"/9j/",  "iVBORw0KGgo", "R0lGOD", "UklGR",
                                                      "UEsDB", "JVBERi",      "Qk1",    "TU0AKg"};
  const std::size_t start = body.find_first_not_of(" \t\r\n");
  if (start == string_view::npos || body.size() - start < 64) return false;
  return std::any_of(kStarts.begin(), kStarts.end(),
                     [&](string_view mark) { return body.substr(start).starts_with(mark); });
}

/// The next line that is a delimiter of this boundary (RFC 2046 5.1.1), at or behind `position`.
struct Delimiter {
  std::size_t begin = string_view::npos;
  std::size_t end = string_view::npos;
  bool is_last = false;
};
Delimiter find_delimiter(string_view body, const std::string& boundary, std::size_t position) {
  const std::string mark = "--" + boundary;
  for (std::size_t at = body.find(mark, position); at != string_view::npos; at = body.find(mark, at + 1)) {
    if (at > 0 && body[at - 1] != '\n') continue;
    const std::size_t line_end = std::min(body.find('\n', at), body.size());
    string_view after = body.substr(at + mark.size(), line_end - at - mark.size());
    const bool is_last = after.starts_with("--");
    if (is_last) after.remove_prefix(2);
    if (after.find_first_not_of(" \t\r") != string_view::npos) continue;  // a longer boundary that begins alike
    std::size_t begin = at > 0 ? at - 1 : 0;
    if (begin > 0 && body[begin - 1] == '\r') --begin;
    return {begin, std::min(line_end + 1, body.size()), is_last};
  }
  return {};
}

class MailReader {
 public:
  explicit MailReader(MemberSink& sink) : sink_(sink) {}

  /// False when the budget is spent.
  bool read_part(string_view part, const std::string& number, int depth) {
    if (!sink_.budget().add_member()) return false;
    if (depth > limits::kDocumentNestingMax) {
      sink_.not_inspected("email:part " + number, NotInspected::kContainerLimit);
      return true;
    }
    const MimeHeader header = read_mime_header(part);
    if (header.is_ambiguous) sink_.flag(Evasion::kContainerFraming);
    if (header.type.starts_with("multipart/") && !header.boundary.empty()) return read_multipart(header, number, depth);
    if (header.type == "message/rfc822" && !is_coded(header)) return read_part(header.body, number, depth + 1);
    return read_body(header, "email:" + (header.name.empty() ? "part " + number : header.name));
  }

 private:
  static bool is_coded(const MimeHeader& header) {
    return header.encoding == "base64" || header.encoding == "quoted-printable";
  }

  bool read_multipart(const MimeHeader& header, const std::string& number, int depth) {
    Delimiter delimiter = find_delimiter(header.body, header.boundary, 0);
    for (int i = 1; delimiter.end != string_view::npos && !delimiter.is_last; ++i) {
      const Delimiter next = find_delimiter(header.body, header.boundary, delimiter.end);
      // Of a message that is cut off the last part reaches to the end.
      const std::size_t begin = std::min(delimiter.end, next.begin);
      const string_view part =
          header.body.substr(begin, next.begin == string_view::npos ? next.begin : next.begin - begin);
      if (!read_part(part, number + (number.empty() ? "" : ".") + std::to_string(i), depth + 1)) return false;
      delimiter = next;
    }
    return true;
  }

  bool read_body(const MimeHeader& header, const std::string& place) {
    if (!is_coded(header)) return read_plain(header.body, place);
    MemberBuffer content(sink_.budget());
    const bool whole = header.encoding == "base64" ? decode_base64(header.body, content)
                                                   : decode_quoted_printable(header.body, content);
    if (sink_.budget().spent()) return false;
    if (!whole) {
      sink_.not_inspected(place, NotInspected::kContainerLimit);
      return true;
    }
    return content.size() == 0 || tell(place, content.bytes());
  }

  /// A body as it stands; it may hold uuencoded files, or be base64 that does not say so.
  bool read_plain(string_view body, const std::string& place) {
    if (looks_like_base64(body)) {
      sink_.flag(Evasion::kContainerFraming);
      MemberBuffer content(sink_.budget());
      if (decode_base64(body, content) && content.size() > 0) return sink_.member(place, content.bytes());
    }
    if (!read_uuencoded(body, place)) return false;
    return body.empty() || tell(place, as_byte_span(body));
  }

  /// TNEF (MS-OXTNEF, "winmail.dat") wraps files as they are.
  bool tell(const std::string& place, Bytes content) {
    if (as_text(content).starts_with("\x78\x9F\x3E\x22")) return carve_members(place, content, sink_);
    return sink_.member(place, content);
  }

  bool read_uuencoded(string_view body, const std::string& place) {
    constexpr string_view kBegin = "begin ";
    for (std::size_t at = body.find(kBegin); at != string_view::npos; at = body.find(kBegin, at + 1)) {
      const string_view mode = body.substr(at + kBegin.size(), 4);
      const bool at_line = at == 0 || body[at - 1] == '\n';
      if (!at_line || mode.size() < 4 || mode.substr(0, 3).find_first_not_of("01234567") != string_view::npos) continue;
      const std::size_t line_end = body.find('\n', at);
      if (line_end == string_view::npos) return true;
      if (!sink_.budget().add_member()) return false;
      MemberBuffer content(sink_.budget());
      if (!decode_uuencode(body.substr(line_end + 1), content))
        sink_.not_inspected(place, NotInspected::kContainerLimit);
      if (sink_.budget().spent() || (content.size() > 0 && !tell(place + "@" + std::to_string(at), content.bytes())))
        return false;
    }
    return true;
  }

  MemberSink& sink_;
};

}  // namespace

void read_email(Bytes message, MemberSink& sink) {
  MailReader reader(sink);
  string_view text = as_text(message);
  if (!text.starts_with("From ")) {
    reader.read_part(text, "", 0);
    return;
  }
  // A mailbox (RFC 4155): messages, each behind a line that begins with "From ".
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t begin = std::min(text.find('\n'), text.size() - 1) + 1;
    const std::size_t next = text.find("\nFrom ", begin);
    const string_view one = text.substr(begin, next == string_view::npos ? next : next + 1 - begin);
    if (!reader.read_part(one, "mail " + std::to_string(number), 0)) return;
    text = next == string_view::npos ? string_view() : text.substr(next + 1);
  }
}

}  // namespace sallyport
