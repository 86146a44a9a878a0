#include "daemon/worker/unpack/archive_reader.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <array>
#include <clocale>
#include <memory>
#include <string_view>

namespace sallyport {
namespace {

struct CloseArchive {
  void operator()(archive* opened) const { ::archive_read_free(opened); }
};
using Archive = std::unique_ptr<archive, CloseArchive>;

using Enable = int (*)(archive*);
// One by one: "all" would bring formats that name files of this machine, and filters that start programs.
constexpr std::array<Enable, 9> kFormats{
    ::archive_read_support_format_tar, ::archive_read_support_format_cpio, ::archive_read_support_format_7zip,
    ::archive_read_support_format_rar, ::archive_read_support_format_rar5, ::archive_read_support_format_iso9660,
    ::archive_read_support_format_cab, ::archive_read_support_format_ar,   ::archive_read_support_format_raw};
constexpr std::array<Enable, 8> kFilters{::archive_read_support_filter_gzip, ::archive_read_support_filter_bzip2,
                                         ::archive_read_support_filter_xz,   ::archive_read_support_filter_lzma,
                                         ::archive_read_support_filter_lzip, ::archive_read_support_filter_zstd,
                                         ::archive_read_support_filter_lz4,  ::archive_read_support_filter_compress};

std::string_view word_of(int format) {
  switch (format & ARCHIVE_FORMAT_BASE_MASK) {
    case ARCHIVE_FORMAT_TAR:
      return "tar";
    case ARCHIVE_FORMAT_CPIO:
      return "cpio";
    case ARCHIVE_FORMAT_7ZIP:
      return "seven_zip";
    case ARCHIVE_FORMAT_RAR:
    case ARCHIVE_FORMAT_RAR_V5:
      return "rar";
    case ARCHIVE_FORMAT_ISO9660:
      return "iso";
    case ARCHIVE_FORMAT_CAB:
      return "cab";
    case ARCHIVE_FORMAT_AR:
      return "ar";
    default:
      return {};
  }
}

/// Reads one opened archive to its end.
class ArchiveWalk {
 public:
  ArchiveWalk(archive* opened, MemberSink& sink) : archive_(opened), sink_(sink) {}

  void walk() {
    archive_entry* entry = nullptr;
    for (;;) {
      const int status = ::archive_read_next_header(archive_, &entry);
      if (status == ARCHIVE_EOF) return;
      if (status != ARCHIVE_OK && status != ARCHIVE_WARN) return give_up();
      if (!sink_.budget().add_member()) return;
      if (!visit(entry) || sink_.budget().spent()) return;
    }
  }
  void set_place(std::string_view place) { fixed_place_ = place; }

 private:
  void give_up() {
    const bool encrypted = ::archive_read_has_encrypted_entries(archive_) > 0;
    sink_.not_inspected(fixed_place_, encrypted ? NotInspected::kEncryptedArchive : NotInspected::kDecodeError);
  }

  /// "gzip/tar:NAME"; the filters stand outermost first.
  std::string place_of(archive_entry* entry) const {
    if (!fixed_place_.empty()) return fixed_place_;
    std::string place;
    for (int i = ::archive_filter_count(archive_) - 1; i >= 0; --i) {
      const std::string_view filter = ::archive_filter_name(archive_, i);
      if (filter != "none") place += (place.empty() ? "" : "/") + std::string(filter);
    }
    const std::string_view format = word_of(::archive_format(archive_));
    if (format.empty()) return place;  // a bare compressed stream
    const char* const utf8 = ::archive_entry_pathname_utf8(entry);
    const char* const name = utf8 != nullptr ? utf8 : ::archive_entry_pathname(entry);
    return (place.empty() ? place : place + '/') + std::string(format) + ':' + (name != nullptr ? name : "");
  }

  /// False when the archive cannot be read any further.
  bool visit(archive_entry* entry) {
    const bool is_file = ::archive_entry_filetype(entry) == AE_IFREG || ::archive_entry_filetype(entry) == 0;
    if (!is_file || ::archive_entry_hardlink(entry) != nullptr) return true;
    const std::string place = place_of(entry);
    if (place.empty()) {  // no archive at all, taken for a bare stream
      sink_.not_inspected("", NotInspected::kDecodeError);
      return false;
    }
    if (::archive_entry_is_encrypted(entry) > 0) {
      sink_.not_inspected(place, NotInspected::kEncryptedArchive);
      return true;
    }
    MemberBuffer content(sink_.budget());
    const int status = read_content(content);
    if (content.is_full()) {
      if (!sink_.budget().spent()) sink_.not_inspected(place, NotInspected::kContainerLimit);
      return !sink_.budget().spent();
    }
    if (content.size() > 0 && !sink_.member(place, content.bytes())) return false;
    if (status == ARCHIVE_EOF) return true;
    const bool encrypted = ::archive_read_has_encrypted_entries(archive_) > 0;
    sink_.not_inspected(place, encrypted ? NotInspected::kEncryptedArchive : NotInspected::kDecodeError);
    return status != ARCHIVE_FATAL;
  }

  /// ARCHIVE_EOF when the content is whole or the buffer is full.
  int read_content(MemberBuffer& content) {
    for (;;) {
      const void* block = nullptr;
      std::size_t size = 0;
      la_int64_t offset = 0;
      const int status = ::archive_read_data_block(archive_, &block, &size, &offset);
      if (status != ARCHIVE_OK && status != ARCHIVE_WARN) return status;
      const auto at = static_cast<std::uint64_t>(std::max<la_int64_t>(offset, 0));
      if (at > content.size() && !content.append_zeros(at - content.size())) return ARCHIVE_EOF;
      if (size > 0 && !content.append(as_byte_span(block, size))) return ARCHIVE_EOF;
    }
  }

  archive* archive_;
  MemberSink& sink_;
  std::string fixed_place_;
};

void walk(const Archive& opened, Bytes bytes, std::string_view place, MemberSink& sink) {
  if (::archive_read_open_memory(opened.get(), bytes.data(), bytes.size()) != ARCHIVE_OK) {
    return sink.not_inspected(place, NotInspected::kDecodeError);
  }
  ArchiveWalk reader(opened.get(), sink);
  reader.set_place(place);
  reader.walk();
}

}  // namespace

bool prepare_archive_reader() {
  // With any other character set libarchive asks iconv, which loads modules from files when a name turns up.
  return std::setlocale(LC_CTYPE, "C.UTF-8") != nullptr;
}

void read_archive(Bytes archive_bytes, MemberSink& sink) {
  const Archive opened(::archive_read_new());
  if (!opened) return sink.not_inspected("", NotInspected::kContainerLimit);
  for (const Enable enable : kFormats) enable(opened.get());
  for (const Enable enable : kFilters) enable(opened.get());
  walk(opened, archive_bytes, "", sink);
}

void read_zip_member(Bytes zip, std::string_view place, MemberSink& sink) {
  const Archive opened(::archive_read_new());
  if (!opened) return sink.not_inspected(place, NotInspected::kContainerLimit);
  ::archive_read_support_format_zip_seekable(opened.get());
  walk(opened, zip, place, sink);
}

}  // namespace sallyport
