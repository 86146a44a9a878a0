#include "daemon/transfer/object_assembly.h"

#include <algorithm>
#include <array>

#include "daemon/base/limits.h"
#include "daemon/contract/content_signs.h"
#include "daemon/transfer/content_sniffer.h"

namespace sallyport {
namespace {

/// Bytes taken from the spool at once to be hashed.
constexpr std::size_t kHashPieceBytes = 16384;
/// What a run of seen bytes costs: its node, and the parts of two memfd pages around it.
constexpr std::uint64_t kRunNodeBytes = 64;
constexpr std::uint64_t kRunPageBytes = 8192;

Bytes part(Bytes bytes, ByteRange of, ByteRange wanted) {
  return bytes.subspan(static_cast<std::size_t>(wanted.begin - of.begin), static_cast<std::size_t>(wanted.size()));
}

}  // namespace

ObjectAssembly::ObjectAssembly(Interest interest, const TransferConfig& config)
    : config_(&config), first_interest_(interest), interest_(interest), spool_(config.memory_bytes_per_object) {}

void ObjectAssembly::start(Interest interest) {
  first_interest_ = interest;
  want(interest);
}

bool ObjectAssembly::chunk(std::uint64_t offset, Bytes bytes) {
  if (bytes.empty() || !admit(offset, bytes.size())) return false;
  const ByteRange range{offset, offset + bytes.size()};
  if (interest_ < Interest::kDigest) {
    account_only(range);
    return false;
  }
  highest_ = std::max(highest_, range.end);
  if (keeps_content() && range.end > config_->object_bytes_max) drop_content(NotInspected::kTooLarge);
  const ContentType before = content_;
  const bool next_in_order = offset == hashed_to_ && seen_.total() == hashed_to_ && digests() && !stale_;
  if (!next_in_order) {
    take_general(range, bytes);
  } else {
    seen_.add(range);
    if (keeps_content()) store(offset, bytes);
    consume(bytes);
  }
  return content_ != before;
}

bool ObjectAssembly::admit(std::uint64_t offset, std::uint64_t size) {
  const bool fits = offset <= limits::kObjectOffsetMax && size <= limits::kObjectOffsetMax - offset;
  if (fits && (seen_.count() < limits::kSeenRunsMax || seen_.contiguous_end() == offset)) return true;
  lose_digest(fits ? NotInspected::kOverBudget : NotInspected::kTooLarge);
  return false;
}

void ObjectAssembly::account_only(ByteRange range) {
  highest_ = std::max(highest_, range.end);
  const std::uint64_t again = range.size() - seen_.add(range);
  repeated_ += again;
  // The type was judged by bytes that these may replace; an object that never was of interest stays so.
  if (again > 0 && first_interest_ >= Interest::kDigest) note(NotInspected::kOverBudget);
}

void ObjectAssembly::pass(std::uint64_t offset, std::uint64_t size) {
  if (size == 0 || !admit(offset, size)) return;
  if (interest_ >= Interest::kDigest) {
    passed_ = true;
    lose_digest(NotInspected::kGap);
  }
  account_only({offset, offset + size});
}

// Bytes that are out of order, come again, or meet an object whose digest is stale or lost.
void ObjectAssembly::take_general(ByteRange range, Bytes bytes) {
  std::uint64_t position = range.begin;
  for (const ByteRange& hole : seen_.missing(range, limits::kSeenRunsMax + 1)) {
    if (position < hole.begin) meet_again({position, hole.begin}, part(bytes, range, {position, hole.begin}));
    position = hole.end;
  }
  if (position < range.end) meet_again({position, range.end}, part(bytes, range, {position, range.end}));
  seen_.add(range);
  if (keeps_content()) {
    store(range.begin, bytes);
  } else if (digests() && range.end > hashed_to_) {
    take_ahead(range, bytes);
  }
  catch_up();
}

// Without content: what is next in order is hashed where it lies, though later bytes wait in the spool. They are older,
// so where both have the same place these win.
void ObjectAssembly::take_ahead(ByteRange range, Bytes bytes) {
  const ByteRange ahead{std::max(range.begin, hashed_to_), range.end};
  const Bytes news = part(bytes, range, ahead);
  if (ahead.begin > hashed_to_) return store(ahead.begin, news);
  consume(news);
  if (hashed_to_ >= spool_.size()) spool_.clear();
}

// `range` was wholly seen before. Whoever writes last wins, as on the receiver's disk.
void ObjectAssembly::meet_again(ByteRange range, Bytes bytes) {
  repeated_ += range.size();
  if (passed_ || (digest_lost_ && !keeps_content())) return;
  const ByteRange kept{keeps_content() ? range.begin : std::clamp(hashed_to_, range.begin, range.end), range.end};
  const std::uint64_t different = kept.size() == 0 ? 0 : spool_.count_different(kept.begin, part(bytes, range, kept));
  conflicting_ += different;
  if (keeps_content() && different > 0 && range.begin < hashed_to_) {
    stale_ = true;
    image_end_.reset();
  }
  if (keeps_content() || range.begin >= hashed_to_) return;
  const ByteRange hashed{range.begin, std::min(range.end, hashed_to_)};
  if (repeats_beginning(hashed, part(bytes, range, hashed))) return;
  is_deferred() ? rewrite_beginning(hashed, part(bytes, range, hashed)) : lose_digest(NotInspected::kOverBudget);
}

// All that came in order is still here, so the digest can wait, and nothing is lost by a rewriting.
bool ObjectAssembly::is_deferred() const {
  return !keeps_content() && !hash_ && hashed_to_ == beginning_.size();
}

void ObjectAssembly::rewrite_beginning(ByteRange range, Bytes bytes) {
  std::byte* const to = beginning_.data() + range.begin;
  for (std::size_t i = 0; i < bytes.size(); ++i) conflicting_ += to[i] != bytes[i];
  std::copy(bytes.begin(), bytes.end(), to);
  if (range.begin < kIsoSniffBytes) sniff_again();
}

void ObjectAssembly::sniff_again() {
  content_ = ContentType::kUnknown;
  head_ = ByteBuffer();
  sniff(beginning_);
}

void ObjectAssembly::begin_hash() {
  hash_.emplace();
  read_final(beginning_);
}

void ObjectAssembly::read_final(Bytes bytes) {
  hash_->update(bytes);
  if (search_) search_->push(bytes);
}

bool ObjectAssembly::repeats_beginning(ByteRange range, Bytes bytes) const {
  if (range.end > beginning_.size()) return false;
  return std::equal(bytes.begin(), bytes.end(), beginning_.begin() + static_cast<std::ptrdiff_t>(range.begin));
}

void ObjectAssembly::store(std::uint64_t offset, Bytes bytes) {
  if (!spool_.write(offset, bytes)) {
    drop_content(NotInspected::kOverBudget);
    return lose_digest(NotInspected::kOverBudget);
  }
  if (!keeps_content() && seen_.total() - std::min(hashed_to_, seen_.total()) > config_->object_bytes_max) {
    lose_digest(NotInspected::kTooLarge);
  }
}

// Hashes what waited in the spool and is in order now.
void ObjectAssembly::catch_up() {
  const std::uint64_t in_order = seen_.contiguous_end();
  if (!digests() || stale_ || in_order <= hashed_to_) return;
  std::array<std::byte, kHashPieceBytes> buffer;
  while (hashed_to_ < in_order) {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), in_order - hashed_to_));
    const std::span<std::byte> piece = std::span(buffer).first(size);
    if (!spool_.read(hashed_to_, piece)) return lose_digest(NotInspected::kOverBudget);
    consume(piece);
  }
  if (!keeps_content()) spool_.discard_before(hashed_to_);
}

