#include "daemon/worker/unpack/pdf_bitmap.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "daemon/base/limits.h"
#include "daemon/worker/unpack/pdf_filters.h"

namespace sallyport {
namespace {

using Kind = PdfValue::Kind;

constexpr int kComponentsMax = 32;  // of DeviceN (ISO 32000-1 annex C)

struct ColourSpace {
  int components = 0;  // 0: not known
  bool is_ink = false;
  std::string palette;
  int palette_components = 0;
};

ColourSpace named_space(const std::string& name) {
  if (name == "DeviceGray" || name == "G" || name == "CalGray") return {1, false, {}, 0};
  if (name == "DeviceRGB" || name == "RGB" || name == "CalRGB" || name == "Lab") return {3, false, {}, 0};
  if (name == "DeviceCMYK" || name == "CMYK") return {4, true, {}, 0};
  return {};
}

class SpaceReader {
 public:
  explicit SpaceReader(const PdfFile& file) : file_(file) {}

  ColourSpace read(const PdfValue& value, int depth) const {
    const PdfValue space = file_.resolved(value);
    if (space.is(Kind::kName)) return named_space(space.text);
    if (!space.is(Kind::kArray) || space.items.empty() || depth > 3) return {};
    const std::string kind = file_.resolved(space.items[0]).text;
    const auto item = [&space](std::size_t i) { return i < space.items.size() ? space.items[i] : PdfValue(); };
    if (kind == "ICCBased") return icc(item(1));
    if (kind == "Indexed" || kind == "I") return indexed(read(item(1), depth + 1), item(3));
    if (kind == "Separation") return {1, true, {}, 0};
    if (kind == "DeviceN") {
      const auto count = static_cast<int>(std::min<std::size_t>(file_.resolved(item(1)).items.size(), kComponentsMax));
      return {count, true, {}, 0};
    }
    return named_space(kind);
  }

 private:
  ColourSpace icc(const PdfValue& profile) const {
    const auto stream = file_.resolved_stream(profile);
    const std::int64_t count = stream ? file_.resolved(stream->dictionary["N"]).integer() : 0;
    if (count != 1 && count != 3 && count != 4) return {};
    return {static_cast<int>(count), count == 4, {}, 0};
  }

  ColourSpace indexed(const ColourSpace& base, const PdfValue& lookup) const {
    if (base.components == 0 || base.palette_components != 0) return {};
    return {1, base.is_ink, table(lookup), base.components};
  }

  std::string table(const PdfValue& lookup) const {
    const auto stream = file_.resolved_stream(lookup);
    if (!stream) return file_.resolved(lookup).text;
    MemberBuffer content(file_.budget());
    const Bytes bytes = decode_pdf_stream(file_, *stream, content).bytes;
    return std::string(as_text(prefix(bytes, 256 * kComponentsMax)));
  }

  const PdfFile& file_;
};

/// Samples of 1, 2, 4, 8 or 16 bits, most significant first, scaled to 8 bits unless they are indices.
class SampleReader {
 public:
  SampleReader(Bytes row, int bits, bool is_index)
      : row_(row), bits_(static_cast<std::size_t>(bits)), is_index_(is_index) {}

  unsigned at(std::size_t index) const {
    const std::size_t bit = index * bits_;
    const unsigned byte = bit / 8 < row_.size() ? std::to_integer<unsigned>(row_[bit / 8]) : 0;
    if (bits_ >= 8) return byte;  // of 16 bits the upper half
    const unsigned largest = (1U << bits_) - 1;
    const unsigned value = byte >> (8 - bits_ - bit % 8) & largest;
    return is_index_ ? value : value * 255 / largest;
  }

