#include "daemon/classify/fingerprint_index.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>

#include "daemon/base/byte_reader.h"
#include "daemon/base/unique_fd.h"

namespace sallyport {
namespace {

constexpr std::string_view kMagic = "SPFINGR1";
constexpr std::size_t kHeaderBytes = 8 + 4 + 4 + 8 + 32;
constexpr std::size_t kRecordBytes = 72;
constexpr std::uint8_t kHasPdq = 1;
/// Bytes of one set's file; 100,000 images with long names need 20 MiB.
constexpr std::size_t kFileBytesMax = std::size_t{1} << 30;

void put(ByteBuffer& out, std::uint64_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) out.push_back(static_cast<std::byte>(value >> (8 * i)));
}

ByteBuffer encode_body(const std::vector<Fingerprint>& fingerprints, std::uint64_t& names_size) {
  ByteBuffer body;
  std::string names;
  for (const Fingerprint& item : fingerprints) {
    append(body, item.sha256);
    const PdqHash pdq = item.pdq.value_or(PdqHash{});
    append(body, std::as_bytes(std::span(pdq)));
    put(body, names.size(), 4);
    put(body, item.name.size(), 2);
    put(body, static_cast<std::uint64_t>(item.pdq_quality), 1);
    put(body, item.pdq ? kHasPdq : 0, 1);
    names += item.name;
  }
  append(body, as_byte_span(names));
  names_size = names.size();
  return body;
}

template <class Byte, std::size_t N>
void copy_to(Bytes from, std::array<Byte, N>& to) {
  if (from.size() == N) std::memcpy(to.data(), from.data(), N);
}

bool read_record(ByteReader& reader, Bytes names, Fingerprint& item) {
  copy_to(reader.take(32), item.sha256);
  PdqHash pdq{};
  copy_to(reader.take(32), pdq);
  const std::size_t name_offset = reader.u32le();
  const std::size_t name_size = reader.u16le();
  item.pdq_quality = reader.u8();
  if (reader.u8() & kHasPdq) item.pdq = pdq;
  if (!reader.ok() || name_offset > names.size() || names.size() - name_offset < name_size) return false;
  item.name = as_text(names.subspan(name_offset, name_size));
  return true;
}

Result<std::vector<Fingerprint>> decode(Bytes file, const std::string& path) {
  ByteReader reader(file);
  if (as_text(reader.take(kMagic.size())) != kMagic) {
    return fail(ErrorCode::kCorrupt,
                path + ": is not a fingerprint set (it does not start with " + std::string(kMagic) + ")");
  }
  const std::size_t count = reader.u32le();
  reader.skip(4);
  const std::uint64_t names_size = reader.u64le();
  Sha256Digest wanted{};
  copy_to(reader.take(32), wanted);
  const Bytes body = reader.rest();
  if (!reader.ok() || names_size > body.size() || (body.size() - names_size) != count * kRecordBytes) {
    return fail(ErrorCode::kCorrupt, path + ": is cut short or too long");
  }
  if (Sha256::of(body) != wanted) return fail(ErrorCode::kCorrupt, path + ": its content does not fit its SHA-256");
  std::vector<Fingerprint> items(count);
  ByteReader records(body.first(count * kRecordBytes));
  for (Fingerprint& item : items) {
    if (!read_record(records, body.subspan(count * kRecordBytes), item))
      return fail(ErrorCode::kCorrupt, path + ": has a broken record");
  }
  return items;
}

bool by_digest(const Fingerprint& left, const Fingerprint& right) {
  return left.sha256 < right.sha256;
}

Status write_whole(int fd, Bytes bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) return fail_errno(path);
    if (written > 0) bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return ::fsync(fd) == 0 ? Status{} : fail_errno(path);
}

}  // namespace

FingerprintIndex FingerprintIndex::of(std::vector<Fingerprint> fingerprints) {
  std::stable_sort(fingerprints.begin(), fingerprints.end(), by_digest);
  FingerprintIndex index;
  for (Fingerprint& item : fingerprints) {
    if (!index.fingerprints_.empty() && index.fingerprints_.back().sha256 == item.sha256)
      index.fingerprints_.pop_back();
    index.fingerprints_.push_back(std::move(item));
  }
  return index;
}

