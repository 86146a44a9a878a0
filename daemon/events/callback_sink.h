// Events handed to a function: the CLI's output, and tests.
#pragma once

#include <functional>
#include <utility>

#include "daemon/events/record_sink.h"

namespace sallyport {

/// The function is called on the thread that writes.
class CallbackSink : public RecordSink {
 public:
  explicit CallbackSink(std::function<void(const EventRecord&)> function) : function_(std::move(function)) {}

  std::string_view name() const override { return "callback"; }

 private:
  bool put(const EventRecord& record) override {
    function_(record);
    return true;
  }

  std::function<void(const EventRecord&)> function_;
};

}  // namespace sallyport
