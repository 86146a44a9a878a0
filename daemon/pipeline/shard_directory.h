// How a shard reaches the others: an object that spans flows is decided by one shard and must be stopped on all.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <utility>

#include "daemon/base/mailbox.h"

namespace sallyport {

class Inspector;

/// Filled before the first packet, read-only afterwards: then any thread.
class ShardDirectory {
 public:
  void add(std::uint32_t shard, Mailbox& mailbox, Inspector& inspector) {
    shards_.insert_or_assign(shard, Entry{&mailbox, &inspector});
  }
  /// Runs `work` on the thread of `shard`, soon. Nothing happens for a shard that is not there.
  void post(std::uint32_t shard, std::function<void(Inspector&)> work) const {
    const auto found = shards_.find(shard);
    if (found == shards_.end()) return;
    Inspector* const inspector = found->second.inspector;
    found->second.mailbox->post([inspector, work = std::move(work)] { work(*inspector); });
  }

 private:
  struct Entry {
    Mailbox* mailbox;
    Inspector* inspector;
  };
  std::map<std::uint32_t, Entry> shards_;
};

}  // namespace sallyport
