// Seam 3 to seam 4: chunks of objects come in from the protocol parsers of one shard, whole objects leave for the
// pipeline.
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "daemon/base/counter.h"
#include "daemon/base/mailbox.h"
#include "daemon/contract/object_sink.h"
#include "daemon/contract/transfer_sink.h"
#include "daemon/transfer/shared_transfers.h"
#include "daemon/transfer/transfer_config.h"
#include "daemon/transfer/transfer_record.h"

namespace sallyport {

/// Written by the thread of one table, read by any.
struct TransferStats {
  Counter begun_total;
  Counter ended_total;
  Counter complete_total;
  Counter joined_total;    ///< a flow joined a running transfer
  Counter composed_total;  ///< objects made of other transfers by compose()
  Counter chunks_total;
  Counter seen_bytes_total;    ///< handed in by chunk() and compose(), repetitions included
  Counter passed_bytes_total;  ///< handed in by pass()
  Counter evicted_total;       ///< ended because too many were open, or one was too scattered for the byte budget
  Counter given_up_total;      ///< lost their bytes to the byte budget
  Counter readings_total;      ///< objects made of the other content of bytes that came twice
  Counter open;                ///< gauge: transfers that this table owns
};

/// One per shard; calls come on its thread only. A transfer that stays on one flow lives here alone, without a lock.
/// One that spans flows is shared with other tables (SharedTransfers): the table where it began owns it, and all calls
/// to an ObjectSink are made by the owner, on the owner's thread: what another shard finds out is posted to the owner's
/// mailbox. No lock is held during a call to the sink, which may call find(), snapshot(), flows(), image_end() and
/// abandon().
///
/// An object whose bytes came with two contents leaves twice, the second time under its key and "/reading 2". As the
/// last segments may come again after its end, the bytes of a few ended objects are kept for a while.
///
/// `delivered` of an account: what had been seen before the packet that is being handled (on_packet_start), as bytes of
/// that packet can still be withheld; of a transfer last fed by another shard, all that was seen. The pipeline, which
/// knows what was held earlier, decides whether that applies.
class TransferTable : public TransferSink {
 public:
  /// `shard`: a number of its own for each table that uses `shared`. All references outlive the table.
  TransferTable(std::uint32_t shard, ObjectSink& sink, Mailbox& mailbox, SharedTransfers& shared,
                const TransferConfig& config);
  TransferTable(const TransferTable&) = delete;
  TransferTable& operator=(const TransferTable&) = delete;

  BegunTransfer begin(const ObjectIdentity& identity, const TransferFacts& facts, FlowId flow, Timestamp time) override;
  BegunTransfer compose(const ObjectIdentity& identity, const TransferFacts& facts, const Composition& parts,
                        FlowId flow, Timestamp time) override;
  TransferId rekey(TransferId id, const ObjectIdentity& identity, FlowId flow, Timestamp time) override;
  void update(TransferId id, const TransferFacts& facts) override;
  void chunk(TransferId id, std::uint64_t offset, Bytes bytes, FlowId flow, Timestamp time) override;
  void pass(TransferId id, std::uint64_t offset, std::uint64_t size, FlowId flow, Timestamp time) override;
  void hole(TransferId id, std::uint64_t offset, std::uint64_t size, NotInspected reason) override;
  void lost_piece(const IpAddress& server, Timestamp time) override;
  void resize(TransferId id, std::uint64_t size) override;
  void flag(TransferId id, EvasionSet evasions) override;
  bool reading(TransferId id, std::uint64_t offset, Bytes other, FlowId flow, Timestamp time) override;
  void unit_end(TransferId id, FlowId flow, Timestamp time) override;
  void end(TransferId id, EndReason reason, std::optional<NotInspected> not_inspected, FlowId flow,
           Timestamp time) override;

  /// The running transfer as it stands; nothing for one that ended or that this table does not know.
  std::optional<Transfer> find(TransferId id);
  /// A copy of its bytes from the first to the first hole, for a verdict before the end; null where they are not kept.
  std::shared_ptr<const ObjectBytes> snapshot(TransferId id);
  /// Where the image ends by its own structure, once that byte has come in order (ImageEnd).
  std::optional<std::uint64_t> image_end(TransferId id);
  /// The flows that bring it or brought it, with their shards; at most limits::kFlowsPerTransferMax.
  std::vector<TransferFlow> flows(TransferId id);
  /// It is blocked: its bytes are freed and what still comes is ignored. The sink then only hears of flows that join
  /// (on_known), so that they can be blocked too, and of the end.
  void abandon(TransferId id);
  /// From now on, or no longer, ObjectSink::on_withheld_bytes() tells of its bytes on each shard that they come
  /// through.
  void withhold(TransferId id, bool wanted);

  /// Before each packet (or batch of stream bytes) that can be withheld as a whole.
  void on_packet_start() { ++packet_; }
  /// Ends what has waited long enough. At least every limits::kTickInterval, live.
  void on_tick(Timestamp now);
  /// Ends what only this flow brought. A safety net: parsers end their transfers themselves.
  void on_flow_closed(FlowId flow, Timestamp time);
  /// Ends every transfer this table owns. Call it when no shard hands in bytes any more and all mailboxes were run.
  void on_end();

  const TransferStats& stats() const { return stats_; }
  /// Bytes kept of all objects that this table owns. Any thread.
  std::uint64_t kept_bytes() const { return kept_bytes_.load(std::memory_order_relaxed); }

