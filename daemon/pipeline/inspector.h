// The second half of a shard: one transfer's life from "it begins" to "it is reported".
//
//   receiving --(unit ends, quiet)--> peeking --(clean)--> receiving
//   receiving --(ended)--> asking --(findings)--> decided, enforced, reported
//   peeking or asking --(block)--> blocked: its flows are cut; it is forgotten when the last of them is gone
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "daemon/actions/enforcer.h"
#include "daemon/actions/hold_queue.h"
#include "daemon/base/mailbox.h"
#include "daemon/classify/classifier.h"
#include "daemon/contract/event.h"
#include "daemon/contract/flow_control.h"
#include "daemon/contract/object_sink.h"
#include "daemon/events/event_builder.h"
#include "daemon/pipeline/active_policy.h"
#include "daemon/pipeline/extraction.h"
#include "daemon/pipeline/inspection_stats.h"
#include "daemon/pipeline/shard_directory.h"

namespace sallyport {

struct InspectionConfig {
  std::string sensor;
  std::uint32_t shard = 0;
  std::string contact;  ///< whom people may ask whose transfer was blocked; for BlockNotice
  HoldQueueConfig hold;
  /// Front ends that withhold whole objects: how long one may be on its way before its rule's outcome for a missed
  /// deadline applies.
  std::chrono::milliseconds withhold_max{std::chrono::minutes(10)};
  /// A prefix is judged again only when it has grown by this part, or its image has ended by its own structure.
  double prefix_growth = 1.25;
  /// Deadlines are never shorter than this; for captures read from a file, where nobody waits.
  std::chrono::milliseconds deadline_min{0};
};

/// One thread. All references outlive it; every classification must have been answered before it goes (see pending()).
class Inspector : public ObjectSink, public FlowWatcher {
 public:
  Inspector(InspectionConfig config, FlowControl& control, Classifier& classifier, EventSink& events,
            PolicySource policy, std::shared_ptr<Mailbox> mailbox, const ShardDirectory& shards);

  /// Before the first packet: whose objects these are.
  void attach(Extraction& extraction) { extraction_ = &extraction; }
  /// Around each packet: what is decided in between can still stop that very packet.
  void on_packet_start(Timestamp time);
  void on_packet_done(const PacketPlace& place);
  /// Before anything else of a tick, so that answers are judged at the right time.
  void set_time(Timestamp now) { now_ = now; }
  /// Holds that ran out, flows that went quiet, blocked flows that may be forgotten.
  void on_tick(Timestamp now);
  /// Classifications not yet answered.
  std::size_t pending() const { return pending_; }
  const InspectionStats& stats() const { return stats_; }
  const Enforcer& enforcer() const { return enforcer_; }
  const HoldQueue& hold_queue() const { return hold_queue_; }

  /// There is no room for more of what this direction withholds: its transfers are judged as they stand.
  void on_hold_full(FlowId flow, Direction direction);
  /// Cuts a flow of this shard that brings an object another shard has decided to block.
  void block_flow(FlowId flow);

  // FlowWatcher
  Interest on_flow_open(const Flow& flow) override;
  void on_flow_close(FlowId flow, CloseReason reason, Timestamp time) override;
  // ObjectSink
  Interest on_begin(const Transfer& transfer) override;
  Interest on_known(const Transfer& transfer) override;
  void on_withheld_bytes(TransferId id, FlowId flow, Direction direction) override;
  void on_unit_end(const Transfer& transfer, FlowId flow) override;
  void on_end(const Transfer& transfer, std::shared_ptr<const ObjectBytes> bytes) override;

 private:
  enum class Stage : std::uint8_t { kReceiving, kAsking, kBlocked };
  struct Inspection {
    std::shared_ptr<const ActivePolicy> policy;
    policy::Demand demand;
    Stage stage = Stage::kReceiving;
    std::uint64_t question = 0;      // the classification that is waited for; an older answer is stale
    std::uint64_t judged_bytes = 0;  // of the last prefix that was found clean
    std::optional<std::uint64_t> delivered_at_hold;
    std::optional<std::uint64_t> answer_behind;  // of a download: where in the stream the answer begins that brings it
    bool sender_waits = false;        // for answers to what is withheld: silence means that no more will come
    bool passes = false;              // its rule lets it go, whatever is still found out
    std::optional<Transfer> ended;    // as it was when it ended
    std::vector<TransferFlow> flows;  // that brought it, when it ended
  };

  void learn(Inspection& inspection, const Transfer& transfer);
  void ask(TransferId id, Inspection& inspection, std::shared_ptr<const ObjectBytes> bytes, const Transfer& transfer);
  void on_answer(TransferId id, std::uint64_t question, const Sha256Digest& sha256, Findings findings);
  void peek(TransferId id);
  void judge_prefix(TransferId id, Inspection& inspection, Findings findings, bool was_answered);
  void let_go(TransferId id, Inspection& inspection);
  void give_up(TransferId id, NotInspected reason);
  // inspector_withholding.cpp
  static Direction transfer_direction(const Transfer& transfer);
  static bool waits_for_answers(const Transfer& transfer);
  void decide_withholding(const Transfer& transfer, const Inspection& inspection);
  void stop_withholding(TransferId id);
  void settle_elsewhere(TransferId id);
  void say_blocked(const Inspection& inspection, const Transfer& transfer, const Verdict& verdict, FlowId flow);
  void conclude(TransferId id, Inspection& inspection, Transfer transfer, Findings findings);
  void finish(TransferId id, Inspection& inspection, Transfer transfer, const Verdict& verdict, Findings findings);
  Disposition block(const Inspection& inspection, const Transfer& transfer, const Verdict& verdict);
  bool tail_is_withheld(const Transfer& transfer, const TransferFlow& flow) const;
  void cut(FlowId flow);
  bool is_held(FlowId flow) const;
  void settle(TransferId id);
  const Flow* find_flow(FlowId flow) const;
  void block_joined_flows(TransferId id);
  std::uint64_t delivered(const Inspection& inspection, const Transfer& transfer) const;
  void count(const Event& event);

  const InspectionConfig config_;
  FlowControl& control_;
  Classifier& classifier_;
  EventSink& events_;
  PolicySource policy_;
  std::shared_ptr<Mailbox> mailbox_;
  const ShardDirectory& shards_;
  Enforcer enforcer_;
  HoldQueue hold_queue_;
  EventBuilder event_builder_;
  InspectionStats stats_;
  Extraction* extraction_ = nullptr;
  Timestamp now_;
  bool in_packet_ = false;
  std::size_t pending_ = 0;
  std::uint64_t last_question_ = 0;
  std::unordered_map<TransferId, Inspection> inspections_;
  std::unordered_map<FlowId, Flow> closed_flows_;        // over, with packets withheld until a verdict
  std::unordered_map<FlowId, Timestamp> blocked_flows_;  // last packet; kept so that the front end goes on dropping
};

}  // namespace sallyport
