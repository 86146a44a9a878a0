// How SMB names an open file.
#pragma once

#include <cstdint>

namespace sallyport::smb {

/// MS-SMB2 2.2.14.1. SMB1: `volatile_part` is the 16-bit FID.
struct FileId {
  std::uint64_t persistent = 0;  ///< of the server: stays when an open is reconnected
  std::uint64_t volatile_part = 0;
  bool operator==(const FileId&) const = default;
};
/// "The file of the request before" in a compound, MS-SMB2 3.2.4.1.4.
inline constexpr FileId kRelatedFileId{~std::uint64_t{0}, ~std::uint64_t{0}};

struct FileKey {
  std::uint64_t session = 0;
  FileId id;
  bool operator==(const FileKey&) const = default;
};

}  // namespace sallyport::smb
