// The one place where transfers of several shards meet: SMB files over several channels, parallel ranges, resumed
// uploads. The fourth object that crosses threads, beside the worker pool, the policy snapshot and the event queue.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "daemon/base/time.h"
#include "daemon/transfer/transfer_record.h"

namespace sallyport {

/// Any thread. Its mutex is held for a look-up only, never while bytes are handled: each transfer has a mutex of its
/// own. Outlives every table that uses it, and those and their mailboxes live until all their threads have stopped. Its
/// size is bounded by the sum of the tables' open_transfers_max.
class SharedTransfers {
 public:
  using SlotPointer = std::shared_ptr<TransferSlot>;

  /// The running transfer with this key, or what `make` gives, which then runs under the key.
  SlotPointer find_or_add(const std::string& key, const std::function<SlotPointer()>& make);
  /// The running transfer with this key, or null.
  SlotPointer find(const std::string& key) const;
  /// Frees the key, if it is still that of `slot`.
  void remove(const std::string& key, const TransferSlot& slot);
  std::size_t size() const;

  /// Parts of an object that is yet to be composed (ObjectIdentity::whole): how many run, and when the last sign of one
  /// came.
  void add_part(const std::string& whole, Timestamp time);
  void touch_part(const std::string& whole, Timestamp time);
  void remove_part(const std::string& whole);
  /// Zero where no part of it runs.
  Timestamp last_part(const std::string& whole) const;

  /// A piece of an upload to `server` may have been lost (TransferSink::lost_piece), and when that was last so.
  void note_lost_piece(const IpAddress& server, Timestamp time);
  std::optional<Timestamp> last_lost_piece(const IpAddress& server) const;

 private:
  struct Parts {
    std::size_t running = 0;
    Timestamp last;
  };

  mutable std::mutex mutex_;
  std::unordered_map<std::string, SlotPointer> running_;  // guarded by mutex_
  std::unordered_map<std::string, Parts> parts_;          // guarded by mutex_; none without a running part
  std::unordered_map<IpAddress, Timestamp> lost_pieces_;  // by server, guarded by mutex_
  std::optional<Timestamp> lost_piece_anywhere_;          // of servers for which there was no room; guarded by mutex_
};

}  // namespace sallyport
