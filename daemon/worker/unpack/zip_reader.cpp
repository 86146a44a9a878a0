#include "daemon/worker/unpack/zip_reader.h"

#include <zlib.h>

#include <algorithm>
#include <map>
#include <string>

#include "daemon/base/limits.h"
#include "daemon/worker/unpack/archive_reader.h"
#include "daemon/worker/unpack/inflate.h"
#include "daemon/worker/unpack/zip_directory.h"

namespace sallyport {
namespace {

using std::string_view;
using std::string_view_literals::operator""sv;

constexpr std::uint16_t kStored = 0, kDeflated = 8;
constexpr string_view kLocal = "PK\3\4"sv, kDescriptor = "PK\7\x08"sv;

std::uint32_t crc_of(Bytes bytes) {
  return static_cast<std::uint32_t>(::crc32_z(0, as_u8(bytes), bytes.size()));
}

void put(std::string& file, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i, value >>= 8) file += static_cast<char>(value & 0xFF);
}

/// A ZIP with this member alone, for a reader that shall not see the tables of the whole.
std::string single_member_zip(const ZipEntry& entry, Bytes packed) {
  const auto fields = [&](std::string& file) {
    put(file, 20, 2);
    put(file, 0, 2);
    put(file, entry.method, 2);
    put(file, 0, 4);
    put(file, entry.crc, 4);
    put(file, packed.size(), 4);
    put(file, entry.size, 4);
    put(file, 1, 2);
    put(file, 0, 2);
  };
  std::string file("PK\3\4");
  fields(file);
  file += 'm';
  file += as_text(packed);
  const std::size_t directory = file.size();
  file += "PK\1\2";
  put(file, 20, 2);
  fields(file);
  put(file, 0, 14);
  file += 'm';
  const std::size_t size = file.size() - directory;
  file += "PK\5\6";
  put(file, 0, 4);
  put(file, 1, 2);
  put(file, 1, 2);
  put(file, size, 4);
  put(file, directory, 4);
  put(file, 0, 2);
  return file;
}

/// Where a stored member ends whose size stands behind it: at the descriptor that says just that size (APPNOTE 4.3.9).
std::uint64_t stored_size(Bytes from_data) {
  const string_view text = as_text(from_data);
  for (std::size_t at = text.find(kDescriptor); at != string_view::npos; at = text.find(kDescriptor, at + 1)) {
    std::string size;
    put(size, at, 4);
    if (text.substr(std::min(text.size(), at + 8), 4) == size) return at;
  }
  return text.size();
}

class ZipReader {
 public:
  ZipReader(Bytes zip, MemberSink& sink) : zip_(zip), sink_(sink) {}

  void read() {
    const ZipDirectory directory = read_zip_directory(zip_);
    for (const ZipEntry& entry : directory.entries) {
      if (!read_listed(entry)) return;
    }
    if (!walk_local_headers(directory.is_there)) return;
    if (!directory.is_there) sink_.not_inspected("", NotInspected::kDecodeError);  // cut off
    if (directory.is_there && !directory.is_whole) sink_.flag(Evasion::kContainerFraming);
  }

 private:
  static std::string place_of(const ZipEntry& entry) { return "zip:" + std::string(entry.name); }

  Bytes packed(const ZipEntry& entry) const {
    if (entry.data >= zip_.size()) return {};
    const Bytes rest = zip_.subspan(static_cast<std::size_t>(entry.data));
    return prefix(rest, static_cast<std::size_t>(std::min<std::uint64_t>(entry.packed_size, rest.size())));
  }

