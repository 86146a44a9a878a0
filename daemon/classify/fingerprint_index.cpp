#include "daemon/classify/fingerprint_index.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <utility>

#include "daemon/base/byte_reader.h"
#include "daemon/base/check.h"

namespace sallyport {
namespace {

static_assert(std::endian::native == std::endian::little, "sections are used where they lie");

constexpr std::string_view kMagic = "SPFINGR3";
constexpr std::string_view kMagicFamily = "SPFINGR";
constexpr std::size_t kRecordBytes = 56;
constexpr std::uint8_t kHasPdq = 1;
constexpr std::uint8_t kHasParts = 2;
constexpr std::size_t kNameBytesMax = 4096;
enum Section : std::size_t { kRecords, kHashes, kNames, kPoints, kLayouts, kStarts, kPostings, kSections };

/// Levels a registered picture keeps corners of, from that of 711 pixels on: finer ones are lost in most copies.
constexpr unsigned kFirstLevel = 2;
constexpr unsigned kKeptLevels = 7;
constexpr double kFinerShare = 1.2445;  // 1.2^1.2: corners of a level by its area, flattened

struct Record {
  Sha256Digest sha256{};
  std::uint32_t name_offset = 0;
  std::uint16_t name_size = 0;
  std::uint8_t quality = 0, flags = 0;
  std::uint32_t first_point = 0;
  std::uint16_t points = 0;
  std::uint8_t width = 0, height = 0;
  std::uint32_t layout = 0;
};

void put(ByteBuffer& out, std::uint64_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) out.push_back(static_cast<std::byte>(value >> (8 * i)));
}

void put(ByteBuffer& out, const Record& record) {
  append(out, record.sha256);
  put(out, record.name_offset, 4);
  put(out, record.name_size, 2);
  put(out, record.quality, 1);
  put(out, record.flags, 1);
  put(out, record.first_point, 4);
  put(out, record.points, 2);
  put(out, record.width, 1);
  put(out, record.height, 1);
  put(out, record.layout, 4);
  put(out, 0, 4);
}

Record record_at(Bytes records, std::size_t image) {
  ByteReader reader(records.subspan(image * kRecordBytes, kRecordBytes));
  Record record;
  std::memcpy(record.sha256.data(), reader.take(32).data(), 32);
  record.name_offset = reader.u32le();
  record.name_size = reader.u16le();
  record.quality = reader.u8();
  record.flags = reader.u8();
  record.first_point = reader.u32le();
  record.points = reader.u16le();
  record.width = reader.u8();
  record.height = reader.u8();
  record.layout = reader.u32le();
  return record;
}

template <class Value>
ByteBuffer bytes_of(std::span<const Value> values) {
  const Bytes bytes = std::as_bytes(values);
  return {bytes.begin(), bytes.end()};
}

/// A section is on its own page, and memory of a vector at least as aligned as any of these.
template <class Value>
std::span<const Value> values_of(Bytes section) {
  return {reinterpret_cast<const Value*>(section.data()), section.size() / sizeof(Value)};
}

class Encoder {
 public:
  explicit Encoder(std::span<const Fingerprint> fingerprints) : sections_(kSections) {
    for (const Fingerprint& item : fingerprints) add(item);
    const OwnedFeatureWords words = build_words(images_);
    sections_[kStarts] = bytes_of<std::uint32_t>(words.starts);
    sections_[kPostings] = bytes_of<std::uint64_t>(words.postings);
  }

  std::vector<ByteBuffer> take() { return std::move(sections_); }

 private:
  void add(const Fingerprint& item) {
    Record record;
    record.sha256 = item.sha256;
    const std::string_view name = std::string_view(item.name).substr(0, kNameBytesMax);
    record.name_offset = static_cast<std::uint32_t>(sections_[kNames].size());
    record.name_size = static_cast<std::uint16_t>(name.size());
    record.quality = static_cast<std::uint8_t>(item.pdq_quality);
    record.flags = static_cast<std::uint8_t>((item.pdq ? kHasPdq : 0) | (item.parts ? kHasParts : 0));
    append(sections_[kNames], as_byte_span(name));
    const PdqHash hash = item.pdq.value_or(PdqHash{});
    append(sections_[kHashes], std::as_bytes(std::span(hash)));
    images_.push_back(item.parts ? item.parts->points : RegisteredPoints{});
    if (item.parts) add_parts(*item.parts, record);
    put(sections_[kRecords], record);
  }

  void add_parts(const KeptParts& parts, Record& record) {
    record.first_point = static_cast<std::uint32_t>(sections_[kPoints].size() / sizeof(LocalFeature));
    record.points = static_cast<std::uint16_t>(parts.points.size());
    record.width = parts.width;
    record.height = parts.height;
    record.layout = static_cast<std::uint32_t>(sections_[kLayouts].size() / sizeof(PictureLayout));
    append(sections_[kPoints], std::as_bytes(parts.points));
    append(sections_[kLayouts], std::as_bytes(std::span(parts.layout)));
  }

