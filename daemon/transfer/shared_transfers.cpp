#include "daemon/transfer/shared_transfers.h"

#include <algorithm>

#include "daemon/base/limits.h"

namespace sallyport {

SharedTransfers::SlotPointer SharedTransfers::find_or_add(const std::string& key,
                                                          const std::function<SlotPointer()>& make) {
  const std::lock_guard lock(mutex_);
  SlotPointer& slot = running_[key];
  // One that has ended, and is about to be removed, makes room for the next of that name.
  if (!slot || slot->ended.load()) slot = make();
  return slot;
}

SharedTransfers::SlotPointer SharedTransfers::find(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = running_.find(key);
  return found == running_.end() || found->second->ended.load() ? nullptr : found->second;
}

void SharedTransfers::remove(const std::string& key, const TransferSlot& slot) {
  const std::lock_guard lock(mutex_);
  const auto found = running_.find(key);
  if (found != running_.end() && found->second.get() == &slot) running_.erase(found);
}

void SharedTransfers::add_part(const std::string& whole, Timestamp time) {
  const std::lock_guard lock(mutex_);
  Parts& parts = parts_[whole];
  ++parts.running;
  parts.last = std::max(parts.last, time);
}

void SharedTransfers::touch_part(const std::string& whole, Timestamp time) {
  const std::lock_guard lock(mutex_);
  const auto found = parts_.find(whole);
  if (found != parts_.end()) found->second.last = std::max(found->second.last, time);
}

void SharedTransfers::remove_part(const std::string& whole) {
  const std::lock_guard lock(mutex_);
  const auto found = parts_.find(whole);
  if (found != parts_.end() && --found->second.running == 0) parts_.erase(found);
}

Timestamp SharedTransfers::last_part(const std::string& whole) const {
  const std::lock_guard lock(mutex_);
  const auto found = parts_.find(whole);
  return found == parts_.end() ? Timestamp{} : found->second.last;
}

void SharedTransfers::note_lost_piece(const IpAddress& server, Timestamp time) {
  const std::lock_guard lock(mutex_);
  const auto found = lost_pieces_.find(server);
  if (found != lost_pieces_.end()) {
    found->second = std::max(found->second, time);
  } else if (lost_pieces_.size() < limits::kLostPieceServersMax) {
    lost_pieces_.emplace(server, time);
  } else {
    lost_piece_anywhere_ = std::max(lost_piece_anywhere_.value_or(time), time);
  }
}

std::optional<Timestamp> SharedTransfers::last_lost_piece(const IpAddress& server) const {
  const std::lock_guard lock(mutex_);
  const auto found = lost_pieces_.find(server);
  if (found == lost_pieces_.end()) return lost_piece_anywhere_;
  return std::max(found->second, lost_piece_anywhere_.value_or(found->second));
}

std::size_t SharedTransfers::size() const {
  const std::lock_guard lock(mutex_);
  return running_.size();
}

}  // namespace sallyport