// The next bytes in order, whatever way they came.
void ObjectAssembly::consume(Bytes bytes) {
  const bool can_wait = is_deferred() && hashed_to_ + bytes.size() <= limits::kRereadBytes;
  if (!hash_ && !can_wait) begin_hash();
  if (hash_) read_final(bytes);
  if (!keeps_content() && hashed_to_ == beginning_.size() && hashed_to_ < limits::kRereadBytes) {
    append(beginning_, prefix(bytes, limits::kRereadBytes - beginning_.size()));
  }
  hashed_to_ += bytes.size();
  if (content_ == ContentType::kUnknown) return sniff(bytes);
  if (image_end_) image_end_->feed(bytes);
}

void ObjectAssembly::sniff(Bytes next) {
  const std::size_t looked_at = head_.size();
  append(head_, prefix(next, kIsoSniffBytes - looked_at));
  if (looked_at >= limits::kSniffBytes && head_.size() < kIsoSniffBytes) return;  // nothing is told in between
  content_ = sniff_content(head_, false);
  if (content_ == ContentType::kUnknown) return;
  if (keeps_content() && is_image(content_)) {
    image_end_.emplace(content_);
    image_end_->feed(head_);
    image_end_->feed(next.subspan(head_.size() - looked_at));
  }
  head_ = ByteBuffer();
}