  std::vector<ByteBuffer> sections_;
  std::vector<RegisteredPoints> images_;
};

/// What is wrong with a set whose digests are right; empty where nothing is.
std::string fault_of(std::span<const Bytes> sections) {
  const std::size_t count = sections[kRecords].size() / kRecordBytes;
  const std::size_t points = sections[kPoints].size() / sizeof(LocalFeature);
  const std::size_t layouts = sections[kLayouts].size() / sizeof(PictureLayout);
  if (sections[kRecords].size() % kRecordBytes != 0 || sections[kHashes].size() != count * sizeof(PdqHash) ||
      sections[kPoints].size() % sizeof(LocalFeature) != 0 || sections[kLayouts].size() % sizeof(PictureLayout) != 0)
    return "has sections that do not fit each other";
  for (std::size_t i = 0; i < count; ++i) {
    const Record record = record_at(sections[kRecords], i);
    const bool fits =
        std::size_t{record.name_offset} + record.name_size <= sections[kNames].size() &&
        std::size_t{record.first_point} + record.points <= points &&
        ((record.flags & kHasParts) == 0 || (record.layout < layouts && record.width > 0 && record.height > 0));
    if (!fits) return "has a broken record";
    if (i > 0 && !(record_at(sections[kRecords], i - 1).sha256 < record.sha256)) return "is not in order";
  }
  const std::size_t starts = sections[kStarts].size() / sizeof(std::uint32_t);
  for (unsigned bits = kDescriptorBitsMin; bits <= kDescriptorBitsMax; ++bits) {
    if (starts == word_starts(bits)) return {};
  }
  return "has a broken index";
}

bool by_digest(const Fingerprint& left, const Fingerprint& right) {
  return left.sha256 < right.sha256;
}

struct Nearest {
  std::size_t image = 0, form = 0;
  int distance = 0;
};

/// Of unrelated hashes the first half differs in 64 bits already, so the rest is seldom looked at.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
[[gnu::target_clones("default", "popcnt")]]
#endif
void scan(std::span<const PdqHash> registered, const std::uint8_t* counts, std::span<const PdqHash> forms,
          Nearest& best) {
  using Words = std::array<std::uint64_t, 4>;
  std::array<Words, kPictureForms> wanted{};
  for (std::size_t k = 0; k < forms.size(); ++k) std::memcpy(wanted[k].data(), forms[k].data(), sizeof(Words));
  for (std::size_t i = 0; i < registered.size(); ++i) {
    if (counts[i] == 0) continue;
    Words hash;
    std::memcpy(hash.data(), registered[i].data(), sizeof hash);
    for (std::size_t k = 0; k < forms.size(); ++k) {
      int distance = std::popcount(hash[0] ^ wanted[k][0]) + std::popcount(hash[1] ^ wanted[k][1]);
      if (distance >= best.distance) continue;
      distance += std::popcount(hash[2] ^ wanted[k][2]) + std::popcount(hash[3] ^ wanted[k][3]);
      if (distance < best.distance) best = {i, k, distance};
    }
  }
}

RegisteredParts registered_parts(const KeptParts& kept) {
  const double longer = std::max(kept.width, kept.height);
  return {kept.points, &kept.layout, {kept.width / longer, kept.height / longer}};
}

/// How many corners each level may keep.
std::array<std::size_t, kKeptLevels> quotas() {
  double sum = 0;
  for (unsigned level = 0; level < kKeptLevels; ++level) sum += std::pow(kFinerShare, -static_cast<double>(level));
  std::array<std::size_t, kKeptLevels> quota{};
  for (unsigned level = 0; level < kKeptLevels; ++level) {
    quota[level] = static_cast<std::size_t>(
        std::lround(kRegisteredPointsMax * std::pow(kFinerShare, -static_cast<double>(level)) / sum));
  }
  return quota;
}

}  // namespace

KeptParts parts_to_keep(const LocalFeatures& features) {
  unsigned first = kFeatureLevels;
  for (const LocalFeature& point : features.points) first = std::min<unsigned>(first, point.level);
  first = std::max(first, kFirstLevel);
  auto quota = quotas();
  auto points = std::make_shared<std::vector<LocalFeature>>();
  std::size_t left_over = 0;
  for (unsigned k = 0; k < kKeptLevels; ++k) {
    quota[k] += std::exchange(left_over, 0);
    for (const LocalFeature& point : features.points) {
      if (point.level != first + k || quota[k] == 0 || points->size() >= kRegisteredPointsMax) continue;
      points->push_back(point);
      --quota[k];
    }
    left_over = quota[k];
  }
  KeptParts kept;
  kept.points = *points;
  kept.holder = std::move(points);
  kept.layout = signs_of(sample_layout(features, extent_of(features), {}));
  kept.width = static_cast<std::uint8_t>(features.luma_width);
  kept.height = static_cast<std::uint8_t>(features.luma_height);
  return kept;
}