Result<FingerprintIndex> FingerprintIndex::load(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return fail_errno("cannot read the fingerprint set " + path);
  const auto size = static_cast<std::size_t>(file.tellg());
  if (size > kFileBytesMax) return fail(ErrorCode::kResourceExhausted, path + ": is larger than 1 GiB");
  ByteBuffer content(size);
  file.seekg(0);
  file.read(reinterpret_cast<char*>(content.data()), static_cast<std::streamsize>(size));
  if (!file) return fail_errno("cannot read the fingerprint set " + path);
  Result<std::vector<Fingerprint>> items = decode(content, path);
  if (!items) return tl::unexpected(items.error());
  return of(std::move(*items));
}

Status FingerprintIndex::save(const std::string& path) const {
  std::uint64_t names_size = 0;
  const ByteBuffer body = encode_body(fingerprints_, names_size);
  ByteBuffer file;
  file.reserve(kHeaderBytes + body.size());
  append(file, as_byte_span(kMagic));
  put(file, fingerprints_.size(), 4);
  put(file, 0, 4);
  put(file, names_size, 8);
  append(file, Sha256::of(body));
  append(file, body);
  const std::string beside = path + ".new";
  UniqueFd fd(::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!fd) return fail_errno("cannot write " + beside);
  if (Status written = write_whole(fd.get(), file, beside); !written) return written;
  if (::rename(beside.c_str(), path.c_str()) != 0) return fail_errno("cannot rename " + beside + " to " + path);
  return {};
}

const Fingerprint* FingerprintIndex::find(const Sha256Digest& sha256) const {
  Fingerprint wanted;
  wanted.sha256 = sha256;
  const auto found = std::lower_bound(fingerprints_.begin(), fingerprints_.end(), wanted, by_digest);
  return found != fingerprints_.end() && found->sha256 == sha256 ? &*found : nullptr;
}

const Fingerprint* FingerprintIndex::nearest(const PdqHash& pdq, int pdq_quality, int distance_max,
                                             int& distance) const {
  if (pdq_quality < kPdqQualityMin) return nullptr;
  const Fingerprint* best = nullptr;
  int best_distance = distance_max + 1;
  for (const Fingerprint& item : fingerprints_) {
    if (!item.pdq || item.pdq_quality < kPdqQualityMin) continue;
    const int found = hamming_distance(pdq, *item.pdq);
    if (found >= best_distance) continue;
    best = &item;
    best_distance = found;
  }
  distance = best_distance;
  return best;
}

void FingerprintSets::add(std::string name, FingerprintIndex index, int distance_max) {
  sets_.insert_or_assign(std::move(name), Set{std::move(index), distance_max});
}

std::vector<FingerprintMatch> FingerprintSets::match_exact(const Sha256Digest& sha256) const {
  std::vector<FingerprintMatch> matches;
  for (const auto& [name, set] : sets_) {
    if (const Fingerprint* item = set.index.find(sha256)) matches.push_back({name, item->name, true, 0});
  }
  return matches;
}

std::vector<FingerprintMatch> FingerprintSets::match(const Sha256Digest& sha256, const ImageFindings& findings) const {
  std::vector<FingerprintMatch> matches;
  for (const auto& [name, set] : sets_) {
    int distance = 0;
    if (const Fingerprint* item = set.index.find(sha256)) {
      matches.push_back({name, item->name, true, 0});
    } else if (const Fingerprint* near =
                   findings.pdq ? set.index.nearest(*findings.pdq, findings.pdq_quality, set.distance_max, distance)
                                : nullptr) {
      matches.push_back({name, near->name, false, distance});
    }
  }
  return matches;
}

void FingerprintSets::match_all(const Sha256Digest& sha256, Findings& findings) const {
  findings.matches = match(sha256, findings);
  for (Part& part : findings.parts) {
    if (part.sha256) part.matches = match(*part.sha256, part);
  }
}

}  // namespace sallyport
