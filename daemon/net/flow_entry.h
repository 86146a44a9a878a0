// What net remembers of one flow.
#pragma once

#include <cstdint>
#include <optional>

#include "daemon/contract/flow.h"
#include "daemon/net/tcp_stream.h"

namespace sallyport {

struct FlowEntry;

/// A place in one intrusive list; an entry is in a list at most once.
struct ListHook {
  FlowEntry* previous = nullptr;  ///< the first entry names itself: null means "in no list"
  FlowEntry* next = nullptr;

  bool linked() const { return previous != nullptr; }
};

enum class FlowState : std::uint8_t {
  kEmbryonic,  ///< no handshake yet, or one-sided traffic that has not shown that it is more than a scan
  kEnding,     ///< a RST came, or both FINs: followed on, for anybody could have sent them
  kEstablished,
  kIgnored,  ///< nobody wants it: no buffers, no calls
  kClosed,   ///< a tombstone, for late packets
  kBlocked,  ///< a tombstone of our own making, for as long as peers retransmit
};
inline constexpr std::size_t kFlowStateCount = 6;

/// A SYN with another initial sequence number came on a live flow. A forged one changes nothing; a real one is
/// answered.
struct PendingReuse {
  std::uint32_t initial_sequence = 0;
  Direction direction = Direction::kClientToServer;
};

/// A gateway follows a million of these: whatever only some flows need is allocated when they need it.
struct FlowEntry {
  std::uint32_t slot = 0;  ///< of the table; stays for the entry's life
  std::uint32_t hash = 0;
  std::uint32_t tenant = 0;          ///< as in the FlowKey
  std::uint32_t path[2] = {0, 0};    ///< by side: the tags and tunnels its packets come through (NetworkPacket::path)
  std::uint32_t window[2] = {0, 0};  ///< bytes: the largest receive window that this side announced
  std::uint32_t reset_sequence = 0;  ///< of the latest RST
  std::uint32_t reset_taken = 0;     ///< what its sender could have acknowledged then
  std::optional<PendingReuse> reuse;
  std::optional<CloseReason> closing;              ///< close() was called while a call for the flow was running
  CloseReason closed_by = CloseReason::kFinished;  ///< or how it is going to end
  Direction reset_from = Direction::kClientToServer;
  FlowState state = FlowState::kEmbryonic;
  bool client_is_low = false;     ///< which end of the FlowKey opened the connection
  bool offers_multipath = false;  ///< the SYN did, and no SYN with ACK has answered yet
  bool established_once = false;
  bool quiet = false;                        ///< established, and silent for ReassemblyConfig::quiet_after
  std::uint8_t hop_limit[2] = {0, 0};        ///< by side: the highest so far (see note_hops); 0: no packet came
  std::uint8_t window_shift[2] = {0, 0};     ///< as offered; 14 where no handshake was seen
  std::uint8_t right_checksums[2] = {0, 0};  ///< by side, in a row, until TcpReassembler believes in them
  std::uint8_t data_packets = 0;             ///< with payload; stops counting at 255
  Flow flow;
  TcpStream streams[2];
  Timestamp last_seen[2];             ///< by side
  Timestamp active;                   ///< when a packet came last
  Timestamp hole_since;               ///< of the place in the list of holes
  std::uint64_t hole_at[2] = {0, 0};  ///< what the streams expected then
  std::size_t charged = 0;            ///< buffered bytes counted in the total

  ListHook idle_hook;    ///< in the list of its state, or of quiet ones, longest idle first
  ListHook memory_hook;  ///< while charged > 0, longest idle first
  ListHook hole_hook;    ///< while a stream has a hole, longest waiting first

  /// Whether a packet from this side came.
  bool seen(std::size_t side) const { return hop_limit[side] != 0; }
  const Endpoint& low() const { return client_is_low ? flow.client : flow.server; }
  const Endpoint& high() const { return client_is_low ? flow.server : flow.client; }
};

/// A doubly linked list through `Hook` of its entries; owns nothing.
template <ListHook FlowEntry::*Hook>
class FlowList {
 public:
  FlowEntry* front() const { return front_; }
  bool empty() const { return front_ == nullptr; }

  void push_back(FlowEntry& entry) {
    entry.*Hook = {back_ ? back_ : &entry, nullptr};
    (back_ ? (back_->*Hook).next : front_) = &entry;
    back_ = &entry;
  }
  /// Does nothing where the entry is in no list.
  void remove(FlowEntry& entry) {
    ListHook& hook = entry.*Hook;
    if (!hook.linked()) return;
    const bool is_front = front_ == &entry;
    (is_front ? front_ : (hook.previous->*Hook).next) = hook.next;
    if (hook.next) {
      (hook.next->*Hook).previous = is_front ? hook.next : hook.previous;
    } else {
      back_ = is_front ? nullptr : hook.previous;
    }
    hook = {};
  }
  void move_to_back(FlowEntry& entry) {
    if (back_ == &entry) return;
    remove(entry);
    push_back(entry);
  }

 private:
  FlowEntry* front_ = nullptr;
  FlowEntry* back_ = nullptr;
};

}  // namespace sallyport