FingerprintIndex FingerprintIndex::of(std::vector<Fingerprint> fingerprints) {
  std::stable_sort(fingerprints.begin(), fingerprints.end(), by_digest);
  std::vector<Fingerprint> kept;
  for (Fingerprint& item : fingerprints) {
    if (!kept.empty() && kept.back().sha256 == item.sha256) kept.pop_back();
    kept.push_back(std::move(item));
  }
  auto index = read(SectionFile::of(Encoder(kept).take()), "a set in memory");
  SALLYPORT_CHECK(index);
  return std::move(*index);
}

Result<FingerprintIndex> FingerprintIndex::load(const std::string& path) {
  auto file = SectionFile::load(path, kMagic, kMagicFamily, kSections);
  if (!file) return tl::unexpected(file.error());
  return read(std::move(*file), path);
}

Result<FingerprintIndex> FingerprintIndex::read(SectionFile file, const std::string& path) {
  const auto sections = file.sections();
  if (const std::string fault = fault_of(sections); !fault.empty())
    return fail(ErrorCode::kCorrupt, path + ": " + fault);
  FingerprintIndex index;
  index.records_ = sections[kRecords];
  index.names_ = sections[kNames];
  index.layouts_ = sections[kLayouts];
  index.hashes_ = values_of<PdqHash>(sections[kHashes]);
  index.points_ = values_of<LocalFeature>(sections[kPoints]);
  index.words_.starts = values_of<std::uint32_t>(sections[kStarts]);
  index.words_.postings = values_of<std::uint64_t>(sections[kPostings]);
  index.words_.descriptor_bits = static_cast<unsigned>(std::bit_width(index.words_.starts.size() - 1)) - 5;
  auto comparable = std::make_shared<std::vector<std::uint8_t>>(index.size());
  for (std::size_t i = 0; i < index.size(); ++i) {
    const Record record = record_at(index.records_, i);
    (*comparable)[i] = (record.flags & kHasPdq) != 0 && record.quality >= kPdqQualityMin;
  }
  index.comparable_ = std::move(comparable);
  index.file_ = std::move(file);
  return index;
}

Status FingerprintIndex::save(const std::string& path) const {
  return save_sections(path, kMagic, file_.sections());
}

std::string_view FingerprintIndex::name(std::size_t image) const {
  const Record record = record_at(records_, image);
  return as_text(names_.subspan(record.name_offset, record.name_size));
}

bool FingerprintIndex::has_parts(std::size_t image) const {
  return (record_at(records_, image).flags & kHasParts) != 0;
}

Fingerprint FingerprintIndex::at(std::size_t image) const {
  const Record record = record_at(records_, image);
  Fingerprint item;
  item.sha256 = record.sha256;
  if (record.flags & kHasPdq) item.pdq = hashes_[image];
  item.pdq_quality = record.quality;
  item.name = name(image);
  if ((record.flags & kHasParts) == 0) return item;
  KeptParts& parts = item.parts.emplace();
  parts.holder = file_.holder();
  parts.points = points_.subspan(record.first_point, record.points);
  std::memcpy(parts.layout.data(), layouts_.data() + std::size_t{record.layout} * sizeof(PictureLayout),
              sizeof(PictureLayout));
  parts.width = record.width;
  parts.height = record.height;
  return item;
}

std::optional<std::size_t> FingerprintIndex::find(const Sha256Digest& sha256) const {
  std::size_t low = 0, high = size();
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if (record_at(records_, middle).sha256 < sha256)
      low = middle + 1;
    else
      high = middle;
  }
  if (low == size() || record_at(records_, low).sha256 != sha256) return std::nullopt;
  return low;
}

std::optional<FingerprintIndex::Near> FingerprintIndex::nearest(const ImageFindings& findings, int distance_max) const {
  if (!findings.pdq || findings.pdq_quality < kPdqQualityMin) return std::nullopt;
  std::vector<PdqHash> forms{*findings.pdq};
  if (findings.pdq_forms.size() < kPictureForms)
    forms.insert(forms.end(), findings.pdq_forms.begin(), findings.pdq_forms.end());
  Nearest best{0, 0, distance_max + 1};
  scan(hashes_, comparable_->data(), forms, best);
  if (best.distance > distance_max) return std::nullopt;
  return Near{best.image, best.distance, static_cast<PictureForm>(best.form)};
}

std::optional<FingerprintIndex::PartOf> FingerprintIndex::find_part(const QueryCorners& query) const {
  std::optional<PartOf> best;
  for (const std::uint32_t image : candidates(words_, size(), query.features())) {
    const Fingerprint item = at(image);
    if (!item.parts) continue;
    const auto shown = sallyport::find_part(registered_parts(*item.parts), query);
    if (shown && (!best || shown->inliers > best->shown.inliers)) best = PartOf{image, *shown};
  }
  return best;
}

bool FingerprintIndex::shows_other_vehicle(std::size_t image, const QueryCorners& query) const {
  const Fingerprint item = at(image);
  return item.parts && sallyport::shows_other_vehicle(registered_parts(*item.parts), query);
}

}  // namespace sallyport
