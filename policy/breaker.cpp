#include "policy/breaker.h"

#include <algorithm>

#include "policy/values.h"

namespace sallyport::policy {

std::string to_text(const BreakerLimit& limit) {
  return "{blocks: " + std::to_string(limit.blocks) + ", within: " + duration_text(limit.within) + '}';
}

bool Breaker::note_block(Timestamp time) {
  const std::lock_guard lock(mutex_);
  if (demoted_since_) return false;
  const Timestamp oldest = time - limit_.within;
  std::erase_if(blocks_, [oldest](Timestamp block) { return block <= oldest; });
  if (blocks_.size() < limit_.blocks) {
    blocks_.insert(std::upper_bound(blocks_.begin(), blocks_.end(), time), time);
    return false;
  }
  demoted_since_ = time;
  blocks_.clear();
  return true;
}

std::optional<Timestamp> Breaker::demoted_since() const {
  const std::lock_guard lock(mutex_);
  return demoted_since_;
}

bool Breaker::rearm() {
  const std::lock_guard lock(mutex_);
  blocks_.clear();
  const bool was_demoted = demoted_since_.has_value();
  demoted_since_.reset();
  return was_demoted;
}

}  // namespace sallyport::policy
