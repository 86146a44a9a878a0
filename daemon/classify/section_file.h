// A file of a few sections that is mapped, not read: what is in it is checked once, and used where it lies.
//
// Format, all integers little-endian. A page of 4096 bytes:
//   8 bytes magic · u32 sections · u32 zero · for each section u64 size in bytes · 32 bytes its SHA-256 · zeros ·
//   at 4064: SHA-256 of the page before it
// then the sections, each from the next multiple of 4096 on, with zeros between.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/bytes.h"
#include "daemon/base/result.h"

namespace sallyport {

inline constexpr std::size_t kSectionFilePage = 4096;

/// Sections of a file or of memory; copies share it. Immutable, any thread. A file that is replaced by rename stays as
/// it was for who holds it. One that is overwritten or cut short in place is not: writers must rename.
class SectionFile {
 public:
  /// Fails with what is wrong; every byte was compared with its digest. A file whose magic only starts with
  /// `family` is of another version.
  static Result<SectionFile> load(const std::string& path, std::string_view magic, std::string_view family,
                                  std::size_t sections);
  /// Of memory, unchecked.
  static SectionFile of(std::vector<ByteBuffer> sections);

  std::span<const Bytes> sections() const { return sections_; }
  /// Bytes of the file.
  std::size_t size() const;
  /// What keeps the sections where they are.
  std::shared_ptr<const void> holder() const { return holder_; }

 private:
  std::shared_ptr<const void> holder_;
  std::vector<Bytes> sections_;
};

/// Written beside `path` and renamed over it: a reader sees the old file or the new one, never a part.
Status save_sections(const std::string& path, std::string_view magic, std::span<const Bytes> sections);

}  // namespace sallyport
