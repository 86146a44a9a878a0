// Events as OCSF JSON, one a line, appended to a file.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "daemon/base/result.h"
#include "daemon/base/unique_fd.h"
#include "daemon/events/line_output.h"
#include "daemon/events/record_sink.h"

namespace sallyport {

/// Rotation-safe: rename the file, then reopen(). Mode 0640, O_APPEND, symbolic links refused. A full disk loses whole
/// events, counted in stats().failed, never parts of a line.
class JsonlFileSink : public RecordSink {
 public:
  /// Fails where the file can be neither opened nor made.
  static Result<std::unique_ptr<JsonlFileSink>> open(std::string path);

  std::string_view name() const override { return "file"; }
  /// Where the path cannot be opened any more, the old file goes on and the log says so.
  void reopen() override { reopen_wanted_.store(true, std::memory_order_relaxed); }

 private:
  JsonlFileSink(std::string path, UniqueFd file) : path_(std::move(path)), file_(std::move(file)) {}
  bool put(const EventRecord& record) override;
  void reopen_now();

  std::string path_;
  UniqueFd file_;
  LineOutput output_;
  std::atomic<bool> reopen_wanted_{false};
};

}  // namespace sallyport
