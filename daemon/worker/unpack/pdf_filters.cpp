#include "daemon/worker/unpack/pdf_filters.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "daemon/base/limits.h"
#include "daemon/worker/unpack/inflate.h"
#include "daemon/worker/unpack/pdf_codings.h"

namespace sallyport {
namespace {

using Kind = PdfValue::Kind;

/// Table 94: inline images may use short names.
std::string full_name(const std::string& name) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kShort{{{"AHx", "ASCIIHexDecode"},
                                                                                        {"A85", "ASCII85Decode"},
                                                                                        {"LZW", "LZWDecode"},
                                                                                        {"Fl", "FlateDecode"},
                                                                                        {"RL", "RunLengthDecode"},
                                                                                        {"CCF", "CCITTFaxDecode"},
                                                                                        {"DCT", "DCTDecode"}}};
  const auto* const found =
      std::find_if(kShort.begin(), kShort.end(), [&](const auto& entry) { return entry.first == name; });
  return found == kShort.end() ? name : std::string(found->second);
}

bool is_image_filter(const std::string& name) {
  return name == "DCTDecode" || name == "JPXDecode" || name == "JBIG2Decode" || name == "CCITTFaxDecode";
}

PredictorSettings predictor_of(const PdfFile& file, const PdfValue& parameters) {
  const auto number = [&](std::string_view key, int otherwise) {
    const PdfValue value = file.resolved(parameters[key]);
    return value.is(Kind::kNumber) ? static_cast<int>(std::clamp<std::int64_t>(value.integer(), -1, 1 << 30))
                                   : otherwise;
  };
  return {number("Predictor", 1), number("Colors", 1), number("BitsPerComponent", 8), number("Columns", 1)};
}

/// The n-th of a value that is one or an array of several.
PdfValue nth(const PdfFile& file, const PdfValue& value, std::size_t index) {
  if (!value.is(Kind::kArray)) return index == 0 ? value : PdfValue();
  return index < value.items.size() ? file.resolved(value.items[index]) : PdfValue();
}

bool decode_compressed(const std::string& name, const PdfFile& file, const PdfValue& parameters, Bytes data,
                       MemberBuffer& out) {
  const PredictorSettings predictor = predictor_of(file, parameters);
  const PdfValue early = file.resolved(parameters["EarlyChange"]);
  const auto decode = [&](MemberBuffer& to) {
    if (name == "FlateDecode") return inflate_into(data, DeflateFormat::kZlib, to).is_whole;
    return decode_lzw(data, !early.is(Kind::kNumber) || early.integer() != 0, to);
  };
  if (predictor.predictor < 2) return decode(out);
  MemberBuffer rows(out.budget());
  const bool whole = decode(rows);
  return undo_predictor(rows.bytes(), predictor, out) && whole;
}

/// False as well for a filter that nobody knows.
bool decode_one(const std::string& name, const PdfFile& file, const PdfValue& parameters, Bytes data,
                MemberBuffer& out) {
  if (name == "FlateDecode" || name == "LZWDecode") return decode_compressed(name, file, parameters, data, out);
  if (name == "ASCIIHexDecode") return decode_ascii_hex(data, out);
  if (name == "ASCII85Decode") return decode_ascii85(data, out);
  if (name == "RunLengthDecode") return decode_run_length(data, out);
  return false;
}

}  // namespace

PdfDecoded decode_pdf_stream(const PdfFile& file, const PdfStream& stream, MemberBuffer& out) {
  const PdfValue filters = file.resolved(stream.dictionary.either("Filter", "F"));
  const PdfValue parameters = file.resolved(stream.dictionary.either("DecodeParms", "DP"));
  const std::size_t count = filters.is(Kind::kArray) ? filters.items.size() : filters.is(Kind::kName) ? 1U : 0U;
  PdfDecoded decoded{stream.data, {}, count <= limits::kPdfFiltersMax};
  std::unique_ptr<MemberBuffer> current;
  for (std::size_t i = 0; i < count && decoded.is_whole; ++i) {
    const std::string name = full_name(nth(file, filters, i).text);
    if (is_image_filter(name)) {
      decoded.image_filter = name;
      break;
    }
    if (name == "Crypt") continue;
    auto next = std::make_unique<MemberBuffer>(out.budget());
    decoded.is_whole = decode_one(name, file, nth(file, parameters, i), decoded.bytes, *next);
    decoded.bytes = next->bytes();
    current = std::move(next);
  }
  if (!current) return decoded;
  out.take(*current);
  decoded.bytes = out.bytes();
  return decoded;
}

}  // namespace sallyport
