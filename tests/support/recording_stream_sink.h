// Seam 2 as a text log and as whole streams, for tests of whoever makes streams.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/base/check.h"
#include "daemon/contract/stream_sink.h"

namespace sallyport::test {

/// Numbers flows in the order in which they open: "#1 open ...", "#1 > 0 abc" (client to server), "#1 < gap 3+2". Bytes
/// that follow each other in one direction make one line: how they were cut does not change the log. Fails hard where
/// offsets do not follow each other or a call comes for a flow that is not open.
class RecordingStreamSink : public StreamSink {
 public:
  struct Stream {
    std::string bytes;  ///< lost ones are dots
    std::uint64_t lost = 0;
    std::uint64_t conflicts = 0;
    bool half_closed = false;
  };

  /// What on_open() answers.
  Interest interest = Interest::kContent;
  /// Called at the end of each call, with its name; may call back into what is tested.
  std::function<void(FlowId, std::string_view)> then = [](FlowId, std::string_view) {};

  Interest on_open(const Flow& flow) override {
    number_of_[flow.id] = ++opened_;
    last_ = flow.id;
    line(flow.id,
         "open " + flow.client.to_string() + " " + flow.server.to_string() + (flow.midstream ? " midstream" : ""));
    if (interest != Interest::kNone) open_[flow.id] = true;
    then(flow.id, "open");
    return interest;
  }
  void on_bytes(FlowId flow, Direction direction, std::uint64_t offset, Bytes bytes, Timestamp) override {
    Stream& stream = expect(flow, direction, offset);
    if (bytes.empty()) fail("empty bytes");
    stream.bytes += as_text(bytes);
    if (!quiet) log_bytes(flow, direction, offset, bytes);
    then(flow, "bytes");
  }
  void on_gap(FlowId flow, Direction direction, std::uint64_t offset, std::uint64_t size, Timestamp) override {
    Stream& stream = expect(flow, direction, offset);
    if (size == 0) fail("empty gap");
    line(flow, arrow(direction) + "gap " + std::to_string(offset) + "+" + std::to_string(size));
    if (size < 1'000'000) stream.bytes.append(size, '.');
    stream.lost += size;
    skipped_[{flow, direction}] += size < 1'000'000 ? 0 : size;
    then(flow, "gap");
  }
  void on_conflict(FlowId flow, Direction direction, std::uint64_t offset, Bytes other, Timestamp) override {
    if (!open_[flow]) fail("conflict on a closed flow");
    line(flow, arrow(direction) + "conflict " + std::to_string(offset) + " " + std::string(as_text(other)));
    ++stream(flow, direction).conflicts;
    then(flow, "conflict");
  }
  void on_repeat(FlowId flow, Direction direction, std::uint64_t offset, Bytes bytes, Timestamp) override {
    if (!open_[flow]) fail("a repetition on a closed flow");
    line(flow, arrow(direction) + "repeat " + std::to_string(offset) + " " + std::string(as_text(bytes)));
  }
  void on_evasion(FlowId flow, Direction direction, EvasionSet signs) override {
    if (!open_[flow]) fail("signs on a closed flow");
    for (const auto sign : to_strings(signs)) line(flow, arrow(direction) + "sign " + std::string(sign));
    then(flow, "evasion");
  }
  void on_quiet(FlowId flow) override {
    if (!open_[flow]) fail("a closed flow is quiet");
    line(flow, "quiet");
    then(flow, "quiet");
  }
  void on_half_close(FlowId flow, Direction direction, Timestamp) override {
    if (!open_[flow] || stream(flow, direction).half_closed) fail("second half close");
    stream(flow, direction).half_closed = true;
    line(flow, arrow(direction) + "fin");
    then(flow, "half_close");
  }
  void on_close(FlowId flow, CloseReason reason, Timestamp) override {
    static constexpr const char* kReasons[] = {"finished", "reset", "idle_timeout", "evicted", "blocked", "shutdown"};
    if (!open_[flow]) fail("second close");
    open_[flow] = false;
    line(flow, std::string("close ") + kReasons[static_cast<std::size_t>(reason)]);
    then(flow, "close");
  }

  Stream& stream(FlowId flow, Direction direction) { return streams_[{flow, direction}]; }
  /// The streams of the flow that opened last.
  const std::string& client_bytes() { return stream(last_, Direction::kClientToServer).bytes; }
  const std::string& server_bytes() { return stream(last_, Direction::kServerToClient).bytes; }
  FlowId last() const { return last_; }
  std::size_t opened() const { return opened_; }
  std::size_t still_open() const {
    std::size_t count = 0;
    for (const auto& [flow, is_open] : open_) count += is_open ? 1U : 0U;
    return count;
  }
  const std::string& log() const { return log_; }
  std::string take_log() {
    tail_.clear();
    return std::exchange(log_, {});
  }
  /// Where set, the log stays empty: for long runs.
  bool quiet = false;

 private:
  static std::string arrow(Direction direction) { return direction == Direction::kClientToServer ? "> " : "< "; }
  Stream& expect(FlowId flow, Direction direction, std::uint64_t offset) {
    if (!open_[flow]) fail("a call for a closed flow");
    Stream& found = stream(flow, direction);
    if (found.bytes.size() + skipped_[{flow, direction}] != offset) fail("offsets do not follow each other");
    if (found.half_closed) fail("bytes behind the end");
    return found;
  }
  void line(FlowId flow, const std::string& text) {
    if (quiet) return;
    tail_.clear();
    log_ += "#" + std::to_string(number_of_[flow]) + " " + text + "\n";
  }
  void log_bytes(FlowId flow, Direction direction, std::uint64_t offset, Bytes bytes) {
    const std::string start = arrow(direction);
    const std::string tail = start + std::to_string(flow.value);
    if (tail_ != tail) line(flow, start + std::to_string(offset) + " ");
    log_.pop_back();
    log_ += std::string(as_text(bytes)) + "\n";
    tail_ = tail;
  }
  [[noreturn]] static void fail(const char* what) { check_failed(what, __FILE__, __LINE__); }

  std::map<FlowId, bool> open_;
  std::map<FlowId, std::size_t> number_of_;
  std::map<std::pair<FlowId, Direction>, Stream> streams_;
  std::map<std::pair<FlowId, Direction>, std::uint64_t> skipped_;
  std::string log_;
  std::string tail_;
  FlowId last_;
  std::size_t opened_ = 0;
};

}  // namespace sallyport::test
