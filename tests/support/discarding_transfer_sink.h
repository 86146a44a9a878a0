// Seam 3 for fuzz targets and benchmarks: wants everything, keeps nothing.
#pragma once

#include "daemon/contract/transfer_sink.h"

namespace sallyport::test {

class DiscardingTransferSink : public TransferSink {
 public:
  BegunTransfer begin(const ObjectIdentity&, const TransferFacts&, FlowId, Timestamp) override {
    return {TransferId{++begun_}, Interest::kContent};
  }
  BegunTransfer compose(const ObjectIdentity& identity, const TransferFacts& facts, const Composition&, FlowId flow,
                        Timestamp time) override {
    return begin(identity, facts, flow, time);
  }
  TransferId rekey(TransferId, const ObjectIdentity&, FlowId, Timestamp) override { return {}; }
  void update(TransferId, const TransferFacts&) override {}
  void chunk(TransferId, std::uint64_t, Bytes bytes, FlowId, Timestamp) override { bytes_ += bytes.size(); }
  void pass(TransferId, std::uint64_t, std::uint64_t, FlowId, Timestamp) override {}
  void hole(TransferId, std::uint64_t, std::uint64_t, NotInspected) override {}
  void resize(TransferId, std::uint64_t) override {}
  void flag(TransferId, EvasionSet) override {}
  void unit_end(TransferId, FlowId, Timestamp) override {}
  void end(TransferId, EndReason, std::optional<NotInspected>, FlowId, Timestamp) override {}

  std::uint64_t bytes() const { return bytes_; }

 private:
  std::uint64_t begun_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace sallyport::test
