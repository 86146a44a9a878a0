// A sink at the end of the whole way that wants every object.
#pragma once

#include <memory>

#include "daemon/pipeline/extraction.h"

namespace sallyport::test {

/// For those that look at how objects end.
class WantingSink : public ObjectSink, public FlowWatcher {
 public:
  Interest on_flow_open(const Flow&) override { return Interest::kContent; }
  void on_flow_close(FlowId, CloseReason, Timestamp) override {}
  Interest on_begin(const Transfer&) override { return Interest::kContent; }
  Interest on_known(const Transfer&) override { return Interest::kContent; }
  void on_unit_end(const Transfer&, FlowId) override {}
};

}  // namespace sallyport::test
