// Events as OCSF JSON, one a line, on standard output or another descriptor that stays somebody else's.
#pragma once

#include <unistd.h>

#include "daemon/events/line_output.h"
#include "daemon/events/record_sink.h"

namespace sallyport {

/// `fd` must stay open for the life of the sink.
class StdoutSink : public RecordSink {
 public:
  explicit StdoutSink(int fd = STDOUT_FILENO) : fd_(fd) {}

  std::string_view name() const override { return "stdout"; }

 private:
  bool put(const EventRecord& record) override { return output_.write_line(fd_, record.ocsf_json); }

  int fd_;
  LineOutput output_;
};

}  // namespace sallyport
