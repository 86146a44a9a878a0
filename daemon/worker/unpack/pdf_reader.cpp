#include "daemon/worker/unpack/pdf_reader.h"

#include <algorithm>
#include <string>
#include <utility>

#include "daemon/base/limits.h"
#include "daemon/worker/unpack/container_type.h"
#include "daemon/worker/unpack/pdf_bitmap.h"
#include "daemon/worker/unpack/pdf_filters.h"

namespace sallyport {
namespace {

using Kind = PdfValue::Kind;
using std::string_view;

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\0';
}

/// Whether a keyword stands alone at a position.
bool is_word(string_view text, std::size_t at, std::size_t size) {
  const bool before = at == 0 || is_space(text[at - 1]);
  return before && (at + size >= text.size() || is_space(text[at + size]));
}

class PdfReader {
 public:
  PdfReader(Bytes pdf, MemberSink& sink) : sink_(sink), file_(pdf, sink.budget()) {}

  void read() {
    if (file_.is_encrypted()) return sink_.not_inspected("", NotInspected::kEncryptedArchive);
    for (std::size_t i = 0; i < file_.stream_count(); ++i) {
      if (!sink_.budget().add_member() || !read_stream(file_.stream(i))) return;
    }
    if (file_.is_cut()) sink_.not_inspected("", NotInspected::kContainerLimit);
  }

 private:
  /// False when the budget is spent.
  bool read_stream(const PdfStream& stream) {
    const PdfValue type = file_.resolved(stream.dictionary["Type"]);
    if (type.is_name("XRef") || type.is_name("ObjStm")) return true;
    const std::string place = "pdf:" + std::to_string(stream.number);
    MemberBuffer content(sink_.budget());
    const PdfDecoded decoded = decode_pdf_stream(file_, stream, content);
    if (sink_.budget().spent()) return false;
    if (file_.resolved(stream.dictionary["Subtype"]).is_name("Image") || !decoded.image_filter.empty()) {
      return read_image(place, stream.dictionary, decoded);
    }
    if (!decoded.is_whole)
      sink_.not_inspected(place, content.is_full() ? NotInspected::kContainerLimit : NotInspected::kDecodeError);
    const ContentType found = type_for_unpacking(decoded.bytes);
    if (may_hold_images(found) || type.is_name("EmbeddedFile"))
      return decoded.bytes.empty() || sink_.member(place, decoded.bytes);
    return read_inline_images(place, decoded.bytes);
  }

  bool read_image(const std::string& place, const PdfValue& dictionary, const PdfDecoded& decoded) {
    const bool has_format = decoded.image_filter == "DCTDecode" || decoded.image_filter == "JPXDecode";
    if (!decoded.image_filter.empty() && !has_format) {
      sink_.not_inspected(place, NotInspected::kUnsupportedFormat);  // fax and JBIG2
      return true;
    }
    if (!decoded.is_whole) sink_.not_inspected(place, NotInspected::kDecodeError);
    if (decoded.bytes.empty()) return true;
    if (is_image(type_for_unpacking(decoded.bytes))) return sink_.member(place, decoded.bytes);
    if (has_format) {
      sink_.not_inspected(place, NotInspected::kDecodeError);
      return true;
    }
    return read_bitmap(place, dictionary, decoded.bytes);
  }

  bool read_bitmap(const std::string& place, const PdfValue& dictionary, Bytes samples) {
    const auto layout = read_pdf_samples(file_, dictionary);
    if (!layout) {
      sink_.not_inspected(place, NotInspected::kUnsupportedFormat);
      return true;
    }
    MemberBuffer pixels(sink_.budget());
    const auto drawn = draw_pdf_samples(*layout, samples, pixels);
    if (sink_.budget().spent()) return false;
    if (!drawn) {
      sink_.not_inspected(place, NotInspected::kContainerLimit);
      return true;
    }
    // Some writers add a line end; the image is what its size says.
    const Bytes stored =
        prefix(samples, static_cast<std::size_t>(layout->row_bytes()) * static_cast<std::size_t>(layout->height));
    return sink_.bitmap(place, {stored, static_cast<int>(layout->width), static_cast<int>(layout->height),
                                drawn->channels, pixels.bytes(), drawn->is_cut});
  }

  /// 8.9.7: BI, key and value pairs, ID, one white-space character, the data, EI.
  bool read_inline_images(const std::string& place, Bytes content) {
    const string_view text = as_text(content);
    for (std::size_t at = text.find("BI"); at != string_view::npos; at = text.find("BI", at + 2)) {
      if (!is_word(text, at, 2)) continue;
      PdfStream image;
      PdfLexer lexer(text, at + 2);
      image.dictionary.kind = Kind::kDictionary;
      bool begins = false;
      for (std::size_t i = 0; i < 64 && !begins; ++i) {
        PdfValue key = lexer.next();
        begins = key.is(Kind::kKeyword) && key.text == "ID";
        if (begins || !key.is(Kind::kName)) break;
        image.dictionary.entries.push_back({std::move(key.text), lexer.next()});
      }
      if (!begins) continue;
      const std::size_t start = std::min(lexer.position() + 1, text.size());
      image.data = as_byte_span(text.substr(start, inline_size(text.substr(start), image.dictionary)));
      if (!sink_.budget().add_member()) return false;
      MemberBuffer decoded_bytes(sink_.budget());
      const PdfDecoded decoded = decode_pdf_stream(file_, image, decoded_bytes);
      if (sink_.budget().spent() || !read_image(place + '@' + std::to_string(at), image.dictionary, decoded))
        return false;
      at = start + image.data.size() - 2;
    }
    return true;
  }

  /// Of plain samples the size is known; else up to the next EI that stands alone.
  std::size_t inline_size(string_view data, const PdfValue& dictionary) const {
    std::size_t from = 0;
    if (dictionary.either("Filter", "F").is(Kind::kNull)) {
      if (const auto layout = read_pdf_samples(file_, dictionary)) {
        from = static_cast<std::size_t>(
            std::min<std::uint64_t>(layout->row_bytes() * static_cast<std::uint64_t>(layout->height), data.size()));
      }
    }
    for (std::size_t at = data.find("EI", from); at != string_view::npos; at = data.find("EI", at + 1)) {
      if (is_word(data, at, 2)) return from > 0 ? from : at - (at > 0 ? 1 : 0);
    }
    return data.size();
  }

  MemberSink& sink_;
  PdfFile file_;
};

}  // namespace

void read_pdf(Bytes pdf, MemberSink& sink) {
  PdfReader(pdf, sink).read();
}

}  // namespace sallyport