void ObjectAssembly::lose(ByteRange range, NotInspected reason) {
  if (seen_.remove(range) == 0) return;
  // Each loss may cut a run in two.
  if (seen_.count() > limits::kSeenRunsMax) seen_.truncate(range.begin);
  if (interest_ < Interest::kDigest || range.begin >= hashed_to_) return;
  stale_ = true;
  image_end_.reset();
  if (!keeps_content()) lose_digest(reason);
}

bool ObjectAssembly::resize(std::uint64_t size) {
  if (size >= highest_) return false;
  seen_.truncate(size);
  highest_ = size;
  if (size == 0) {
    start_anew();
    return true;
  }
  if (interest_ < Interest::kDigest) {
    if (first_interest_ >= Interest::kDigest) note(NotInspected::kOverBudget);
    return false;
  }
  if (size < hashed_to_ && is_deferred()) {
    beginning_.resize(static_cast<std::size_t>(size));
    hashed_to_ = size;
    if (size < kIsoSniffBytes) sniff_again();
  } else if (size < hashed_to_) {
    stale_ = true;
    image_end_.reset();
    if (!keeps_content()) lose_digest(NotInspected::kOverBudget);
  }
  if (!spool_.truncate(size)) give_up_bytes(NotInspected::kOverBudget);
  return false;
}

void ObjectAssembly::start_anew() {
  spool_.clear();
  hash_.reset();
  hashed_to_ = 0;
  beginning_ = ByteBuffer();
  digest_lost_ = stale_ = passed_ = false;
  content_ = ContentType::kUnknown;
  head_ = ByteBuffer();
  image_end_.reset();
  if (search_) search_->restart();
}

void ObjectAssembly::want(Interest interest) {
  if (interest > interest_) {
    if (seen_.total() == 0) interest_ = interest;
    return;
  }
  if (keeps_content() && interest < Interest::kContent) stop_keeping();
  if (interest < Interest::kDigest) {
    spool_.clear();
    hash_.reset();
    head_ = ByteBuffer();
    beginning_ = ByteBuffer();
    search_.reset();
  }
  interest_ = interest;
}

void ObjectAssembly::give_up_bytes(NotInspected reason) {
  if (searches()) {
    note(reason);
    search_->finish(reason);
  }
  if (is_deferred() && hashed_to_ > 0) begin_hash();
  beginning_ = ByteBuffer();
  if (spool_.size() == 0) return;
  drop_content(reason);
  if (spool_.size() > 0) lose_digest(reason);
}

void ObjectAssembly::drop_content(NotInspected reason) {
  if (!keeps_to_compare_) note(reason);
  if (keeps_content()) stop_keeping();
}

// From content to digest: what was hashed can go, what is ahead of its turn still has to wait.
void ObjectAssembly::stop_keeping() {
  interest_ = Interest::kDigest;
  image_end_.reset();
  if (stale_ || digest_lost_) return lose_digest(NotInspected::kOverBudget);
  spool_.discard_before(hashed_to_);
  if (hashed_to_ >= spool_.size()) spool_.clear();
}

