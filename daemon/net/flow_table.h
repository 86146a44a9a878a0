// Five-tuple -> flow, and flow id -> flow, both in constant time.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "daemon/net/flow_entry.h"
#include "daemon/net/flow_key.h"

namespace sallyport {

/// Open addressing with linear probing over a keyed hash; entries never move. All cells are made at construction, so
/// that no packet ever waits for a rehash. A FlowId holds shard (8 bits), how often its slot was used (36) and slot
/// (20): it is never given out again. One thread.
class FlowTable {
 public:
  /// `flows_max` is cut to limits::kFlowsPerShardMax and is at least one.
  FlowTable(std::size_t flows_max, std::uint8_t shard, const HashSecret& secret);

  FlowEntry* find(const FlowKey& key) const;
  FlowEntry* find(FlowId id) const;
  /// A fresh entry with flow.id set, and the key's lower end as its client until the caller knows better (with
  /// client_is_low). The key must not be there and the table not full.
  FlowEntry& insert(const FlowKey& key);
  /// The entry must be in no list.
  void erase(FlowEntry& entry);

  std::size_t size() const { return size_; }
  bool full() const { return size_ == flows_max_; }

 private:
  struct Cell {
    std::uint32_t hash = 0;
    std::uint32_t slot_plus_one = 0;  // zero: free
  };
  struct Slot {
    FlowEntry entry;
    std::uint64_t uses = 0;
    bool used = false;
  };
  static constexpr std::size_t kSlotsPerBlock = 128;

  Slot& slot(std::uint32_t number) const { return blocks_[number / kSlotsPerBlock][number % kSlotsPerBlock]; }
  std::uint32_t take_slot();
  std::size_t cell_of(const FlowEntry& entry) const;
  void free_cell(std::size_t at);

  std::size_t flows_max_;
  std::uint8_t shard_;
  HashSecret secret_;
  std::size_t mask_;
  std::vector<Cell> cells_;
  std::vector<std::unique_ptr<Slot[]>> blocks_;
  std::vector<std::uint32_t> free_;
  std::size_t size_ = 0;
};

}  // namespace sallyport
