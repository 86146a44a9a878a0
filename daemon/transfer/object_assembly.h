// The bytes of one object on their way from chunks to a whole: which came, what they hash to, what type they are, and
// the bytes themselves as far as they are wanted.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "daemon/base/bytes.h"
#include "daemon/base/sha256.h"
#include "daemon/contract/byte_ranges.h"
#include "daemon/contract/content_type.h"
#include "daemon/contract/image_end.h"
#include "daemon/contract/interest.h"
#include "daemon/contract/not_inspected.h"
#include "daemon/contract/object_bytes.h"
#include "daemon/transfer/embedded_search.h"
#include "daemon/transfer/spool.h"
#include "daemon/transfer/transfer_config.h"

namespace sallyport {

/// Not thread-safe; knows no names, flows or times. What it costs follows the interest:
///   kNone, kAccount  ranges only;
///   kDigest          bytes in order are hashed where they lie; only the first limits::kRereadBytes are copied, so that
///                    a header or a small file that comes again is seen to be the same, and a small file that is
///                    rewritten has a digest still. Bytes ahead of their turn wait in the spool;
///   kContent         the bytes stay in the spool until the end.
/// The digest is always that of the final bytes. Bytes that replace hashed ones are told from a repetition only where
/// bytes are kept: elsewhere such an object has no digest and is kOverBudget, since it cannot be known.
class ObjectAssembly {
 public:
  /// `config` lives as long as this.
  ObjectAssembly(Interest interest, const TransferConfig& config);

  /// True when the type became known or changed by this chunk.
  bool chunk(std::uint64_t offset, Bytes bytes);
  /// Seen, but not to be looked at.
  void pass(std::uint64_t offset, std::uint64_t size);
  /// What came there before was replaced by bytes that nobody saw.
  void lose(ByteRange range, NotInspected reason);
  /// True when the object starts anew (all its bytes went): the type is unknown again, and more may be wanted again.
  bool resize(std::uint64_t size);
  /// The interest to begin with; before any bytes that anybody decided about.
  void start(Interest interest);
  /// Content, if it is kept, is kept only so that bytes that come again can be compared: giving it up is no loss while
  /// the digest goes on.
  void keep_to_compare(bool only) { keeps_to_compare_ = only; }
  /// From now on images are looked for in the bytes, as they become final: from kDigest on, where the digest is.
  void search_inside(embedded::ScanOptions options) { search_ = std::make_unique<EmbeddedSearch>(options); }
  /// The same at the end, in bytes that were kept until now.
  void search_whole(embedded::ScanOptions options, Bytes bytes, bool complete);
  /// The interest from now on. Less frees bytes; more counts only while nothing was seen.
  void want(Interest interest);
  /// Frees what it keeps, if it keeps bytes or searches: the object cannot be inspected for `reason`.
  void give_up_bytes(NotInspected reason);

  struct Whole {
    std::optional<Sha256Digest> sha256;
    std::shared_ptr<const ObjectBytes> bytes;
  };
  /// No bytes will come: decides the type by what there is. True when it became known or changed.
  bool settle_type(bool complete);
  /// The result; the assembly holds no bytes afterwards. `complete`: [0, size) was seen and is the object.
  Whole finish(bool complete, std::uint64_t size);
  /// A copy of the bytes from 0 to the first hole; null where they are not kept.
  std::shared_ptr<const ObjectBytes> snapshot() const;

  /// Fills `into` with bytes that were seen; false where they are not kept, or the kernel refuses.
  [[nodiscard]] bool read(std::uint64_t offset, std::span<std::byte> into) const;

  /// Wants bytes that nobody else may want.
  bool searches() const { return search_ && !search_->idle(); }
  bool has_found() const { return search_ && search_->has_found(); }
  std::vector<FoundPiece> take_found() { return search_ ? search_->take() : std::vector<FoundPiece>(); }

  Interest interest() const { return interest_; }
  ContentType content() const { return content_; }
  const ByteRangeSet& seen() const { return seen_; }
  /// One past the highest byte seen.
  std::uint64_t highest() const { return highest_; }
  std::uint64_t repeated() const { return repeated_; }
  std::uint64_t conflicting() const { return conflicting_; }
  std::optional<NotInspected> not_inspected() const { return not_inspected_; }
  /// Whether these bytes are kept at that place; false where none are.
  bool has_same(std::uint64_t offset, Bytes bytes) const;
  /// Where the image ends by its own structure, once that byte was seen in order; only while content is kept.
  std::optional<std::uint64_t> image_end() const;
  /// Bytes of memory held, reckoned from above.
  std::uint64_t footprint() const;

 private:
  bool admit(std::uint64_t offset, std::uint64_t size);
  void account_only(ByteRange range);
  void take_general(ByteRange range, Bytes bytes);
  void take_ahead(ByteRange range, Bytes bytes);
  void meet_again(ByteRange range, Bytes bytes);
  bool is_deferred() const;
  void rewrite_beginning(ByteRange range, Bytes bytes);
  void begin_hash();
  void read_final(Bytes bytes);
  void search_rest(const Whole& whole, bool again);
  void end_search(bool complete);
  void sniff_again();
  bool repeats_beginning(ByteRange range, Bytes bytes) const;
  void store(std::uint64_t offset, Bytes bytes);
  void catch_up();
  void consume(Bytes bytes);
  void sniff(Bytes next);
  void start_anew();
  void stop_keeping();
  void drop_content(NotInspected reason);
  void lose_digest(NotInspected reason);
  void note(NotInspected reason);
  bool keeps_content() const { return interest_ == Interest::kContent; }
  bool digests() const { return interest_ >= Interest::kDigest && !digest_lost_; }

  const TransferConfig* config_;
  Interest first_interest_;
  Interest interest_;
  ByteRangeSet seen_;
  std::uint64_t highest_ = 0;
  std::uint64_t repeated_ = 0;
  std::uint64_t conflicting_ = 0;
  std::optional<NotInspected> not_inspected_;

  Spool spool_;
  std::optional<Sha256> hash_;
  std::uint64_t hashed_to_ = 0;
  bool keeps_to_compare_ = false;
  bool digest_lost_ = false;  // no digest can be had any more
  bool stale_ = false;        // kept bytes below hashed_to_ changed: hash again at the end
  bool passed_ = false;       // ranges were seen whose bytes nobody has

  ByteBuffer beginning_;  // below kContent: the first bytes hashed, to compare with when they come again
  ContentType content_ = ContentType::kUnknown;
  ByteBuffer head_;  // first bytes, until the type is known
  std::optional<ImageEnd> image_end_;
  std::unique_ptr<EmbeddedSearch> search_;
};

}  // namespace sallyport
