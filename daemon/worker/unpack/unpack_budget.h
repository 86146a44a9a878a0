// How much may be unpacked of one object. Whoever makes bytes out of fewer bytes asks here first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

#include "daemon/base/bytes.h"
#include "daemon/contract/not_inspected.h"

namespace sallyport {

/// One thread, one object. Limits: limits::kContainer..., kMember..., kUnpacked....
class UnpackBudget {
 public:
  /// `is_late` says that the time is over; it is asked at each member and each piece of one.
  UnpackBudget(std::uint64_t object_bytes, std::function<bool()> is_late);

  /// Counts one more member. False: unpacking ends here.
  bool add_member();
  /// Counts bytes that were unpacked. False: unpacking ends here.
  bool add_bytes(std::size_t size);
  /// Bytes of members that are in memory; false where these would be too many.
  bool hold(std::size_t size);
  void release(std::size_t size) { held_ -= size; }
  /// True when the time is over; unpacking ends then.
  bool is_late();
  /// Why unpacking has ended; it stays ended.
  std::optional<NotInspected> spent() const { return spent_; }
  void spend(NotInspected reason);

 private:
  std::uint64_t bytes_max_;
  bool bounded_by_ratio_;
  std::function<bool()> is_late_;
  std::size_t members_ = 0;
  std::uint64_t unpacked_ = 0;
  std::size_t held_ = 0;
  std::optional<NotInspected> spent_;
};

/// The bytes of one member as they are unpacked. The budget outlives it.
class MemberBuffer {
 public:
  explicit MemberBuffer(UnpackBudget& budget) : budget_(budget) {}
  ~MemberBuffer() { budget_.release(bytes_.size()); }
  MemberBuffer(const MemberBuffer&) = delete;
  MemberBuffer& operator=(const MemberBuffer&) = delete;

  /// False: the member is larger than may be held, or the budget is spent; what came before stays.
  bool append(Bytes piece);
  /// `size` zeros, for the holes of sparse files.
  bool append_zeros(std::uint64_t size);
  /// Takes over what another buffer of the same budget holds, in place of its own.
  void take(MemberBuffer& other);
  Bytes bytes() const { return bytes_; }
  std::size_t size() const { return bytes_.size(); }
  /// append() has refused.
  bool is_full() const { return full_; }
  UnpackBudget& budget() { return budget_; }

 private:
  bool admit(std::uint64_t size);

  UnpackBudget& budget_;
  ByteBuffer bytes_;
  bool full_ = false;
};

}  // namespace sallyport
