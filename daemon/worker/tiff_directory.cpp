#include "daemon/worker/tiff_directory.h"

#include <algorithm>
#include <limits>

#include "daemon/base/limits.h"

namespace sallyport {
namespace {

constexpr std::uint16_t kAscii = 2;  // a type
constexpr std::uint16_t kStripOffsets = 273, kTileOffsets = 324, kSubDirectories = 330;

/// Bytes of one value; 0 for types that are no whole numbers.
std::size_t size_of_type(std::uint16_t type) {
  switch (type) {
    case 1:  // BYTE
    case 6:  // SBYTE
      return 1;
    case 3:  // SHORT
    case 8:  // SSHORT
      return 2;
    case 4:  // LONG
    case 9:  // SLONG
      return 4;
    case 16:  // LONG8
    case 17:  // SLONG8
      return 8;
    default:
      return 0;
  }
}

}  // namespace

std::optional<TiffDirectory> TiffDirectory::read(Bytes tiff) {
  const std::string_view start = as_text(prefix(tiff, 4));
  using namespace std::string_view_literals;
  const bool little_endian = start == "II*\0"sv || start == "II+\0"sv;
  const bool big_endian = start == "MM\0*"sv || start == "MM\0+"sv;
  if (!little_endian && !big_endian) return std::nullopt;
  TiffDirectory directory(tiff, little_endian, start[2] == '+' || start[3] == '+');
  directory.read_entries();
  return directory;
}

TiffDirectory::TiffDirectory(Bytes tiff, bool little_endian, bool big_tiff)
    : tiff_(tiff), reader_(tiff), little_endian_(little_endian), big_tiff_(big_tiff) {}

std::optional<std::uint32_t> TiffDirectory::value(std::uint16_t tag) const {
  const auto entry = std::find_if(entries_.begin(), entries_.end(), [tag](const Entry& e) { return e.tag == tag; });
  if (entry == entries_.end()) return std::nullopt;
  return entry->value;
}

std::optional<Bytes> TiffDirectory::text(std::uint16_t tag) const {
  const auto found = std::find_if(texts_.begin(), texts_.end(), [tag](const Text& text) { return text.tag == tag; });
  if (found == texts_.end()) return std::nullopt;
  return found->bytes;
}

std::optional<TiffDirectory> TiffDirectory::below(std::uint16_t tag) const {
  const auto offset = value(tag);
  if (!offset) return std::nullopt;
  TiffDirectory directory(tiff_, little_endian_, big_tiff_);
  directory.read_entries_at(*offset);
  return directory;
}

bool TiffDirectory::has(std::uint16_t tag) const {
  return std::find(tags_.begin(), tags_.end(), tag) != tags_.end();
}

bool TiffDirectory::has_pixels() const {
  return has(kStripOffsets) || has(kTileOffsets);
}

bool TiffDirectory::has_more() const {
  return has_next_ || has(kSubDirectories);
}

void TiffDirectory::read_entries() {
  reader_.seek(big_tiff_ ? 8 : 4);
  read_entries_at(number(big_tiff_ ? 8 : 4));
}

void TiffDirectory::read_entries_at(std::uint64_t offset) {
  reader_.seek(static_cast<std::size_t>(offset));
  const std::uint64_t count = number(big_tiff_ ? 8 : 2);
  if (!reader_.ok() || count > limits::kTiffEntriesMax) return;
  for (std::uint64_t i = 0; i < count && reader_.ok(); ++i) read_entry();
  is_whole_ = reader_.ok();
  has_next_ = number(big_tiff_ ? 8 : 4) != 0;
}

void TiffDirectory::read_entry() {
  const auto tag = static_cast<std::uint16_t>(number(2));
  const auto type = static_cast<std::uint16_t>(number(2));
  const std::uint64_t count = number(big_tiff_ ? 8 : 4);
  if (type == kAscii) read_text(tag, count);
  const std::optional<std::uint64_t> value = inline_value(type);
  if (reader_.ok()) tags_.push_back(tag);
  if (!reader_.ok() || count != 1 || !value || this->value(tag)) return;
  if (*value <= std::numeric_limits<std::uint32_t>::max())
    entries_.push_back({tag, static_cast<std::uint32_t>(*value)});
}

/// Looks ahead: the reader stays before the field.
void TiffDirectory::read_text(std::uint16_t tag, std::uint64_t count) {
  const std::size_t field = big_tiff_ ? 8 : 4;
  const std::size_t place = reader_.position();
  const std::uint64_t offset = count <= field ? place : number(field);
  if (count > field && reader_.ok()) reader_.seek(place);
  const bool is_inside = reader_.ok() && offset <= tiff_.size() && count <= tiff_.size() - offset;
  const bool is_first = !text(tag);
  if (!is_first) return;
  texts_.push_back(
      {tag, is_inside ? tiff_.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(count)) : Bytes()});
}

std::optional<std::uint64_t> TiffDirectory::inline_value(std::uint16_t type) {
  const std::size_t field = big_tiff_ ? 8 : 4;
  const std::size_t size = size_of_type(type);
  if (size == 0 || size > field) {
    reader_.skip(field);
    return std::nullopt;
  }
  const std::uint64_t value = number(size);
  reader_.skip(field - size);
  return value;
}

std::uint64_t TiffDirectory::number(std::size_t size) {
  switch (size) {
    case 1:
      return reader_.u8();
    case 2:
      return little_endian_ ? reader_.u16le() : reader_.u16be();
    case 4:
      return little_endian_ ? reader_.u32le() : reader_.u32be();
    default:
      return little_endian_ ? reader_.u64le() : reader_.u64be();
  }
}

}  // namespace sallyport
