// Headers of the formats that are trees of ISO boxes (ISO/IEC 14496-12 4.2), and of the codestreams in them.
#include <string_view>

#include "daemon/base/byte_reader.h"
#include "daemon/base/limits.h"
#include "daemon/worker/image_header_formats.h"

namespace sallyport {
namespace {

struct Box {
  std::string_view type;
  Bytes content;
};

/// The next box; cut off at the end of what is there. ok() of the reader is false when there is none.
Box next_box(ByteReader& reader) {
  const std::uint64_t size32 = reader.u32be();
  const std::string_view type = as_text(reader.take(4));
  const bool large = size32 == 1;
  const std::uint64_t header_size = large ? 16 : 8;
  std::uint64_t size = large ? reader.u64be() : size32;
  if (!reader.ok()) return {};
  if (size32 == 0) size = header_size + reader.remaining();  // to the end of the file
  if (size < header_size) {
    reader.skip(reader.remaining() + 1);
    return {};
  }
  const std::uint64_t content = size - header_size;
  return {type, reader.take(content < reader.remaining() ? static_cast<std::size_t>(content) : reader.remaining())};
}

/// Looks through `level` for the largest ispe.
class HeifWalk {
 public:
  explicit HeifWalk(ImageHeader& header) : header_(header) {}

  void walk(Bytes level, int depth) {
    ByteReader reader(level);
    while (reader.remaining() >= 8 && boxes_ < limits::kImageBoxesMax) {
      ++boxes_;
      const Box box = next_box(reader);
      if (!reader.ok()) return;
      visit(box, depth);
    }
  }

 private:
  void visit(const Box& box, int depth) {
    if (box.type == "ispe") read_size(box.content);
    if (depth >= limits::kImageBoxDepthMax) return;
    if (box.type == "meta" && box.content.size() > 4) walk(box.content.subspan(4), depth + 1);
    if (box.type == "iprp" || box.type == "ipco") walk(box.content, depth + 1);
  }

  void read_size(Bytes content) {
    ByteReader reader(content);
    reader.skip(4);  // version and flags
    ImageHeader size;
    size.width = reader.u32be();
    size.height = reader.u32be();
    if (!reader.ok() || size.pixels() <= header_.pixels()) return;
    header_.width = size.width;
    header_.height = size.height;
  }

  ImageHeader& header_;
  std::size_t boxes_ = 0;
};

/// Bits from the least significant on (ISO/IEC 18181-1 4.2); zeros past the end.
class BitReader {
 public:
  explicit BitReader(Bytes bytes) : bytes_(bytes) {}

  std::uint32_t take(unsigned count) {
    std::uint32_t value = 0;
    for (unsigned i = 0; i < count; ++i) value |= bit() << i;
    return value;
  }
  bool ok() const { return position_ <= bytes_.size() * 8; }

 private:
  std::uint32_t bit() {
    const std::size_t at = position_++;
    if (at / 8 >= bytes_.size()) return 0;
    return (std::to_integer<std::uint32_t>(bytes_[at / 8]) >> (at % 8)) & 1U;
  }

  Bytes bytes_;
  std::size_t position_ = 0;
};

std::uint32_t jpeg_xl_side(BitReader& bits, bool small) {
  if (small) return (bits.take(5) + 1) * 8;
  constexpr unsigned kWidths[] = {9, 13, 18, 30};
  return bits.take(kWidths[bits.take(2)]) + 1;
}

void read_jpeg_xl_codestream(Bytes codestream, ImageHeader& header) {
  if (!as_text(codestream).starts_with("\xFF\x0A")) return;
  struct Ratio {
    std::uint32_t width, height;
  };
  constexpr Ratio kRatios[] = {{0, 1}, {1, 1}, {12, 10}, {4, 3}, {3, 2}, {16, 9}, {5, 4}, {2, 1}};
  BitReader bits(codestream.subspan(2));
  const bool small = bits.take(1) != 0;
  const std::uint32_t height = jpeg_xl_side(bits, small);
  const Ratio ratio = kRatios[bits.take(3)];
  const auto scaled = static_cast<std::uint32_t>(std::uint64_t{height} * ratio.width / ratio.height);
  const std::uint32_t width = ratio.width == 0 ? jpeg_xl_side(bits, small) : scaled;
  if (!bits.ok()) return;
  header.height = height;
  header.width = width;
}

void read_jpeg_2000_codestream(Bytes codestream, ImageHeader& header) {
  ByteReader reader(codestream);
  if (reader.u32be() != 0xFF4FFF51) return;  // SOC, SIZ
  reader.skip(4);                            // Lsiz, Rsiz
  const std::uint32_t right = reader.u32be();
  const std::uint32_t bottom = reader.u32be();
  const std::uint32_t left = reader.u32be();
  const std::uint32_t top = reader.u32be();
  if (!reader.ok() || right <= left || bottom <= top) return;
  header.width = right - left;
  header.height = bottom - top;
}

/// The first box of one of two types on the top level; empty when there is none.
Box find_box(Bytes file, std::string_view type, std::string_view other_type) {
  ByteReader reader(file);
  for (std::size_t i = 0; i < limits::kImageBoxesMax && reader.remaining() >= 8; ++i) {
    const Box box = next_box(reader);
    if (box.type == type || box.type == other_type) return box;
  }
  return {};
}

}  // namespace

void read_heif_header(Bytes image, ImageHeader& header) {
  HeifWalk(header).walk(image, 0);
}

void read_jpeg_2000_header(Bytes image, ImageHeader& header) {
  const bool raw = std::to_integer<unsigned>(image[0]) == 0xFF;
  read_jpeg_2000_codestream(raw ? image : find_box(image, "jp2c", "jp2c").content, header);
}

void read_jpeg_xl_header(Bytes image, ImageHeader& header) {
  if (std::to_integer<unsigned>(image[0]) == 0xFF) return read_jpeg_xl_codestream(image, header);
  const Box box = find_box(image, "jxlc", "jxlp");
  const bool partial = box.type == "jxlp" && box.content.size() > 4;  // begins with a sequence number
  read_jpeg_xl_codestream(partial ? box.content.subspan(4) : box.content, header);
}

}  // namespace sallyport
