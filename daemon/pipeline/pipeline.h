// One shard: a front end's packets in, verdicts, actions and events out. The only place that knows the order of the
// stages.
#pragma once

#include <memory>

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
class Pipeline : public PacketSink {
 public:
  Pipeline(const PipelineConfig& config, FlowControl& control, Classifier& classifier, EventSink& events,
           PolicySource policy, SharedTransfers& shared, ShardDirectory& shards);

  PacketPlace on_packet(const RawPacket& packet) override;
  void on_tick(Timestamp now) override;
  int wake_fd() const override { return mailbox_->wake_fd(); }
  /// Returns when every classification was answered: after the longest deadline at the latest.
  void on_end(Timestamp now) override;

  const Extraction& extraction() const { return extraction_; }
  const Inspector& inspector() const { return inspector_; }

 private:
  void wait_for_answers(std::size_t pending_max);

  const std::size_t pending_max_;
  std::shared_ptr<Mailbox> mailbox_;
  Inspector inspector_;
  Extraction extraction_;
};

}  // namespace sallyport
