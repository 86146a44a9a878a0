#include "daemon/classify/section_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>

#include "daemon/base/byte_reader.h"
#include "daemon/base/sha256.h"
#include "daemon/base/unique_fd.h"
#include "daemon/base/write_whole.h"

namespace sallyport {
namespace {

constexpr std::size_t kDigestBytes = 32;
constexpr std::size_t kDigestAt = kSectionFilePage - kDigestBytes;

constexpr std::size_t whole_pages(std::size_t size) {
  return (size + kSectionFilePage - 1) / kSectionFilePage * kSectionFilePage;
}

/// Unmapped when it goes.
struct Mapping {
  void* address = MAP_FAILED;
  std::size_t size = 0;

  Mapping() = default;
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() {
    if (address != MAP_FAILED) ::munmap(address, size);
  }
};

Result<std::shared_ptr<const Mapping>> map_file(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0) return fail_errno("cannot read the fingerprint set " + path);
  if (!S_ISREG(status.st_mode)) return fail(ErrorCode::kInvalidArgument, path + ": is not a file");
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size == 0) return fail(ErrorCode::kCorrupt, path + ": is empty");
  auto mapping = std::make_shared<Mapping>();
  mapping->address = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd.get(), 0);
  mapping->size = size;
  if (mapping->address == MAP_FAILED) return fail_errno("cannot map the fingerprint set " + path);
  return mapping;
}

bool has_digest(Bytes bytes, Bytes digest) {
  const Sha256Digest found = Sha256::of(bytes);
  return digest.size() == found.size() && std::memcmp(found.data(), digest.data(), found.size()) == 0;
}

/// The sections of `file`, or what is wrong with it.
Result<std::vector<Bytes>> read_sections(Bytes file, const std::string& path, std::string_view magic,
                                         std::size_t count) {
  if (file.size() < kSectionFilePage) return fail(ErrorCode::kCorrupt, path + ": is cut short");
  ByteReader header(file.first(kSectionFilePage));
  header.skip(magic.size());
  if (!has_digest(file.first(kDigestAt), file.subspan(kDigestAt, kDigestBytes)))
    return fail(ErrorCode::kCorrupt, path + ": its first page does not fit its SHA-256");
  if (header.u32le() != count) return fail(ErrorCode::kCorrupt, path + ": has another number of sections");
  header.skip(4);
  std::vector<Bytes> sections;
  std::size_t offset = kSectionFilePage;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t size = header.u64le();
    const Bytes digest = header.take(kDigestBytes);
    if (offset > file.size() || size > file.size() - offset)
      return fail(ErrorCode::kCorrupt, path + ": is cut short in section " + std::to_string(i + 1));
    sections.push_back(file.subspan(offset, static_cast<std::size_t>(size)));
    if (!has_digest(sections.back(), digest))
      return fail(ErrorCode::kCorrupt, path + ": section " + std::to_string(i + 1) + " does not fit its SHA-256");
    offset += whole_pages(static_cast<std::size_t>(size));
  }
  if (offset != file.size()) return fail(ErrorCode::kCorrupt, path + ": is cut short or too long");
  return sections;
}

void put(ByteBuffer& out, std::uint64_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) out.push_back(static_cast<std::byte>(value >> (8 * i)));
}

ByteBuffer first_page(std::string_view magic, std::span<const Bytes> sections) {
  ByteBuffer page;
  append(page, as_byte_span(magic));
  put(page, sections.size(), 4);
  put(page, 0, 4);
  for (const Bytes section : sections) {
    put(page, section.size(), 8);
    append(page, Sha256::of(section));
  }
  page.resize(kDigestAt);
  append(page, Sha256::of(page));
  return page;
}

bool write_section(int fd, Bytes section) {
  static constexpr std::array<std::byte, kSectionFilePage> kZeros{};
  return write_whole(fd, section) && write_whole(fd, Bytes(kZeros).first(whole_pages(section.size()) - section.size()));
}

}  // namespace

Result<SectionFile> SectionFile::load(const std::string& path, std::string_view magic, std::string_view family,
                                      std::size_t sections) {
  auto mapping = map_file(path);
  if (!mapping) return tl::unexpected(mapping.error());
  const Bytes file = as_byte_span((*mapping)->address, (*mapping)->size);
  const std::string start(as_text(prefix(file, magic.size())));
  if (start != magic && start.starts_with(family))
    return fail(ErrorCode::kCorrupt, path + ": is a fingerprint set of another format (" + start + ", not " +
                                         std::string(magic) +
                                         "); make it anew from its images with 'sallyport fingerprint add'");
  if (start != magic)
    return fail(ErrorCode::kCorrupt,
                path + ": is not a fingerprint set (it does not start with " + std::string(magic) + ")");
  auto read = read_sections(file, path, magic, sections);
  if (!read) return tl::unexpected(read.error());
  SectionFile loaded;
  loaded.holder_ = *mapping;
  loaded.sections_ = std::move(*read);
  return loaded;
}

SectionFile SectionFile::of(std::vector<ByteBuffer> sections) {
  auto held = std::make_shared<const std::vector<ByteBuffer>>(std::move(sections));
  SectionFile made;
  made.sections_.assign(held->begin(), held->end());
  made.holder_ = std::move(held);
  return made;
}

std::size_t SectionFile::size() const {
  std::size_t size = kSectionFilePage;
  for (const Bytes section : sections_) size += whole_pages(section.size());
  return size;
}

Status save_sections(const std::string& path, std::string_view magic, std::span<const Bytes> sections) {
  const std::string beside = path + ".new";
  const UniqueFd fd(::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!fd) return fail_errno("cannot write " + beside);
  const bool written =
      write_whole(fd.get(), first_page(magic, sections)) &&
      std::all_of(sections.begin(), sections.end(), [&fd](Bytes section) { return write_section(fd.get(), section); });
  if (!written || ::fsync(fd.get()) != 0) return fail_errno("cannot write " + beside);
  if (::rename(beside.c_str(), path.c_str()) != 0) return fail_errno("cannot rename " + beside + " to " + path);
  return {};
}

}  // namespace sallyport
