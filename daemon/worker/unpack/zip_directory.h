// The tables of a ZIP file (PKWARE APPNOTE.TXT 4.3): what the central directory says, and what stands before each
// member.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "daemon/base/bytes.h"

namespace sallyport {

/// Of a member, from one of the tables. Hostile values; the name is a span into the file.
struct ZipEntry {
  std::string_view name;
  std::uint16_t flags = 0;
  std::uint16_t method = 0;
  std::uint32_t crc = 0;
  std::uint64_t packed_size = 0;
  std::uint64_t size = 0;
  std::uint64_t header = 0;  ///< position of the local header
  std::uint64_t data = 0;    ///< position of the content; 0 in an entry of the central directory

  bool is_encrypted() const { return (flags & 0x2041U) != 0 || method == 99; }
  /// The sizes stand behind the content (4.4.4 bit 3).
  bool has_descriptor() const { return (flags & 0x8U) != 0; }
  bool is_folder() const { return size == 0 && packed_size == 0 && name.ends_with('/'); }
};

struct ZipDirectory {
  bool is_there = false;  ///< an end of central directory was found
  bool is_whole = false;  ///< as many entries as it says
  std::vector<ZipEntry> entries;
};

/// The directory that readers find from the end. `header` of its entries counts in this file, also where other bytes
/// stand before the archive. At most limits::kContainerMembersMax entries.
ZipDirectory read_zip_directory(Bytes zip);

/// The local header at a position; nothing where there is none.
std::optional<ZipEntry> read_zip_local_header(Bytes zip, std::uint64_t position);

/// Whether the file ends like a ZIP, whatever it begins like.
bool has_zip_end(Bytes file);

}  // namespace sallyport
