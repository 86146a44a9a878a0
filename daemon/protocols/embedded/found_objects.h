// What is open at the sink, and how much more may be found: shared by all levels of one scan.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "daemon/protocols/embedded/embedded_object.h"

namespace sallyport::embedded {

/// Counts objects and bytes against EmbeddedLimits. At a limit the object that reaches it ends as over_budget,
/// exhausted() stays true, and nothing more begins. One thread.
class FoundObjects {
 public:
  FoundObjects(EmbeddedSink& sink, const EmbeddedLimits& limits)
      : sink_(sink), objects_left_(limits.objects_max), bytes_left_(limits.bytes_max) {}

  void begin(const EmbeddedObject& object) {
    if (exhausted_) return;
    sink_.embedded_begin(object);
    open_ = true;
    if (objects_left_ == 0) return exhaust();
    --objects_left_;
  }
  void give(Bytes bytes) {
    if (!open_ || bytes.empty()) return;
    const Bytes within =
        prefix(bytes, static_cast<std::size_t>(bytes_left_ < bytes.size() ? bytes_left_ : bytes.size()));
    bytes_left_ -= within.size();
    if (!within.empty()) sink_.embedded_bytes(within);
    if (within.size() < bytes.size()) exhaust();
  }
  void end(std::optional<NotInspected> reason) {
    if (open_) sink_.embedded_end(reason);
    open_ = false;
  }
  bool open() const { return open_; }
  bool exhausted() const { return exhausted_; }

 private:
  void exhaust() {
    exhausted_ = true;
    end(NotInspected::kOverBudget);
  }

  EmbeddedSink& sink_;
  std::size_t objects_left_;
  std::uint64_t bytes_left_;
  bool open_ = false;
  bool exhausted_ = false;
};

/// Where a run stands: what levels are around it, and what stood before it.
struct RunContext {
  FoundObjects& found;
  std::string inside;       ///< of the levels around, with a '/' behind it; empty at the outermost
  std::size_t levels_left;  ///< that may still be opened inside
  std::string before;       ///< the text in front of the run, at most kBeforeBytesMax
  bool is_form = false;
};

}  // namespace sallyport::embedded
