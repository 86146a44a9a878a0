#include "daemon/worker/unpack/compound_file.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/byte_reader.h"
#include "daemon/base/limits.h"
#include "daemon/worker/unpack/container_type.h"
#include "daemon/worker/unpack/picture_readers.h"

namespace sallyport {
namespace {

using std::string_view;
using std::string_view_literals::operator""sv;

constexpr std::uint32_t kSectorMax = 0xFFFFFFFA;  // MS-CFB 2.1: above are marks
constexpr std::size_t kHeaderFatSectors = 109, kDirectoryEntryBytes = 128;
constexpr std::uint8_t kStreamObject = 2, kRootObject = 5;
constexpr std::uint16_t kFilePass = 0x2F, kDrawingGroup = 0xEB, kContinue = 0x3C;  // MS-XLS 2.4

struct DirectoryEntry {
  std::string name;
  std::uint8_t type = 0;
  std::uint32_t start = 0;
  std::uint64_t size = 0;
};

class CompoundFile {
 public:
  CompoundFile(Bytes file, MemberSink& sink) : file_(file), sink_(sink), mini_stream_(sink.budget()) {}

  void read() {
    if (!read_header() || !read_fat()) return sink_.not_inspected("", NotInspected::kDecodeError);
    MemberBuffer directory(sink_.budget());
    const bool whole = read_chain(first_directory_sector_, kAll, directory);
    if (!whole || directory.size() < kDirectoryEntryBytes) return sink_.not_inspected("", NotInspected::kDecodeError);
    const DirectoryEntry root = entry_at(directory.bytes(), 0);
    if (root.type == kRootObject) read_chain(root.start, root.size, mini_stream_);
    read_mini_fat();
    for (std::size_t at = 0; at + kDirectoryEntryBytes <= directory.size(); at += kDirectoryEntryBytes) {
      const DirectoryEntry entry = entry_at(directory.bytes(), at);
      if (entry.type == kStreamObject && entry.size > 0 && !read_stream(entry)) return;
    }
  }

 private:
  static constexpr std::uint64_t kAll = ~0ULL;

  bool read_header() {
    ByteReader reader(file_);
    reader.skip(30);
    const std::uint16_t shift = reader.u16le();
    const std::uint16_t mini_shift = reader.u16le();
    reader.skip(14);
    first_directory_sector_ = reader.u32le();
    reader.skip(4);
    mini_cutoff_ = reader.u32le();
    first_mini_fat_sector_ = reader.u32le();
    reader.skip(4);
    first_difat_sector_ = reader.u32le();
    if (!reader.ok() || (shift != 9 && shift != 12) || mini_shift != 6) return false;
    sector_bytes_ = std::size_t{1} << shift;
    return true;
  }

  Bytes sector(std::uint32_t number) const {
    const std::uint64_t start = (std::uint64_t{number} + 1) * sector_bytes_;
    if (number > kSectorMax || start >= file_.size()) return {};
    return prefix(file_.subspan(static_cast<std::size_t>(start)), sector_bytes_);
  }

  std::size_t sectors() const { return file_.size() / sector_bytes_ + 1; }

  void add_fat_sector(std::uint32_t number) {
    ByteReader entries(sector(number));
    while (entries.remaining() >= 4 && fat_.size() < sectors()) fat_.push_back(entries.u32le());
  }

  /// The first part of the list of FAT sectors is in the header, the rest in a chain of its own (MS-CFB 2.5).
  bool read_fat() {
    ByteReader header(file_);
    header.skip(76);
    for (std::size_t i = 0; i < kHeaderFatSectors; ++i) add_fat_sector(header.u32le());
    std::uint32_t next = first_difat_sector_;
    for (std::size_t i = 0; next <= kSectorMax && i < sectors(); ++i) {
      ByteReader list(sector(next));
      if (list.remaining() < sector_bytes_) break;
      for (std::size_t k = 0; k + 1 < sector_bytes_ / 4; ++k) add_fat_sector(list.u32le());
      next = list.u32le();
    }
    return !fat_.empty();
  }

  /// False when the chain breaks, turns back on itself, or is more than may be held.
  bool read_chain(std::uint32_t first, std::uint64_t size, MemberBuffer& out) {
    std::vector<bool> seen(fat_.size());
    for (std::uint32_t next = first; next <= kSectorMax && out.size() < size;) {
      const Bytes content = sector(next);
      if (content.empty() || next >= fat_.size() || seen[next]) return false;
      seen[next] = true;
      const std::uint64_t left = size - out.size();
      if (!out.append(prefix(content, static_cast<std::size_t>(std::min<std::uint64_t>(left, content.size())))))
        return false;
      next = fat_[next];
    }
    return size == kAll || out.size() == size;
  }

  void read_mini_fat() {
    MemberBuffer table(sink_.budget());
    read_chain(first_mini_fat_sector_, kAll, table);
    ByteReader entries(table.bytes());
    while (entries.remaining() >= 4) mini_fat_.push_back(entries.u32le());
  }

  /// Small streams lie in 64-byte pieces of one stream of their own (MS-CFB 2.4).
  bool read_mini_chain(std::uint32_t first, std::uint64_t size, MemberBuffer& out) {
    constexpr std::size_t kMiniSector = 64;
    std::vector<bool> seen(mini_fat_.size());
    for (std::uint32_t next = first; next <= kSectorMax && out.size() < size;) {
      const std::uint64_t start = std::uint64_t{next} * kMiniSector;
      if (start >= mini_stream_.size() || next >= mini_fat_.size() || seen[next]) return false;
      seen[next] = true;
      const std::size_t piece = static_cast<std::size_t>(std::min<std::uint64_t>(size - out.size(), kMiniSector));
      if (!out.append(prefix(mini_stream_.bytes().subspan(static_cast<std::size_t>(start)), piece))) return false;
      next = mini_fat_[next];
    }
    return out.size() == size;
  }

