#include "daemon/actions/hold_queue.h"

#include <algorithm>

#include "daemon/base/limits.h"

namespace sallyport {

bool HoldQueue::hold(const HoldRequest& request) {
  if (!has_room(request)) {
    stats_.refused.add();
    return false;
  }
  HeldFlow& flow = flows_[request.flow];
  flow.last_packet = std::max(flow.last_packet, request.now);
  const auto& holders = flow.directions[index_of(request.direction)].holders;
  const bool new_place = std::find(holders.begin(), holders.end(), request.transfer) == holders.end();
  if (new_place) add_holder(flow, request);
  add_place(request, new_place);
  update_gauges();
  return true;
}

bool HoldQueue::has_room(const HoldRequest& request) const {
  const auto found = flows_.find(request.flow);
  if (found == flows_.end()) return flows_.size() < config_.flows_max;
  const auto& holders = found->second.directions[index_of(request.direction)].holders;
  return holders.size() < limits::kHoldersPerDirection ||
         std::find(holders.begin(), holders.end(), request.transfer) != holders.end();
}

void HoldQueue::add_holder(HeldFlow& flow, const HoldRequest& request) {
  HeldDirection& direction = flow.directions[index_of(request.direction)];
  direction.holders.push_back(request.transfer);
  if (direction.holders.size() > 1) return;
  direction.position = request.position;
  direction.since = request.now;
  stats_.holds.add();
  control_.hold(request.flow, request.direction);
}

void HoldQueue::add_place(const HoldRequest& request, bool new_place) {
  const auto [found, is_new] = transfers_.try_emplace(request.transfer);
  HeldTransfer& transfer = found->second;
  if (new_place) transfer.places.emplace_back(request.flow, request.direction);
  transfer.more_may_follow = request.more_may_follow;
  transfer.more_may_follow ? void(awaiting_silence_.insert(request.transfer))
                           : void(awaiting_silence_.erase(request.transfer));
  if (!is_new && transfer.deadline <= request.deadline) return;
  const bool told = !is_new && deadlines_.erase({transfer.deadline, request.transfer}) == 0;
  transfer.deadline = request.deadline;
  if (!told) deadlines_.emplace(request.deadline, request.transfer);
}

void HoldQueue::touch(FlowId flow, Timestamp now) {
  if (flows_.empty()) return;
  const auto found = flows_.find(flow);
  if (found != flows_.end()) found->second.last_packet = std::max(found->second.last_packet, now);
}

void HoldQueue::settle(TransferId transfer) {
  const auto found = transfers_.find(transfer);
  if (found == transfers_.end()) return;
  const auto places = std::move(found->second.places);
  erase_transfer(transfer);
  for (const auto& [flow, direction] : places) leave(transfer, flow, direction);
  update_gauges();
}

void HoldQueue::leave(TransferId transfer, FlowId flow, Direction direction) {
  const auto found = flows_.find(flow);
  if (found == flows_.end()) return;
  auto& directions = found->second.directions;
  auto& holders = directions[index_of(direction)].holders;
  std::erase(holders, transfer);
  if (!holders.empty()) return;
  if (directions[index_of(opposite(direction))].holders.empty()) flows_.erase(found);
  stats_.releases.add();
  control_.release(flow, direction);
}

void HoldQueue::forget(FlowId flow) {
  const auto found = flows_.find(flow);
  if (found == flows_.end()) return;
  for (const HeldDirection& direction : found->second.directions) {
    for (const TransferId holder : direction.holders) {
      const auto transfer = transfers_.find(holder);
      if (transfer == transfers_.end()) continue;
      std::erase_if(transfer->second.places, [&](const auto& place) { return place.first == flow; });
      if (transfer->second.places.empty()) erase_transfer(holder);
    }
  }
  flows_.erase(found);
  update_gauges();
}

void HoldQueue::erase_transfer(TransferId transfer) {
  const auto found = transfers_.find(transfer);
  deadlines_.erase({found->second.deadline, transfer});
  awaiting_silence_.erase(transfer);
  transfers_.erase(found);
}

std::vector<TransferId> HoldQueue::expired(Timestamp now) {
  std::vector<TransferId> result;
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    result.push_back(deadlines_.begin()->second);
    deadlines_.erase(deadlines_.begin());
  }
  stats_.deadlines_passed.add(result.size());
  return result;
}

std::vector<TransferId> HoldQueue::quiet(Timestamp now) {
  std::vector<TransferId> result;
  for (const TransferId id : awaiting_silence_) {
    HeldTransfer& transfer = transfers_.at(id);
    const Timestamp last = last_packet(transfer);
    if (now - last < config_.settle_time || transfer.told_quiet_since == last) continue;
    transfer.told_quiet_since = last;
    result.push_back(id);
  }
  stats_.quiet_transfers.add(result.size());
  return result;
}

Timestamp HoldQueue::last_packet(const HeldTransfer& transfer) const {
  Timestamp last;
  for (const auto& place : transfer.places) last = std::max(last, flows_.at(place.first).last_packet);
  return last;
}

std::vector<TransferId> HoldQueue::holders(FlowId flow, Direction direction) const {
  const auto found = flows_.find(flow);
  if (found == flows_.end()) return {};
  return found->second.directions[index_of(direction)].holders;
}

bool HoldQueue::is_held(FlowId flow, Direction direction) const {
  return held_since(flow, direction).has_value();
}

std::optional<Timestamp> HoldQueue::held_since(FlowId flow, Direction direction) const {
  const auto found = flows_.find(flow);
  if (found == flows_.end()) return std::nullopt;
  const HeldDirection& held = found->second.directions[index_of(direction)];
  if (held.holders.empty()) return std::nullopt;
  return held.since;
}

TcpPosition HoldQueue::position(FlowId flow, TcpPosition now) const {
  const auto found = flows_.find(flow);
  if (found == flows_.end()) return now;
  for (std::size_t i = 0; i < 2; ++i) {
    const HeldDirection& held = found->second.directions[i];
    if (held.holders.empty()) continue;
    now.next_sequence[i] = held.position.next_sequence[i];
    now.known[i] = held.position.known[i];
  }
  return now;
}

void HoldQueue::update_gauges() {
  stats_.flows_held_now.set(flows_.size());
  stats_.transfers_held_now.set(transfers_.size());
}

}  // namespace sallyport
