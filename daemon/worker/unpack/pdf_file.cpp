#include "daemon/worker/unpack/pdf_file.h"

#include <algorithm>
#include <utility>

#include "daemon/base/limits.h"
#include "daemon/worker/unpack/pdf_filters.h"

namespace sallyport {
namespace {

using std::string_view;
using Kind = PdfValue::Kind;

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\0';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// "12 0 obj": the number before the keyword at `position`; zero where there is none, as a reader that rebuilds the
/// table would not mind.
std::uint32_t number_before(string_view text, std::size_t position) {
  std::size_t at = position;
  const auto back = [&](bool (*part)(char)) {
    while (at > 0 && part(text[at - 1])) --at;
  };
  back(is_space);
  back(is_digit);
  back(is_space);
  const std::size_t end = at;
  back(is_digit);
  std::uint64_t number = 0;
  for (std::size_t i = at; i < end && number < 1'000'000'000; ++i)
    number = number * 10 + static_cast<unsigned>(text[i] - '0');
  return static_cast<std::uint32_t>(number);
}

/// Where the data begins behind the keyword "stream" (7.3.8.1).
std::size_t data_start(string_view text, std::size_t after_keyword) {
  if (text.substr(after_keyword, 2) == "\r\n") return after_keyword + 2;
  const char c = after_keyword < text.size() ? text[after_keyword] : ' ';
  return after_keyword + (c == '\n' || c == '\r' ? 1 : 0);
}

}  // namespace

PdfFile::PdfFile(Bytes file, UnpackBudget& budget) : text_(as_text(file)), budget_(budget) {
  look_for_encryption();
  index_objects();
}

void PdfFile::look_for_encryption() {
  for (std::size_t at = text_.find("trailer"); at != string_view::npos; at = text_.find("trailer", at + 1)) {
    encrypted_ = encrypted_ || !PdfLexer(text_, at + 7).next()["Encrypt"].is(Kind::kNull);
  }
}

void PdfFile::index_objects() {
  for (std::size_t at = text_.find("obj"); at != string_view::npos; at = text_.find("obj", at + 1)) {
    const bool is_end = at >= 3 && text_.substr(at - 3, 3) == "end";
    if (is_end || at == 0 || !(is_space(text_[at - 1]) || is_digit(text_[at - 1]))) continue;
    if (objects_.size() + streams_.size() >= limits::kDocumentObjectsMax || budget_.is_late()) {
      cut_ = true;
      return;
    }
    index_object(number_before(text_, at), at + 3);
  }
}

void PdfFile::index_object(std::uint32_t number, std::size_t position) {
  objects_[number] = {text_, position};
  PdfLexer lexer(text_, position);
  const PdfValue value = lexer.next();
  if (!value.is(Kind::kDictionary) || lexer.next().text != "stream") return;
  streams_.emplace_back(number, position);
  const PdfValue& type = value["Type"];
  if (type.is_name("XRef") && !value["Encrypt"].is(Kind::kNull)) encrypted_ = true;
  if (type.is_name("ObjStm")) index_object_stream(stream_at(number, position));
}

/// 7.5.7: pairs of number and offset, then the objects.
void PdfFile::index_object_stream(const PdfStream& stream) {
  auto content = std::make_unique<MemberBuffer>(budget_);
  const PdfDecoded decoded = decode_pdf_stream(*this, stream, *content);
  if (!decoded.is_whole) cut_ = true;
  const string_view text = as_text(decoded.bytes);
  const auto first = static_cast<std::size_t>(std::max<std::int64_t>(0, stream.dictionary["First"].integer()));
  PdfLexer pairs(text);
  for (std::int64_t i = 0; i < stream.dictionary["N"].integer() && pairs.position() < std::min(first, text.size());
       ++i) {
    const auto number = static_cast<std::uint32_t>(pairs.next().integer());
    const auto offset = static_cast<std::size_t>(std::max<std::int64_t>(0, pairs.next().integer()));
    if (objects_.size() >= limits::kDocumentObjectsMax) break;
    if (first + offset < text.size()) objects_[number] = {text, first + offset};
  }
  if (!decoded.bytes.empty() && decoded.bytes.data() == content->bytes().data())
    object_streams_.push_back(std::move(content));
}

PdfStream PdfFile::stream(std::size_t index) const {
  return stream_at(streams_[index].first, streams_[index].second);
}

PdfStream PdfFile::stream_at(std::uint32_t number, std::size_t position) const {
  PdfLexer lexer(text_, position);
  PdfStream stream{number, lexer.next(), {}};
  lexer.next();  // "stream"
  stream.data = stream_data(stream.dictionary, data_start(text_, lexer.position()));
  return stream;
}

/// /Length where "endstream" follows there, else up to the next "endstream": readers repair files in this way.
Bytes PdfFile::stream_data(const PdfValue& dictionary, std::size_t start) const {
  const std::int64_t length = resolved(dictionary["Length"]).integer();
  const string_view rest = text_.substr(std::min(start, text_.size()));
  if (length > 0 && std::cmp_less_equal(length, rest.size())) {
    const string_view after = rest.substr(static_cast<std::size_t>(length), 16);
    const std::size_t word = after.find_first_not_of(" \t\r\n");
    if (word != string_view::npos && after.substr(word).starts_with("endstream")) {
      return as_byte_span(rest.substr(0, static_cast<std::size_t>(length)));
    }
  }
  std::size_t end = std::min(rest.find("endstream"), rest.size());
  if (end > 0 && rest[end - 1] == '\n') --end;
  if (end > 0 && rest[end - 1] == '\r') --end;
  return as_byte_span(rest.substr(0, end));
}

PdfValue PdfFile::resolved(const PdfValue& value) const {
  PdfValue current = value;
  for (int i = 0; i < limits::kDocumentNestingMax && current.is(Kind::kReference); ++i) {
    const auto found = objects_.find(static_cast<std::uint32_t>(std::clamp(current.number, 0.0, 4e9)));
    if (found == objects_.end()) return {};
    current = PdfLexer(found->second.text, found->second.position).next();
  }
  return current.is(Kind::kReference) ? PdfValue() : current;
}

std::optional<PdfStream> PdfFile::resolved_stream(const PdfValue& value) const {
  if (!value.is(Kind::kReference)) return std::nullopt;
  const auto number = static_cast<std::uint32_t>(std::clamp(value.number, 0.0, 4e9));
  const auto found = objects_.find(number);
  if (found == objects_.end() || found->second.text.data() != text_.data()) return std::nullopt;
  PdfLexer lexer(text_, found->second.position);
  if (!lexer.next().is(Kind::kDictionary) || lexer.next().text != "stream") return std::nullopt;
  return stream_at(number, found->second.position);
}

}  // namespace sallyport
