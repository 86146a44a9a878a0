#include "daemon/net/ip_defrag.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "daemon/base/limits.h"

namespace sallyport {
namespace {

struct Overlap {
  bool any = false;
  bool differs = false;
};

Overlap compare(std::uint32_t left_at, Bytes left, std::uint32_t right_at, Bytes right) {
  const std::uint64_t begin = std::max(left_at, right_at);
  const std::uint64_t end = std::min(left_at + std::uint64_t{left.size()}, right_at + std::uint64_t{right.size()});
  if (begin >= end) return {};
  return {true, !std::ranges::equal(left.subspan(begin - left_at, end - begin),
                                    right.subspan(begin - right_at, end - begin))};
}

}  // namespace

std::optional<IpPacket> IpDefragmenter::add(const IpPacket& fragment, Timestamp now, std::uint32_t path) {
  stats_.fragments.add();
  second_.clear();
  has_refused_ = false;
  if (fragment.missing > 0 || fragment.payload.empty()) {
    stats_.fragments_malformed.add();
    return std::nullopt;
  }
  const Key key{fragment.source,
                fragment.destination,
                fragment.identification,
                path,
                fragment.is_v4 ? fragment.protocol : std::uint8_t{0},
                fragment.is_v4};
  const auto entry = find_or_begin(key, now);
  Datagram& datagram = entry->second;
  if (datagram.spoilt) return std::nullopt;
  if (!fits(datagram, fragment)) {
    stats_.fragments_malformed.add();
    refuse(datagram);
    return std::nullopt;
  }
  if (!insert(datagram, fragment)) {
    count_overlap(datagram);
    refuse(datagram);
    return std::nullopt;
  }
  if (!fragment.more_fragments) {
    datagram.size = fragment.fragment_offset + static_cast<std::uint32_t>(fragment.payload.size());
  }
  if (datagram.size && datagram.have == *datagram.size) return finish(entry, fragment);
  shrink();
  return std::nullopt;
}

IpDefragmenter::Table::iterator IpDefragmenter::find_or_begin(const Key& key, Timestamp now) {
  const auto [entry, fresh] = table_.try_emplace(key);
  if (!fresh) return entry;
  ages_.push_back(key);
  entry->second.age = std::prev(ages_.end());
  entry->second.begun = now;
  charge(entry->second, sizeof(Datagram) + limits::kPieceOverheadBytes);
  return entry;
}

// The rules that hold whatever came before: sizes in units of eight, one end, nothing behind it.
bool IpDefragmenter::fits(const Datagram& datagram, const IpPacket& fragment) {
  const std::uint64_t end = std::uint64_t{fragment.fragment_offset} + fragment.payload.size();
  if (end > limits::kIpDatagramBytesMax) return false;
  if (fragment.more_fragments) return fragment.payload.size() % 8 == 0 && (!datagram.size || end <= *datagram.size);
  if (datagram.size) return end == *datagram.size;
  const auto last = datagram.pieces.rbegin();
  return last == datagram.pieces.rend() || last->first + last->second.size() <= end;
}

void IpDefragmenter::refuse(Datagram& datagram) {
  if (!refuses_conflicts_) return spoil(datagram);
  has_refused_ = true;
  stats_.fragments_refused.add();
  shrink();
}

void IpDefragmenter::count_overlap(Datagram& datagram) {
  if (!std::exchange(datagram.overlaps, true)) stats_.fragment_overlaps.add();
}

bool IpDefragmenter::insert(Datagram& datagram, const IpPacket& fragment) {
  if (fragment.fragment_offset == 0) datagram.protocol = fragment.protocol;
  const auto same = datagram.pieces.find(fragment.fragment_offset);
  if (same != datagram.pieces.end() && std::ranges::equal(same->second, fragment.payload)) return true;
  return place_beside(datagram, fragment);
}

// Puts in what is not there yet. False where it overlaps in a way that spoils the datagram, or is refused.
bool IpDefragmenter::place_beside(Datagram& datagram, const IpPacket& fragment) {
  std::uint32_t at = fragment.fragment_offset;
  Bytes rest = fragment.payload;
  auto next = datagram.pieces.upper_bound(at);
  if (next != datagram.pieces.begin()) --next;
  std::map<std::uint32_t, Bytes> fresh;
  bool differs = false;
  for (; next != datagram.pieces.end() && !rest.empty(); ++next) {
    const std::uint32_t piece_end = next->first + static_cast<std::uint32_t>(next->second.size());
    const Overlap overlap = compare(at, rest, next->first, next->second);
    differs |= overlap.differs;
    if (overlap.any && !fragment.is_v4) return false;
    if (!overlap.any && piece_end <= at) continue;
    if (next->first > at) fresh.emplace(at, prefix(rest, next->first - at));
    const std::size_t step = std::min<std::size_t>(piece_end - at, rest.size());
    rest = rest.subspan(step);
    at += static_cast<std::uint32_t>(step);
  }
  if (differs) {
    count_overlap(datagram);
    const bool kept = keep_other(datagram, fragment);
    if (!kept || refuses_conflicts_) return false;
  }
  if (!rest.empty()) fresh.emplace(at, rest);
  for (const auto& [offset, bytes] : fresh) place(datagram, offset, bytes);
  return true;
}

bool IpDefragmenter::keep_other(Datagram& datagram, const IpPacket& fragment) {
  if (datagram.others.size() == limits::kFragmentReadingsMax) return false;
  datagram.others.emplace_back(fragment.fragment_offset, ByteBuffer(fragment.payload.begin(), fragment.payload.end()));
  charge(datagram, fragment.payload.size() + limits::kPieceOverheadBytes);
  return true;
}

void IpDefragmenter::place(Datagram& datagram, std::uint32_t offset, Bytes bytes) {
  datagram.pieces.emplace(offset, ByteBuffer(bytes.begin(), bytes.end()));
  datagram.have += static_cast<std::uint32_t>(bytes.size());
  charge(datagram, bytes.size() + limits::kPieceOverheadBytes);
}

IpPacket IpDefragmenter::finish(Table::iterator entry, const IpPacket& last) {
  IpPacket packet = last;
  whole_.clear();
  for (const auto& [offset, bytes] : entry->second.pieces) append(whole_, bytes);
  if (!entry->second.others.empty()) second_ = whole_;
  for (const auto& [offset, bytes] : entry->second.others) {
    // One that was refused may reach behind the end.
    if (offset >= second_.size()) continue;
    std::ranges::copy(prefix(bytes, second_.size() - offset), second_.begin() + static_cast<std::ptrdiff_t>(offset));
  }
  packet.payload = whole_;
  packet.protocol = entry->second.protocol;
  packet.is_fragment = false;
  packet.more_fragments = false;
  packet.fragment_offset = 0;
  erase(entry);
  stats_.datagrams_reassembled.add();
  return packet;
}

void IpDefragmenter::expire(Timestamp now) {
  while (!ages_.empty()) {
    const auto entry = table_.find(ages_.front());
    if (entry->second.begun + config_.timeout > now) return;
    stats_.datagrams_timed_out.add();
    erase(entry);
  }
}

void IpDefragmenter::shrink() {
  while (bytes_ > config_.bytes_max && !ages_.empty()) {
    stats_.datagrams_evicted.add();
    erase(table_.find(ages_.front()));
  }
}

void IpDefragmenter::spoil(Datagram& datagram) {
  datagram.spoilt = true;
  datagram.pieces.clear();
  datagram.others.clear();
  bytes_ -= datagram.charge;
  datagram.charge = 0;
  charge(datagram, sizeof(Datagram) + limits::kPieceOverheadBytes);
  shrink();
}

void IpDefragmenter::erase(Table::iterator entry) {
  bytes_ -= entry->second.charge;
  ages_.erase(entry->second.age);
  table_.erase(entry);
}

void IpDefragmenter::charge(Datagram& datagram, std::size_t size) {
  datagram.charge += size;
  bytes_ += size;
}

}  // namespace sallyport