 private:
  using SlotPointer = SharedTransfers::SlotPointer;
  enum class Next : std::uint8_t { kStay, kWait, kFinish };

  SlotPointer make_slot(const ObjectIdentity& identity, const TransferFacts& facts, Timestamp time);
  SlotPointer place(const ObjectIdentity& identity, const TransferFacts& facts, Timestamp time);
  BegunTransfer open(const SlotPointer& slot, FlowId flow);
  void replace(const SlotPointer& slot);
  bool gives_way(const SlotPointer& slot, const ObjectIdentity& identity, const TransferFacts& facts);
  void free_key(TransferSlot& slot);
  bool makes_room(const SlotPointer& slot, const TransferSlot& from);
  SlotPointer move_slot(TransferSlot& from, const ObjectIdentity& identity);
  SlotPointer running(const std::string& key) const;
  std::uint64_t place_behind(const SlotPointer& whole);
  SlotPointer running_part(const Composition& parts, std::size_t index) const;
  std::optional<std::uint64_t> add_part(const SlotPointer& whole, const SlotPointer& part, std::uint64_t offset,
                                        Timestamp time);
  struct PartBytes {
    ByteRange range;           // of the part
    std::uint64_t offset = 0;  // of the part in the whole
    Timestamp time;
  };
  void take_parties(const SlotPointer& whole, const Composition& parts);
  void add_part_bytes(const SlotPointer& whole, TransferSlot& part, const PartBytes& bytes);
  static void note_unkept(TransferSlot& whole);
  std::optional<BegunTransfer> join(const SlotPointer& slot, const TransferFacts& facts, bool resumable, FlowId flow,
                                    Timestamp time);
  void remember(const SlotPointer& slot, FlowId flow);
  void inherit_parties(TransferSlot& slot);
  void forget(const SlotPointer& slot);
  SlotPointer slot_of(TransferId id) const;
  PacketNumber packet() const { return {shard_, packet_}; }

  /// Runs `work` on the record for bytes that came; false where there is no such transfer or nobody wants them.
  template <class Work>
  bool feed(TransferId id, FlowId flow, Timestamp time, Work work);
  void touch(TransferSlot& slot);
  void tell_known(const SlotPointer& slot);
  void tell_unit_end(const SlotPointer& slot, FlowId flow);
  void hear_known(const SlotPointer& slot);
  /// Found objects are transfers of this table; found_objects.cpp.
  void hear_found(const SlotPointer& slot);
  void hear_unit_end(const SlotPointer& slot, const Transfer& transfer, FlowId flow);
  /// On the thread of `slot.owner`: now where that is this one.
  void run_at_owner(const SlotPointer& slot, void (TransferTable::*work)(const SlotPointer&));

  Next decide_end(TransferSlot& slot, EndReason reason, FlowId flow, Timestamp time) const;
  Next wait(TransferRecord& record, Timestamp until) const;
  void arm(const SlotPointer& slot);
  void finish(const SlotPointer& slot);
  void evict(const SlotPointer& slot);
  /// A part waits on while others of its object come.
  bool prolong(TransferSlot& slot, Timestamp now);
  void end_due(Timestamp now);
  void end_idle(Timestamp now);

  // ended_objects.cpp: objects whose last bytes may yet come with other content.
  struct Ended {
    SlotPointer slot;
    std::shared_ptr<const ObjectBytes> bytes;
    std::optional<Timestamp> due;  // when the other readings that came since are given
    unsigned readings = 1;         // given so far, the first included
  };
  using EndedList = std::list<Ended>;
  bool reading_of_ended(TransferId id, std::uint64_t offset, Bytes other, Timestamp time);
  bool lacks_pieces(const TransferRecord& record) const;
  void tell_outer(const TransferSlot& slot);
  void keep_ended(const SlotPointer& slot, std::shared_ptr<const ObjectBytes> bytes);
  void give_readings(EndedList::iterator ended, bool keep);
  void give_reading(Ended& ended, const OtherReadings::Choice& choice);
  void feed_reading(TransferId id, const Ended& ended, const OtherReadings::Choice& choice);
  void feed_reading_part(TransferId id, const Ended& ended, const OtherReadings::Choice& choice, ByteRange part);
  void tick_ended(Timestamp now);
  void drop_ended_of(FlowId flow);

  static void charge(TransferSlot& slot);
  void keep_budget(const SlotPointer& slot);
  void track(const SlotPointer& slot);
  void relieve();

  const std::uint32_t shard_;
  ObjectSink& sink_;
  Mailbox& mailbox_;
  SharedTransfers& shared_;
  const TransferConfig config_;
  TransferStats stats_;
  std::uint64_t last_id_ = 0;
  std::uint64_t packet_ = 1;

  std::unordered_map<TransferId, SlotPointer> slots_;  // owned here, or joined
  std::unordered_map<std::string, TransferId> keys_;   // of transfers that stay on one flow
  std::unordered_map<FlowId, std::vector<TransferId>> flow_transfers_;
  std::list<TransferId> idle_order_;  // owned, longest idle first
  std::list<TransferId> kept_order_;  // those of them that keep bytes
  std::set<std::pair<Timestamp, TransferId>> deadlines_;
  EndedList ended_;  // oldest first
  std::uint64_t ended_bytes_ = 0;
  std::atomic<std::uint64_t> kept_bytes_{0};
  std::atomic<bool> relief_posted_{false};
};

}  // namespace sallyport
