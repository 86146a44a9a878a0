#include "daemon/worker/unpack/picture_readers.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "daemon/base/byte_reader.h"
#include "daemon/base/limits.h"
#include "daemon/protocols/embedded/magic.h"
#include "daemon/worker/unpack/container_type.h"
#include "daemon/worker/unpack/image_extent.h"
#include "daemon/worker/unpack/text_decoding.h"
#include "daemon/worker/unpack/zip_directory.h"

namespace sallyport {
namespace {

using std::string_view;
using std::string_view_literals::operator""sv;

constexpr int kApp0 = 0xE0, kApp2 = 0xE2, kApp15 = 0xEF, kComment = 0xFE;

std::size_t position_in(Bytes whole, Bytes part) {
  return static_cast<std::size_t>(part.data() - whole.data());
}

std::string place_at(string_view place, std::size_t position) {
  return std::string(place) + '@' + std::to_string(position);
}

/// Images in metadata. Gives whether the file says that further images follow it.
bool read_segments(Bytes jpeg, MemberSink& sink) {
  bool is_multi_picture = false;
  for_each_jpeg_segment(jpeg, [&](int marker, Bytes content) {
    const bool is_metadata = (marker >= kApp0 && marker <= kApp15) || marker == kComment;
    if (!is_metadata || sink.budget().spent()) return;
    is_multi_picture = is_multi_picture || (marker == kApp2 && as_text(content).starts_with("MPF\0"sv));
    const std::size_t start = position_in(jpeg, content);
    const bool whole = carve_images(
        content, [&](std::size_t at, Bytes image) { return sink.member(place_at("jpeg:segment", start + at), image); });
    if (!whole) sink.not_inspected("jpeg:segment", NotInspected::kContainerLimit);
  });
  return is_multi_picture;
}

/// The first local header of a ZIP of a version and method that exist: four bytes alone stand in large files by chance.
std::size_t zip_position(string_view bytes) {
  std::size_t at = bytes.find("PK\3\4"sv);
  while (at != string_view::npos) {
    const Bytes start = as_byte_span(bytes.substr(at, embedded::kMagicBytes));
    if (embedded::match_magic(start, embedded::Place::kMiddle) == ContentType::kZip) return at;
    at = bytes.find("PK\3\4"sv, at + 1);
  }
  return at;
}

/// Where an archive or a document begins by its signature.
std::size_t signature_position(string_view bytes) {
  static constexpr std::array kSigns{"Rar!\x1A\7"sv, "7z\xBC\xAF\x27\x1C"sv, "%PDF-"sv,
                                     "\xFD"
                                     "7zXZ\0"sv,
                                     "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"sv};
  std::size_t first = zip_position(bytes);
  for (const string_view sign : kSigns) first = std::min(first, bytes.find(sign));
  return first;
}

/// What shows at the very start of bytes only, and is not found among others.
bool shows_at_start(ContentType type) {
  return is_container(type) || type == ContentType::kOtherImage || type == ContentType::kJpegXl;
}

/// The same in bytes behind an image, where one may also stand that only shows at its very start.
std::size_t archive_position(string_view rest) {
  const std::size_t first = signature_position(rest);
  const std::size_t start = rest.find_first_not_of('\0');
  if (start == string_view::npos) return first;
  const ContentType type = type_for_unpacking(as_byte_span(rest.substr(start)));
  return shows_at_start(type) ? std::min(start, first) : first;
}

/// Images in a file that is an image itself, but for the codestream that a JPEG 2000 file wraps (ISO/IEC 15444-1
/// I.5.4).
void read_inside(const std::string& place, Bytes file, MemberSink& sink) {
  bool is_own_told = !place.starts_with(to_string(ContentType::kJpeg2000));
  const bool whole = carve_images(file.subspan(1), [&](std::size_t before, Bytes image) {
    const std::size_t at = before + 1;
    const bool is_wrapped = at >= 4 && as_text(file.subspan(at - 4)).starts_with("jp2c");
    if (is_wrapped && !std::exchange(is_own_told, true)) return true;
    return sink.budget().add_member() && sink.member(place_at(place, at), image);
  });
  if (!whole) sink.not_inspected(place, NotInspected::kContainerLimit);
}

/// The first archive in a file of which nobody knows where it ends. A ZIP that ends with the file is found from there.
void read_archive_inside(const std::string& place, Bytes file, MemberSink& sink) {
  const std::size_t archive = signature_position(as_text(file));
  if (archive == string_view::npos || sink.budget().spent() || has_zip_end(file)) return;
  sink.member(place_at(place, archive), file.subspan(archive));
}

struct ImageEnd {
  std::string place;  // of what follows
  std::size_t position = 0;
  bool announces_more = false;
};

void read_trailing(Bytes file, const ImageEnd& end, MemberSink& sink) {
  const Bytes rest = file.subspan(end.position);
  const std::size_t archive = archive_position(as_text(rest));
  bool found = archive != string_view::npos;
  const Bytes before = found ? rest.first(archive) : rest;
  const bool whole = carve_images(before, [&](std::size_t at, Bytes image) {
    found = found || !end.announces_more;
    return sink.member(place_at(end.place, end.position + at), image);
  });
  if (!whole) sink.not_inspected(end.place, NotInspected::kContainerLimit);
  if (found) sink.flag(Evasion::kTrailingData);
  if (archive != string_view::npos && !sink.budget().spent()) {
    sink.member(place_at(end.place, end.position + archive), rest.subspan(archive));
  }
}

/// A device-independent bitmap of an icon is twice as high as its image: a mask follows. BITMAPFILEHEADER goes in
/// front.
std::string bitmap_file(Bytes dib) {
  ByteReader reader(dib);
  const std::uint32_t header_size = reader.u32le();
  reader.skip(4);
  const std::uint32_t height = reader.u32le() / 2;
  reader.skip(2);
  const std::uint16_t bits = reader.u16le();
  reader.skip(16);
  const std::uint32_t used = reader.u32le();
  if (!reader.ok() || header_size < 40 || header_size > 124) return {};
  const std::uint32_t colours = bits > 8 ? 0 : used != 0 ? std::min(used, 256U) : 1U << bits;
  const std::uint32_t pixels = 14 + header_size + colours * 4;
  std::string file("BM");
  const auto put = [&file](std::uint32_t value) {
    for (int i = 0; i < 4; ++i) file += static_cast<char>(value >> (8 * i) & 0xFF);
  };
  put(static_cast<std::uint32_t>(14 + dib.size()));
  put(0);
  put(pixels);
  file += as_text(dib);
  for (int i = 0; i < 4; ++i) file[22 + static_cast<std::size_t>(i)] = static_cast<char>(height >> (8 * i) & 0xFF);
  return file;
}

}  // namespace

void read_image_surroundings(ContentType type, Bytes image, MemberSink& sink) {
  const auto end = image_extent(type, image);
  const std::string word(to_string(type));
  const bool is_whole_jpeg = type == ContentType::kJpeg && end;
  const bool announced = is_whole_jpeg && read_segments(image, sink);
  if (!is_whole_jpeg) read_inside(word + ":inside", image.first(end.value_or(image.size())), sink);
  if (!end) read_archive_inside(word + ":inside", image, sink);
  if (!end || *end == image.size() || sink.budget().spent()) return;
  read_trailing(image, {word + ":trailing", *end, announced}, sink);
}

void read_icon(Bytes icon, MemberSink& sink) {
  ByteReader directory(icon);
  directory.skip(4);
  const std::uint16_t count = directory.u16le();
  for (std::uint16_t i = 0; i < count; ++i) {
    directory.skip(8);
    const std::uint32_t size = directory.u32le();
    const std::uint32_t offset = directory.u32le();
    if (!directory.ok() || offset >= icon.size()) return sink.not_inspected("", NotInspected::kDecodeError);
    const Bytes content = prefix(icon.subspan(offset), size);
    const std::string place = "icon:" + std::to_string(i);
    if (!sink.budget().add_member()) return;
    const bool has_format = is_image(type_for_unpacking(content));
    const std::string file = has_format ? std::string() : bitmap_file(content);
    if (!has_format && file.empty()) {
      sink.not_inspected(place, NotInspected::kDecodeError);
    } else if (!sink.member(place, has_format ? content : as_byte_span(file))) {
      return;
    }
  }
}

void read_svg(Bytes svg, MemberSink& sink) {
  constexpr string_view kMark = ";base64,";
  const string_view text = as_text(svg);
  for (std::size_t mark = text.find(kMark); mark != string_view::npos; mark = text.find(kMark, mark + 1)) {
    const std::size_t start = mark + kMark.size();
    const std::size_t end = std::min(text.size(), text.find_first_of("\"')<", start));
    if (!sink.budget().add_member()) return;
    MemberBuffer content(sink.budget());
    if (!decode_base64(text.substr(start, end - start), content)) {
      sink.not_inspected("svg:" + std::to_string(mark), NotInspected::kContainerLimit);
    } else if (content.size() > 0 && !sink.member("svg:" + std::to_string(mark), content.bytes())) {
      return;
    }
  }
}

bool carve_members(std::string_view place, Bytes bytes, MemberSink& sink) {
  const bool whole = carve_images(bytes, [&](std::size_t at, Bytes image) {
    return sink.budget().add_member() && sink.member(place_at(place, at), image);
  });
  if (!whole) sink.not_inspected(place, NotInspected::kContainerLimit);
  const std::size_t archive = signature_position(as_text(bytes));
  if (archive != string_view::npos && !sink.budget().spent())
    sink.member(place_at(place, archive), bytes.subspan(archive));
  return !sink.budget().spent();
}

}  // namespace sallyport
