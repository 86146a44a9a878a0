// One shard: a front end's packets or streams in, verdicts, actions and events out. The only place that knows the order
// of the stages.
#pragma once

#include <memory>

#include "daemon/base/counter.h"
#include "daemon/contract/stream_entry.h"
#include "daemon/pipeline/extraction.h"
#include "daemon/pipeline/inspector.h"

namespace sallyport {

struct PipelineConfig {
  ExtractionConfig extraction;
  InspectionConfig inspection;
  /// Captures from a file: packets wait while so many classifications are unanswered. Zero: packets never wait (live).
  std::size_t pending_max = 0;
};

/// One thread. All references outlive it. The mailbox is its own; other threads post to it through `shards`, to which
/// it adds itself.
class Pipeline : public PacketSink, public StreamEntry {
 public:
  Pipeline(const PipelineConfig& config, FlowControl& control, Classifier& classifier, EventSink& events,
           PolicySource policy, SharedTransfers& shared, ShardDirectory& shards);

  PacketPlace on_packet(const RawPacket& packet) override;
  void on_tick(Timestamp now) override;
  int wake_fd() const override { return mailbox_->wake_fd(); }
  /// Returns when every classification was answered: after the longest deadline at the latest.
  void on_end(Timestamp now) override;

  Interest on_open(const Flow& flow) override;
  void on_bytes(FlowId flow, Direction direction, std::uint64_t offset, Bytes bytes, Timestamp time) override;
  void on_gap(FlowId flow, Direction direction, std::uint64_t offset, std::uint64_t size_bytes,
              Timestamp time) override;
  void on_conflict(FlowId flow, Direction direction, std::uint64_t offset, Bytes other, Timestamp time) override;
  void on_quiet(FlowId flow) override { extraction_.on_quiet(flow); }
  void on_half_close(FlowId flow, Direction direction, Timestamp time) override;
  void on_close(FlowId flow, CloseReason reason, Timestamp time) override;
  void on_hold_full(FlowId flow, Direction direction, Timestamp time) override;

  /// Rounds of the front end's loop, for the watchdog. Any thread.
  const Counter& loops() const { return loops_; }

  const Extraction& extraction() const { return extraction_; }
  const Inspector& inspector() const { return inspector_; }

 private:
  void start_call(Timestamp time);
  void wait_for_answers(std::size_t pending_max);

  const std::size_t pending_max_;
  std::shared_ptr<Mailbox> mailbox_;
  Inspector inspector_;
  Extraction extraction_;
  Counter loops_;
};

}  // namespace sallyport
