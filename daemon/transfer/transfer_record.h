// One transfer inside the transfer stage: its facts, its flows and its assembly. Shards meet here when an object spans
// flows.
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "daemon/contract/transfer.h"
#include "daemon/contract/transfer_sink.h"
#include "daemon/protocols/embedded/embedded_transfers.h"
#include "daemon/transfer/object_assembly.h"
#include "daemon/transfer/other_readings.h"

namespace sallyport {

class TransferTable;

/// A flow that brings, or brought, a part of a transfer.
struct TransferFlow {
  FlowId flow;
  std::uint32_t shard = 0;  ///< number of the table it came through
  bool open = true;         ///< it may bring more
};

/// A packet of one shard, so that bytes seen before it can be told from bytes it brought.
struct PacketNumber {
  std::uint32_t shard = 0;
  std::uint64_t number = 0;

  bool operator==(const PacketNumber&) const = default;
};

/// What is known of one transfer. Not thread-safe by itself: TransferSlot guards it.
class TransferRecord {
 public:
  TransferRecord(TransferId id, const ObjectIdentity& identity_of, const TransferFacts& facts, Timestamp time,
                 const TransferConfig& config);

  /// Takes over what was unknown (`replace` false) or what is given (true). True when a name, size or type changed.
  bool merge(const TransferFacts& facts, bool replace);
  /// Bytes of it go between these, too.
  void add_parties(const Parties& parties);
  /// `flow` brings bytes. True when it did not before.
  bool join(TransferFlow flow);
  void leave(FlowId flow);
  bool brings(FlowId flow) const;
  bool has_open_flows() const;
  bool has_open_flows_elsewhere(std::uint32_t shard) const;

  /// The first answer of whoever decides, and the later ones.
  void start(Interest interest);
  void want(Interest interest);
  /// Called before the bytes of a call are counted.
  void note_packet(PacketNumber packet, Timestamp time);
  void lose(std::uint64_t offset, std::uint64_t size, NotInspected reason);
  /// A reason that no longer counts once the object is complete.
  void lose(NotInspected reason);
  /// Nobody says where the bytes from here on belong: behind those before, if none of these was lost.
  void note_assumed_place(std::uint64_t offset);
  /// Pieces may be missing, nobody knows which; so what was put behind others has no place.
  void lose_pieces();
  /// A reason that stays.
  void note(NotInspected reason);
  void resize(std::uint64_t size);
  /// Bytes of memory, reckoned from above. Common names, and the first 4 KiB while the type is unknown, are bounded
  /// with the transfers and not counted.
  std::uint64_t footprint() const;
  /// Bytes of its names, where they are more than a few KiB; else zero.
  std::uint64_t long_names() const;
  PacketNumber last_packet() const { return packet_; }

  /// [0, size) was seen, and no size that the protocol gave speaks against it.
  bool covered() const;
  bool covers_declared_size() const { return state.facts.declared_size.has_value() && covered(); }
  /// It is whole, for this is its end: the protocol said so, or its size did, or it grows and nobody adds to it.
  bool is_whole() const;
  /// The running transfer must make room for one with the same key.
  bool gives_way_to(const ObjectIdentity& other, const TransferFacts& facts) const;
  /// All bytes so far are bytes of another object; what is said after this is said here.
  void note_composed() { composed_at_ = activity(); }
  /// What came so far was not in the packet that is being handled.
  void note_delivered() { seen_before_packet_ = assembly.seen().total(); }
  /// Brings `state` up to date, as seen while `packet` is handled.
  const Transfer& refresh(PacketNumber packet);
  /// The end: fixes `state` and gives the bytes.
  std::shared_ptr<const ObjectBytes> finish(bool complete, PacketNumber packet);

  Transfer state;
  ObjectAssembly assembly;
  OtherReadings others;
  std::vector<TransferFlow> flows;
  bool abandoned = false;
  bool withheld = false;    ///< its bytes are to be kept from the receiver until somebody has decided
  bool resumable;           ///< a flow may take it up again after the last one broke
  bool is_reading = false;  ///< made of another object and its other readings
  bool in_parts = false;    ///< some flow said that it brought a part
  bool replaced = false;    ///< another transfer has its key: nobody can add to it but the flows it has
  ObjectIdentity identity;
  /// Set while the transfer waits for its end; activity takes it back unless `ending`.
  std::optional<Timestamp> deadline;
  bool ending = false;  ///< the protocol said that this is all; only stragglers are waited for
  EndReason end_reason = EndReason::kConnectionClosed;

 private:
  std::uint64_t size() const;
  std::uint64_t activity() const { return assembly.seen().total() + assembly.repeated(); }
  Interest possible(Interest interest) const;
  void forget_a_flow();

  Interest wanted_ = Interest::kContent;  // by whoever decides; parts and pieces are kept beyond it
  std::optional<std::uint64_t> composed_at_;
  std::optional<NotInspected> noted_;  // holds whatever comes later
  std::optional<NotInspected> lost_;   // of a hole: gone once the hole is filled
  bool lost_unknown_size_ = false;
  std::uint64_t floor_ = 0;     // a size that the protocol set
  std::uint64_t hole_end_ = 0;  // one past the highest byte known to be lost
  std::optional<std::uint64_t> assumed_from_;
  PacketNumber packet_;
  std::uint64_t seen_before_packet_ = 0;
};

/// A record in its place: of one thread, or of several and then behind its mutex.
struct TransferSlot {
  TransferSlot(TransferTable& slot_owner, bool slot_spans_flows, TransferRecord slot_record)
      : owner(slot_owner), spans_flows(slot_spans_flows), record(std::move(slot_record)) {}

  /// Locks where other threads may come; free of cost where none can.
  std::unique_lock<std::mutex> guard() {
    return spans_flows ? std::unique_lock(mutex) : std::unique_lock<std::mutex>();
  }

  TransferTable& owner;  ///< whose thread makes all ObjectSink calls
  const bool spans_flows;
  std::atomic<bool> ended{false};
  std::atomic<std::uint64_t> charged{0};  ///< what it has taken of the owner's kept_bytes_max
  std::atomic<bool> tracked{false};       ///< the owner knows that it keeps bytes

  std::mutex mutex;
  TransferRecord record;               // guarded by guard()
  std::vector<TransferTable*> guests;  // guarded by guard(): other tables that know it

  // Of the owner's thread alone.
  std::list<TransferId>::iterator idle_position;
  std::optional<std::list<TransferId>::iterator> kept_position;
  std::optional<Timestamp> armed;
  std::unique_ptr<embedded::FoundTransfers> found;  // once anything was found inside
  Timestamp found_time;                             // of the bytes it was found in
};

}  // namespace sallyport
