#include "daemon/worker/unpack/unpack_budget.h"

#include <algorithm>
#include <utility>

#include "daemon/base/limits.h"

namespace sallyport {

UnpackBudget::UnpackBudget(std::uint64_t object_bytes, std::function<bool()> is_late) : is_late_(std::move(is_late)) {
  const std::uint64_t by_ratio = limits::kUnpackedBytesFree + limits::kUnpackedRatioMax * object_bytes;
  bounded_by_ratio_ = by_ratio < limits::kUnpackedBytesMax;
  bytes_max_ = std::min(by_ratio, limits::kUnpackedBytesMax);
}

bool UnpackBudget::add_member() {
  if (++members_ > limits::kContainerMembersMax) spend(NotInspected::kContainerLimit);
  return !is_late() && !spent_;
}

bool UnpackBudget::add_bytes(std::size_t size) {
  unpacked_ += size;
  if (unpacked_ > bytes_max_) spend(bounded_by_ratio_ ? NotInspected::kExpansionLimit : NotInspected::kContainerLimit);
  return !is_late() && !spent_;
}

bool UnpackBudget::hold(std::size_t size) {
  if (size > limits::kMembersHeldBytesMax - held_) return false;
  held_ += size;
  return true;
}

bool UnpackBudget::is_late() {
  if (is_late_()) spend(NotInspected::kDeadline);
  return spent_ == NotInspected::kDeadline;
}

void UnpackBudget::spend(NotInspected reason) {
  if (!spent_) spent_ = reason;
}

bool MemberBuffer::admit(std::uint64_t size) {
  if (full_) return false;
  const bool fits = size <= limits::kMemberBytesMax - bytes_.size();
  full_ = !fits || !budget_.add_bytes(static_cast<std::size_t>(size)) || !budget_.hold(static_cast<std::size_t>(size));
  return !full_;
}

void MemberBuffer::take(MemberBuffer& other) {
  std::swap(bytes_, other.bytes_);
  std::swap(full_, other.full_);
}

bool MemberBuffer::append(Bytes piece) {
  if (!admit(piece.size())) return false;
  sallyport::append(bytes_, piece);
  return true;
}

bool MemberBuffer::append_zeros(std::uint64_t size) {
  if (!admit(size)) return false;
  bytes_.resize(bytes_.size() + static_cast<std::size_t>(size));
  return true;
}

}  // namespace sallyport
