#include "daemon/net/flow_table.h"

#include <algorithm>
#include <bit>

#include "daemon/base/check.h"
#include "daemon/base/limits.h"

namespace sallyport {
namespace {

constexpr unsigned kSlotBits = 20;
constexpr unsigned kUseBits = 36;
static_assert(limits::kFlowsPerShardMax == std::size_t{1} << kSlotBits);

}  // namespace

FlowTable::FlowTable(std::size_t flows_max, std::uint8_t shard, const HashSecret& secret)
    : flows_max_(std::clamp<std::size_t>(flows_max, 1, limits::kFlowsPerShardMax)),
      shard_(shard),
      secret_(secret),
      mask_(std::bit_ceil(flows_max_ * 2) - 1),
      cells_(mask_ + 1) {}

FlowEntry* FlowTable::find(const FlowKey& key) const {
  const auto hash = static_cast<std::uint32_t>(hash_of(key, secret_));
  for (std::size_t at = hash & mask_; cells_[at].slot_plus_one != 0; at = (at + 1) & mask_) {
    if (cells_[at].hash != hash) continue;
    FlowEntry& entry = slot(cells_[at].slot_plus_one - 1).entry;
    if (entry.tenant == key.tenant && entry.low() == key.low && entry.high() == key.high) return &entry;
  }
  return nullptr;
}

FlowEntry* FlowTable::find(FlowId id) const {
  const auto number = static_cast<std::uint32_t>(id.value & (limits::kFlowsPerShardMax - 1));
  if (number / kSlotsPerBlock >= blocks_.size()) return nullptr;
  Slot& found = slot(number);
  return found.used && found.entry.flow.id == id ? &found.entry : nullptr;
}

FlowEntry& FlowTable::insert(const FlowKey& key) {
  SALLYPORT_CHECK(!full());
  const std::uint32_t number = take_slot();
  Slot& taken = slot(number);
  ++taken.uses;
  taken.used = true;
  FlowEntry& entry = taken.entry;
  entry.flow.client = key.low;
  entry.flow.server = key.high;
  entry.client_is_low = true;
  entry.tenant = key.tenant;
  entry.slot = number;
  entry.hash = static_cast<std::uint32_t>(hash_of(key, secret_));
  const std::uint64_t uses = taken.uses & ((std::uint64_t{1} << kUseBits) - 1);
  entry.flow.id = FlowId{std::uint64_t{shard_} << (kSlotBits + kUseBits) | uses << kSlotBits | number};
  std::size_t at = entry.hash & mask_;
  while (cells_[at].slot_plus_one != 0) at = (at + 1) & mask_;
  cells_[at] = {entry.hash, number + 1};
  ++size_;
  return entry;
}

std::uint32_t FlowTable::take_slot() {
  if (free_.empty()) {
    const auto first = static_cast<std::uint32_t>(blocks_.size() * kSlotsPerBlock);
    blocks_.push_back(std::make_unique<Slot[]>(kSlotsPerBlock));
    for (std::uint32_t i = kSlotsPerBlock; i > 0; --i) free_.push_back(first + i - 1);
  }
  const std::uint32_t number = free_.back();
  free_.pop_back();
  return number;
}

void FlowTable::erase(FlowEntry& entry) {
  SALLYPORT_CHECK(!entry.idle_hook.linked() && !entry.memory_hook.linked() && !entry.hole_hook.linked());
  const std::uint32_t number = entry.slot;
  free_cell(cell_of(entry));
  entry = FlowEntry();
  slot(number).used = false;
  free_.push_back(number);
  --size_;
}

std::size_t FlowTable::cell_of(const FlowEntry& entry) const {
  std::size_t at = entry.hash & mask_;
  while (cells_[at].slot_plus_one != entry.slot + 1) at = (at + 1) & mask_;
  return at;
}

// Backward shift: what probed past the freed cell moves up, so that no deleted marks pile up.
void FlowTable::free_cell(std::size_t at) {
  std::size_t hole = at;
  for (std::size_t next = (at + 1) & mask_; cells_[next].slot_plus_one != 0; next = (next + 1) & mask_) {
    const std::size_t home = cells_[next].hash & mask_;
    if (((next - home) & mask_) < ((next - hole) & mask_)) continue;
    cells_[hole] = cells_[next];
    hole = next;
  }
  cells_[hole] = Cell();
}

}  // namespace sallyport
