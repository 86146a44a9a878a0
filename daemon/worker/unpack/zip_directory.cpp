#include "daemon/worker/unpack/zip_directory.h"

#include <algorithm>

#include "daemon/base/byte_reader.h"
#include "daemon/base/limits.h"

namespace sallyport {
namespace {

using std::string_view;
using std::string_view_literals::operator""sv;

constexpr string_view kLocal = "PK\3\4"sv, kCentral = "PK\1\2"sv, kEnd = "PK\5\6"sv;
constexpr string_view kEnd64 = "PK\6\6"sv, kLocator64 = "PK\6\7"sv;
constexpr std::size_t kEndBytes = 22, kLocatorBytes = 20, kEnd64Bytes = 56, kLocalBytes = 30;
constexpr std::size_t kCommentBytesMax = 65535;
constexpr std::uint32_t kInZip64 = 0xFFFFFFFFU;

struct End {
  std::uint64_t position = 0;  ///< of what follows the directory
  std::uint64_t entries = 0;
  std::uint64_t size = 0;
  std::uint64_t offset = 0;
};

std::optional<std::uint64_t> end_position(Bytes file) {
  const string_view text = as_text(file);
  if (text.size() < kEndBytes) return std::nullopt;
  const std::size_t first = text.size() - std::min(text.size(), kEndBytes + kCommentBytesMax);
  const std::size_t found = text.rfind(kEnd, text.size() - kEndBytes);
  return found != string_view::npos && found >= first ? std::optional<std::uint64_t>(found) : std::nullopt;
}

bool starts_with(Bytes zip, std::uint64_t position, string_view signature) {
  return position < zip.size() && as_text(zip.subspan(static_cast<std::size_t>(position))).starts_with(signature);
}

/// APPNOTE 4.3.14 and 4.3.15. The locator's offset does not count bytes before the archive, so the record is also
/// looked for right before the locator.
void read_zip64_end(Bytes zip, End& end) {
  if (end.position < kLocatorBytes || !starts_with(zip, end.position - kLocatorBytes, kLocator64)) return;
  ByteReader locator(zip.subspan(static_cast<std::size_t>(end.position) - kLocatorBytes));
  locator.skip(8);
  std::uint64_t position = locator.u64le();
  if (!starts_with(zip, position, kEnd64))
    position = end.position - kLocatorBytes - std::min<std::uint64_t>(end.position - kLocatorBytes, kEnd64Bytes);
  if (!starts_with(zip, position, kEnd64)) return;
  ByteReader record(zip.subspan(static_cast<std::size_t>(position)));
  record.skip(32);
  const std::uint64_t entries = record.u64le();
  const std::uint64_t size = record.u64le();
  const std::uint64_t offset = record.u64le();
  if (record.ok()) end = {position, entries, size, offset};
}

std::optional<End> read_end(Bytes zip) {
  const auto position = end_position(zip);
  if (!position) return std::nullopt;
  ByteReader reader(zip.subspan(static_cast<std::size_t>(*position)));
  reader.skip(10);
  End end;
  end.position = *position;
  end.entries = reader.u16le();
  end.size = reader.u32le();
  end.offset = reader.u32le();
  read_zip64_end(zip, end);
  return end;
}

/// APPNOTE 4.5.3: 64-bit values stand in for those fields of the entry that say so, in this order.
void apply_zip64(Bytes extra, ZipEntry& entry, bool header_too) {
  ByteReader fields(extra);
  while (fields.remaining() >= 4) {
    const std::uint16_t id = fields.u16le();
    const std::uint16_t size = fields.u16le();
    ByteReader field(fields.take(size));
    if (!fields.ok()) return;
    if (id != 1) continue;
    if (entry.size == kInZip64) entry.size = field.u64le();
    if (entry.packed_size == kInZip64) entry.packed_size = field.u64le();
    if (header_too && entry.header == kInZip64) entry.header = field.u64le();
    return;
  }
}

/// What the two kinds of header have in common, from the flags to the sizes.
void read_coding(ByteReader& reader, ZipEntry& entry) {
  entry.flags = reader.u16le();
  entry.method = reader.u16le();
  reader.skip(4);
  entry.crc = reader.u32le();
  entry.packed_size = reader.u32le();
  entry.size = reader.u32le();
}

std::optional<ZipEntry> read_central_entry(ByteReader& reader) {
  if (as_text(reader.take(4)) != kCentral) return std::nullopt;
  ZipEntry entry;
  reader.skip(4);
  read_coding(reader, entry);
  const std::uint16_t name_size = reader.u16le();
  const std::uint16_t extra_size = reader.u16le();
  const std::uint16_t comment_size = reader.u16le();
  reader.skip(8);
  entry.header = reader.u32le();
  entry.name = as_text(reader.take(name_size));
  const Bytes extra = reader.take(extra_size);
  reader.skip(comment_size);
  if (!reader.ok()) return std::nullopt;
  apply_zip64(extra, entry, true);
  return entry;
}

}  // namespace

ZipDirectory read_zip_directory(Bytes zip) {
  ZipDirectory directory;
  const auto end = read_end(zip);
  if (!end) return directory;
  directory.is_there = true;
  if (end->size > end->position) return directory;
  // The directory ends where its end record begins; what its offset lacks is bytes before the archive.
  const std::uint64_t start = end->position - end->size;
  const std::uint64_t before = start >= end->offset ? start - end->offset : 0;
  ByteReader reader(zip.subspan(static_cast<std::size_t>(start), static_cast<std::size_t>(end->size)));
  while (directory.entries.size() < limits::kContainerMembersMax) {
    auto entry = read_central_entry(reader);
    if (!entry) break;
    if (starts_with(zip, entry->header + before, kLocal) || !starts_with(zip, entry->header, kLocal))
      entry->header += before;
    directory.entries.push_back(*entry);
  }
  directory.is_whole = directory.entries.size() == end->entries;
  return directory;
}

std::optional<ZipEntry> read_zip_local_header(Bytes zip, std::uint64_t position) {
  if (!starts_with(zip, position, kLocal)) return std::nullopt;
  ByteReader reader(zip.subspan(static_cast<std::size_t>(position)));
  ZipEntry entry;
  entry.header = position;
  reader.skip(6);
  read_coding(reader, entry);
  const std::uint16_t name_size = reader.u16le();
  const std::uint16_t extra_size = reader.u16le();
  entry.name = as_text(reader.take(name_size));
  const Bytes extra = reader.take(extra_size);
  if (!reader.ok()) return std::nullopt;
  apply_zip64(extra, entry, false);
  entry.data = position + kLocalBytes + name_size + extra_size;
  return entry;
}

bool has_zip_end(Bytes file) {
  const auto position = end_position(file);
  if (!position) return false;
  const ZipDirectory directory = read_zip_directory(file);
  return !directory.entries.empty() && read_zip_local_header(file, directory.entries.front().header).has_value();
}

}  // namespace sallyport
