// What the unpacker tells, as lines that a test can read; and files made by the libraries that other programs make them
// with.
#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/limits.h"
#include "daemon/worker/unpack/archive_reader.h"
#include "daemon/worker/unpack/unpacker.h"
#include "tests/unit/daemon/worker/drawn_picture.h"

namespace sallyport::test {

using Lines = std::vector<std::string>;

/// "PATH SIZE" of each image, "PATH WIDTHxHEIGHTxCHANNELS" of each bitmap, "PATH !REASON" of what was not had.
class RecordingParts : public PartSink {
 public:
  void image(const std::string& path, Bytes bytes) override {
    lines.push_back(path + ' ' + std::to_string(bytes.size()));
    images.emplace_back(bytes.begin(), bytes.end());
  }
  void bitmap(const std::string& path, const RawBitmap& bitmap) override {
    lines.push_back(path + ' ' + std::to_string(bitmap.width) + 'x' + std::to_string(bitmap.height) + 'x' +
                    std::to_string(bitmap.channels) + (bitmap.is_cut ? " cut" : ""));
    images.emplace_back(bitmap.pixels.begin(), bitmap.pixels.end());
  }
  void not_inspected(const std::string& path, NotInspected reason, ContentType) override {
    lines.push_back(path + " !" + std::string(to_string(reason)));
  }

  Lines lines;
  std::vector<ByteBuffer> images;
};

struct Unpacked {
  Lines lines;
  std::vector<ByteBuffer> images;
  EvasionSet evasions = 0;
  std::optional<NotInspected> spent;
};

inline Unpacked unpack(
    Bytes object, const std::function<bool()>& is_late = [] { return false; }) {
  EXPECT_TRUE(prepare_archive_reader());
  RecordingParts parts;
  UnpackBudget budget(object.size(), is_late);
  Unpacker unpacker(budget, parts);
  unpacker.unpack(object);
  return {std::move(parts.lines), std::move(parts.images), unpacker.evasions(), budget.spent()};
}

struct Member {
  std::string name;
  ByteBuffer content;
};

struct ArchiveKind {
  int (*format)(archive*);
  int (*filter)(archive*) = ::archive_write_add_filter_none;
  const char* options = nullptr;
  const char* password = nullptr;
};

/// An archive written by libarchive.
inline ByteBuffer archive_of(const ArchiveKind& kind, const std::vector<Member>& members) {
  ByteBuffer file(std::size_t{16} << 20);
  std::size_t used = 0;
  archive* const writer = ::archive_write_new();
  kind.format(writer);
  kind.filter(writer);
  if (kind.options != nullptr) {
    EXPECT_EQ(::archive_write_set_options(writer, kind.options), ARCHIVE_OK);
  }
  if (kind.password != nullptr) ::archive_write_set_passphrase(writer, kind.password);
  ::archive_write_set_bytes_in_last_block(writer, 1);
  EXPECT_EQ(::archive_write_open_memory(writer, file.data(), file.size(), &used), ARCHIVE_OK);
  for (const Member& member : members) {
    archive_entry* const entry = ::archive_entry_new();
    ::archive_entry_set_pathname(entry, member.name.c_str());
    ::archive_entry_set_size(entry, static_cast<la_int64_t>(member.content.size()));
    ::archive_entry_set_filetype(entry, AE_IFREG);
    ::archive_entry_set_perm(entry, 0644);
    EXPECT_EQ(::archive_write_header(writer, entry), ARCHIVE_OK) << ::archive_error_string(writer);
    ::archive_write_data(writer, member.content.data(), member.content.size());
    ::archive_entry_free(entry);
  }
  EXPECT_EQ(::archive_write_close(writer), ARCHIVE_OK);
  ::archive_write_free(writer);
  file.resize(used);
  return file;
}

inline ByteBuffer zip_of(const std::vector<Member>& members, const char* options = nullptr) {
  return archive_of({::archive_write_set_format_zip, ::archive_write_add_filter_none, options, nullptr}, members);
}

inline ByteBuffer bytes_of(std::string_view text) {
  const Bytes bytes = as_byte_span(text);
  return {bytes.begin(), bytes.end()};
}

inline ByteBuffer photo(std::uint64_t seed = 1) {
  return encode(draw_picture(64, 48, seed), ".jpg");
}

inline std::string line_of(const std::string& path, const ByteBuffer& image) {
  return path + ' ' + std::to_string(image.size());
}

/// The unpacker must survive whatever a cut leaves; the cut file is a copy, so that a sanitizer sees a byte read too
/// far.
inline void unpack_cut_everywhere(const ByteBuffer& file) {
  const std::size_t step = file.size() / 200 + 1;
  for (std::size_t size = 0; size < file.size(); size += step) {
    const ByteBuffer cut(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size));
    unpack(cut);
  }
}

}  // namespace sallyport::test