void ObjectAssembly::lose_digest(NotInspected reason) {
  note(reason);
  digest_lost_ = true;
  beginning_ = ByteBuffer();
  if (!keeps_content()) spool_.clear();
}

void ObjectAssembly::note(NotInspected reason) {
  if (!not_inspected_) not_inspected_ = reason;
}

bool ObjectAssembly::settle_type(bool complete) {
  if (interest_ < Interest::kDigest) return false;
  const ContentType before = content_;
  if (keeps_content() && !passed_ && (stale_ || digest_lost_) && seen_.contiguous_end() > 0) {
    ByteBuffer first(static_cast<std::size_t>(std::min<std::uint64_t>(seen_.contiguous_end(), kIsoSniffBytes)));
    if (spool_.read(0, first)) content_ = sniff_content(first, true);
  } else if (content_ == ContentType::kUnknown && (!head_.empty() || (complete && highest_ == 0))) {
    content_ = sniff_content(head_, true);
  }
  return content_ != before;
}

ObjectAssembly::Whole ObjectAssembly::finish(bool complete, std::uint64_t size) {
  Whole whole;
  bool again = false;
  const bool running = complete && digests() && !stale_ && hashed_to_ == size;
  if (running) whole.sha256 = hash_ ? hash_->finish() : Sha256::of(beginning_);
  if (keeps_content()) {
    whole.bytes = spool_.seal();
    again = complete && stale_ && digests() && whole.bytes && whole.bytes->bytes().size() == size;
    if (again) whole.sha256 = Sha256::of(whole.bytes->bytes());
    if (!whole.bytes && highest_ > 0) note(NotInspected::kOverBudget);
  }
  if (search_) {
    search_rest(whole, again);
    end_search(complete);
  }
  spool_.clear();
  hash_.reset();
  head_ = ByteBuffer();
  beginning_ = ByteBuffer();
  return whole;
}

/// `again`: the bytes that were read are not those of the end.
void ObjectAssembly::search_rest(const Whole& whole, bool again) {
  if (again) {
    search_->restart();
    search_->push(whole.bytes->bytes());
  } else if (!hash_) {
    search_->push(beginning_);
  }
}

void ObjectAssembly::end_search(bool complete) {
  search_->finish(complete ? std::nullopt : std::optional(not_inspected_.value_or(NotInspected::kGap)));
}

void ObjectAssembly::search_whole(embedded::ScanOptions options, Bytes bytes, bool complete) {
  search_inside(options);
  search_->push(bytes);
  end_search(complete);
}

std::shared_ptr<const ObjectBytes> ObjectAssembly::snapshot() const {
  return keeps_content() && !passed_ ? spool_.copy(seen_.contiguous_end()) : nullptr;
}

bool ObjectAssembly::read(std::uint64_t offset, std::span<std::byte> into) const {
  return keeps_content() && !passed_ && spool_.read(offset, into);
}

std::optional<std::uint64_t> ObjectAssembly::image_end() const {
  return image_end_ ? image_end_->end() : std::nullopt;
}

bool ObjectAssembly::has_same(std::uint64_t offset, Bytes bytes) const {
  if (!keeps_content() || passed_ || !seen_.covers({offset, offset + bytes.size()})) return false;
  return spool_.count_different(offset, bytes) == 0;
}

std::uint64_t ObjectAssembly::footprint() const {
  const std::uint64_t runs = (seen_.count() > 1 ? seen_.count() * kRunNodeBytes : 0) + beginning_.capacity() +
                             (search_ ? search_->footprint() : 0);
  if (spool_.size() == 0) return runs;
  if (spool_.in_memory()) return runs + spool_.memory_bytes();
  const std::uint64_t written = keeps_content() ? seen_.total() : seen_.total() - std::min(hashed_to_, seen_.total());
  return runs + std::min(spool_.size(), written + seen_.count() * kRunPageBytes);
}

}  // namespace sallyport
