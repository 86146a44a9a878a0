// The first directory of a TIFF structure: of a TIFF file, or of the Exif block in a JPEG.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "daemon/base/byte_reader.h"
#include "daemon/base/bytes.h"

namespace sallyport {

/// TIFF 6.0 section 2 and BigTIFF, both byte orders. Only texts, and whole numbers with a count of one, are kept; of a
/// tag that occurs twice the first counts, as in libtiff. At most limits::kTiffEntriesMax entries are read. Borrows the
/// bytes.
class TiffDirectory {
 public:
  /// Nothing when the bytes do not begin like a TIFF file.
  static std::optional<TiffDirectory> read(Bytes tiff);

  std::optional<std::uint32_t> value(std::uint16_t tag) const;
  /// Of an ASCII tag, with all zeros it has; empty where it lies outside of the bytes. Nothing where there is none.
  std::optional<Bytes> text(std::uint16_t tag) const;
  /// The directory that this tag leads to, such as the Exif one (EXIF 2.32 4.6.3). Nothing where the tag is not there.
  std::optional<TiffDirectory> below(std::uint16_t tag) const;
  /// All its entries were there.
  bool is_whole() const { return is_whole_; }
  /// A tag of any type and count is there.
  bool has(std::uint16_t tag) const;
  /// The directory says where pixels are: Exif blocks have the form of a TIFF, sizes of a picture too, but none.
  bool has_pixels() const;
  /// More images are announced: by a second directory, or by directories below this one (SubIFDs, TIFF technical note
  /// 1), where cameras keep the picture of which this one is the thumbnail.
  bool has_more() const;

 private:
  struct Entry {
    std::uint16_t tag;
    std::uint32_t value;
  };
  struct Text {
    std::uint16_t tag;
    Bytes bytes;
  };

  TiffDirectory(Bytes tiff, bool little_endian, bool big_tiff);
  void read_entries();
  void read_entries_at(std::uint64_t offset);
  void read_text(std::uint16_t tag, std::uint64_t count);
  void read_entry();
  std::uint64_t number(std::size_t size);
  std::optional<std::uint64_t> inline_value(std::uint16_t type);

  Bytes tiff_;
  ByteReader reader_;
  bool little_endian_;
  bool big_tiff_;
  bool has_next_ = false;
  bool is_whole_ = false;
  std::vector<Entry> entries_;
  std::vector<Text> texts_;
  std::vector<std::uint16_t> tags_;
};

}  // namespace sallyport