  static DirectoryEntry entry_at(Bytes directory, std::size_t at) {
    ByteReader reader(directory.subspan(at, kDirectoryEntryBytes));
    DirectoryEntry entry;
    for (int i = 0; i < 32; ++i) {
      const std::uint16_t unit = reader.u16le();
      if (unit != 0) entry.name += unit < 0x80 ? static_cast<char>(unit) : '_';
    }
    reader.skip(2);
    entry.type = reader.u8();
    reader.skip(49);
    entry.start = reader.u32le();
    entry.size = reader.u32le();
    return entry;
  }

  /// False when the budget is spent.
  bool read_stream(const DirectoryEntry& entry) {
    const std::string place = "ole:" + entry.name;
    if (!sink_.budget().add_member()) return false;
    MemberBuffer content(sink_.budget());
    const bool is_small = entry.size < mini_cutoff_;
    const bool whole =
        is_small ? read_mini_chain(entry.start, entry.size, content) : read_chain(entry.start, entry.size, content);
    if (sink_.budget().spent()) return false;
    if (!whole)
      sink_.not_inspected(place, content.is_full() ? NotInspected::kContainerLimit : NotInspected::kDecodeError);
    if (is_encrypted(entry.name, content.bytes())) sink_.not_inspected(place, NotInspected::kEncryptedArchive);
    // Properties of a message: its attachments and its text, of any type.
    const bool is_property = entry.name.starts_with("__substg1.0_");
    if (is_property || may_hold_images(type_for_unpacking(content.bytes())))
      return content.size() == 0 || sink_.member(place, content.bytes());
    // What is shown of an object where its program is missing (MS-OLEDS 2.3.4): a metafile or a bitmap.
    if (entry.name.starts_with("\2OlePres")) sink_.not_inspected(place, NotInspected::kUnsupportedFormat);
    if (entry.name == "Workbook" || entry.name == "Book") return read_workbook(place, content.bytes());
    return read_pictures(place, content.bytes());
  }

  /// Those with a format of their own, and that there are others: metafiles and bitmaps (MS-ODRAW 2.2.24 to 2.2.26 and
  /// 2.2.29: an instance of one or two identifiers, and the type).
  bool read_pictures(const std::string& place, Bytes stream) {
    static constexpr std::array kRecords{"\x40\x3D\x1A\xF0"sv, "\x50\x3D\x1A\xF0"sv, "\x60\x21\x1B\xF0"sv,
                                         "\x70\x21\x1B\xF0"sv, "\x20\x54\x1C\xF0"sv, "\x30\x54\x1C\xF0"sv,
                                         "\x80\x7A\x1F\xF0"sv, "\x90\x7A\x1F\xF0"sv};
    const string_view text = as_text(stream);
    const bool has_others = std::any_of(kRecords.begin(), kRecords.end(),
                                        [text](string_view record) { return text.find(record) != string_view::npos; });
    if (has_others) sink_.not_inspected(place, NotInspected::kUnsupportedFormat);
    return carve_members(place, stream, sink_);
  }

  /// MS-OFFCRYPTO 1.3.3 and 2.3.4.4, MS-DOC 2.5.1 (fEncrypted), MS-XLS 2.4.117.
  static bool is_encrypted(string_view name, Bytes content) {
    if (name == "EncryptedPackage") return true;
    ByteReader reader(content);
    if (name == "WordDocument") {
      reader.skip(10);
      return (reader.u16le() & 0x0100U) != 0;
    }
    if (name != "Workbook" && name != "Book") return false;
    reader.skip(2);
    reader.skip(reader.u16le());
    return reader.u16le() == kFilePass && reader.ok();
  }

  /// The pictures of a workbook are one record, cut into pieces of 8 KiB with a header each (MS-XLS 2.4.58).
  bool read_workbook(const std::string& place, Bytes workbook) {
    MemberBuffer drawings(sink_.budget());
    ByteReader reader(workbook);
    bool in_drawings = false;
    while (reader.remaining() >= 4 && !drawings.is_full()) {
      const std::uint16_t type = reader.u16le();
      const std::uint16_t size = reader.u16le();
      const Bytes content = reader.take(size);
      in_drawings = type == kDrawingGroup || (in_drawings && type == kContinue);
      if (in_drawings) drawings.append(content);
    }
    if (drawings.is_full()) sink_.not_inspected(place, NotInspected::kContainerLimit);
    return read_pictures(place, drawings.bytes());
  }

  Bytes file_;
  MemberSink& sink_;
  std::size_t sector_bytes_ = 512;
  std::uint32_t first_directory_sector_ = 0;
  std::uint32_t first_mini_fat_sector_ = 0;
  std::uint32_t first_difat_sector_ = 0;
  std::uint32_t mini_cutoff_ = 4096;
  std::vector<std::uint32_t> fat_;
  std::vector<std::uint32_t> mini_fat_;
  MemberBuffer mini_stream_;
};

}  // namespace

void read_compound_file(Bytes file, MemberSink& sink) {
  CompoundFile(file, sink).read();
}

}  // namespace sallyport