 private:
  Bytes row_;
  std::size_t bits_;
  bool is_index_;
};

/// Blue, green and red of a pixel with 1, 3 or 4 components; ink is subtracted.
void put_colour(const std::array<unsigned, 4>& c, int components, bool inverted, std::uint8_t* to) {
  const auto light = [inverted](unsigned value) { return inverted ? 255 - value : value; };
  for (std::size_t i = 0; i < 3; ++i) {
    const std::size_t from = components >= 3 ? 2 - i : 0;
    const unsigned value = components == 4 ? light(c[from]) * light(c[3]) / 255 : light(c[from]);
    to[i] = static_cast<std::uint8_t>(value);
  }
}

void draw_row(const PdfSamples& samples, Bytes stored, std::vector<std::uint8_t>& row, int channels) {
  const bool indexed = samples.palette_components > 0;
  const SampleReader reader(stored, samples.bits, indexed);
  const int components = indexed ? samples.palette_components : samples.components;
  for (std::size_t x = 0; x < static_cast<std::size_t>(samples.width); ++x) {
    std::array<unsigned, 4> c{};
    for (std::size_t i = 0; i < static_cast<std::size_t>(std::min(components, 4)); ++i) {
      const std::size_t at = indexed ? reader.at(x) * static_cast<std::size_t>(components) + i : 0;
      const unsigned colour = at < samples.palette.size() ? static_cast<unsigned char>(samples.palette[at]) : 0;
      c[i] = indexed ? colour : reader.at(x * static_cast<std::size_t>(components) + i);
    }
    std::array<std::uint8_t, 3> pixel{};
    put_colour(c, components, samples.is_inverted, pixel.data());
    std::copy_n(pixel.begin(), channels, row.begin() + static_cast<std::ptrdiff_t>(x) * channels);
  }
}

}  // namespace

std::uint64_t PdfSamples::row_bytes() const {
  return (static_cast<std::uint64_t>(width) * static_cast<std::uint64_t>(bits * components) + 7) / 8;
}

std::optional<PdfSamples> read_pdf_samples(const PdfFile& file, const PdfValue& image) {
  constexpr std::int64_t kSideMax = 1 << 20;
  PdfSamples samples;
  samples.width = file.resolved(image.either("Width", "W")).integer();
  samples.height = file.resolved(image.either("Height", "H")).integer();
  if (samples.width < 1 || samples.height < 1 || samples.width > kSideMax || samples.height > kSideMax)
    return std::nullopt;
  const PdfValue decode = file.resolved(image.either("Decode", "D"));
  const bool turned = decode.items.size() >= 2 && decode.items[0].number > decode.items[1].number;
  if (file.resolved(image.either("ImageMask", "IM")).text == "true") {
    samples.bits = 1;
    samples.is_inverted = turned;
    return samples;
  }
  samples.bits = static_cast<int>(file.resolved(image.either("BitsPerComponent", "BPC")).integer());
  ColourSpace space = SpaceReader(file).read(image.either("ColorSpace", "CS"), 0);
  const bool known_bits =
      samples.bits == 1 || samples.bits == 2 || samples.bits == 4 || samples.bits == 8 || samples.bits == 16;
  if (space.components == 0 || !known_bits) return std::nullopt;
  samples.components = space.components;
  samples.palette = std::move(space.palette);
  samples.palette_components = space.palette_components;
  samples.is_inverted = space.is_ink != turned;
  return samples;
}

std::optional<PdfPixels> draw_pdf_samples(const PdfSamples& samples, Bytes data, MemberBuffer& out) {
  const int components = samples.palette_components > 0 ? samples.palette_components : samples.components;
  PdfPixels pixels{components >= 3 ? 3 : 1, false};
  std::vector<std::uint8_t> row(static_cast<std::size_t>(samples.width) * static_cast<std::size_t>(pixels.channels));
  const auto row_bytes = static_cast<std::size_t>(samples.row_bytes());
  for (std::int64_t y = 0; y < samples.height; ++y) {
    const Bytes stored = prefix(data, row_bytes);
    pixels.is_cut = pixels.is_cut || stored.size() < row_bytes;
    data = data.subspan(stored.size());
    draw_row(samples, stored, row, pixels.channels);
    if (!out.append(as_byte_span(row.data(), row.size()))) return std::nullopt;
  }
  return pixels;
}

}  // namespace sallyport
