// Seam 4 as a text log and as ended transfers, for tests of the transfer stage.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "daemon/contract/object_sink.h"

namespace sallyport::test {

class RecordingObjectSink : public ObjectSink {
 public:
  struct Ended {
    Transfer transfer;
    std::shared_ptr<const ObjectBytes> bytes;
  };

  /// What on_begin() and on_known() answer.
  Interest at_begin = Interest::kContent;
  Interest at_known = Interest::kContent;
  /// Called inside on_known(), to call back into the table.
  std::function<void(const Transfer&)> when_known;

  Interest on_begin(const Transfer& transfer) override {
    log += "begin " + transfer.key + "\n";
    return at_begin;
  }
  Interest on_known(const Transfer& transfer) override {
    log += "known " + transfer.key + " " + std::string(to_string(transfer.content)) + "\n";
    if (when_known) when_known(transfer);
    return at_known;
  }
  void on_unit_end(const Transfer& transfer, FlowId) override {
    log += "unit " + transfer.key + " seen=" + std::to_string(transfer.account.seen) +
           " delivered=" + std::to_string(transfer.account.delivered) + "\n";
  }
  void on_end(const Transfer& transfer, std::shared_ptr<const ObjectBytes> bytes) override {
    log += "end " + transfer.key + (transfer.composed ? " composed" : "") + (transfer.complete ? " complete" : "") +
           (transfer.not_inspected ? " " + std::string(to_string(*transfer.not_inspected)) : "") + "\n";
    ended.push_back({transfer, std::move(bytes)});
  }

  std::vector<Ended> ended;
  std::string log;
};

}  // namespace sallyport::test