  /// A member of the central directory. False when the budget is spent.
  bool read_listed(ZipEntry listed) {
    const auto local = read_zip_local_header(zip_, listed.header);
    if (!local) {
      sink_.flag(Evasion::kContainerFraming);
      sink_.not_inspected(place_of(listed), NotInspected::kDecodeError);
      return sink_.budget().add_member();
    }
    listed.data = local->data;
    const bool same_sizes =
        local->has_descriptor() || (local->packed_size == listed.packed_size && local->size == listed.size);
    const bool same = local->name == listed.name && local->method == listed.method &&
                      local->is_encrypted() == listed.is_encrypted() && same_sizes;
    if (!same) sink_.flag(Evasion::kContainerFraming);
    ends_[listed.header] = std::max(ends_[listed.header], listed.data + packed(listed).size());
    if (!read_member(listed)) return false;
    const bool other_content = local->method != listed.method || !same_sizes;
    return !other_content || local->is_encrypted() || read_member(*local);
  }

  /// Members that no directory names. False when the budget is spent.
  bool walk_local_headers(bool has_directory) {
    const string_view text = as_text(zip_);
    for (std::size_t at = text.find(kLocal); at != string_view::npos;) {
      std::uint64_t next = at + 1;
      if (const auto listed = ends_.find(at); listed != ends_.end()) {
        next = std::max(next, listed->second);
      } else if (auto local = read_zip_local_header(zip_, at); local && is_plausible(*local)) {
        if (has_directory) sink_.flag(Evasion::kContainerFraming);
        if (!read_unlisted(*local)) return false;
        next = std::max<std::uint64_t>(next, local->data + packed(*local).size());
      }
      at = next < text.size() ? text.find(kLocal, static_cast<std::size_t>(next)) : string_view::npos;
    }
    return true;
  }

  /// Four bytes are met by chance in compressed data; a header with a method and a name that fit is not.
  static bool is_plausible(const ZipEntry& local) {
    return !local.name.empty() && (local.method <= 20 || (local.method >= 93 && local.method <= 99));
  }

  bool read_unlisted(ZipEntry& local) {
    const Bytes rest = local.data < zip_.size() ? zip_.subspan(static_cast<std::size_t>(local.data)) : Bytes();
    const bool unknown = local.has_descriptor() && local.packed_size == 0;
    if (unknown && local.method == kStored) local.packed_size = local.size = stored_size(rest);
    if (unknown && local.method != kStored) local.packed_size = rest.size();
    return read_member(local);
  }

  bool read_member(const ZipEntry& entry) {
    if (!sink_.budget().add_member()) return false;
    if (entry.is_folder()) return true;
    if (entry.is_encrypted()) {
      sink_.not_inspected(place_of(entry), NotInspected::kEncryptedArchive);
      return true;
    }
    if (entry.method == kStored) return read_stored(entry);
    if (entry.method == kDeflated) return read_deflated(entry);
    read_zip_member(as_byte_span(single_member_zip(entry, packed(entry))), place_of(entry), sink_);
    return !sink_.budget().spent();
  }

  bool read_stored(const ZipEntry& entry) {
    const Bytes content = packed(entry);
    if (!sink_.budget().add_bytes(content.size())) return false;
    return tell(entry, content, content.size() == entry.packed_size);
  }

  bool read_deflated(const ZipEntry& entry) {
    MemberBuffer content(sink_.budget());
    const Inflated inflated = inflate_into(packed(entry), DeflateFormat::kRaw, content);
    if (sink_.budget().spent()) return false;
    if (!content.is_full()) return tell(entry, content.bytes(), inflated.is_whole);
    sink_.not_inspected(place_of(entry), NotInspected::kContainerLimit);
    return true;
  }

  bool tell(const ZipEntry& entry, Bytes content, bool is_whole) {
    const std::string place = place_of(entry);
    const bool checked = !(entry.has_descriptor() && entry.crc == 0);
    if (!is_whole || (checked && crc_of(content) != entry.crc)) sink_.not_inspected(place, NotInspected::kDecodeError);
    return content.empty() || sink_.member(place, content);
  }

  Bytes zip_;
  MemberSink& sink_;
  std::map<std::uint64_t, std::uint64_t> ends_;  // of what was read: local header -> end of its content
};

}  // namespace

void read_zip(Bytes zip, MemberSink& sink) {
  ZipReader(zip, sink).read();
}

}  // namespace sallyport
