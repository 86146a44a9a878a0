// Seam 5 as a text log, for tests of whoever gives orders to a front end.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "daemon/contract/flow_control.h"

namespace sallyport::test {

/// Records every call as one line: "hold 1 client_to_server", "drop 1", "inject 40". Does nothing else.
class FakeFlowControl : public FlowControl {
 public:
  Capabilities able{.front_end = "fake",
                    .can_drop = true,
                    .can_hold = true,
                    .can_withhold_objects = false,
                    .can_inject = true,
                    .can_bypass = true,
                    .may_lose_packets = false};
  /// What inject() answers.
  bool injects = true;
  /// What answer() answers; then `answered` is what was said.
  bool answers = false;
  std::string answered;

  const Capabilities& capabilities() const override { return able; }
  void hold(FlowId flow, Direction direction) override { line("hold", flow, direction); }
  void release(FlowId flow, Direction direction) override { line("release", flow, direction); }
  void drop(FlowId flow) override { line("drop", flow); }
  void bypass(FlowId flow) override { line("bypass", flow); }
  void forget(FlowId flow) override { line("forget", flow); }
  bool inject(Bytes ip_packet) override {
    injected_.emplace_back(ip_packet.begin(), ip_packet.end());
    log_ += "inject " + std::to_string(ip_packet.size()) + "\n";
    return injects;
  }

  bool answer(FlowId flow, Direction direction, std::uint64_t behind, Bytes bytes) override {
    if (!answers) return false;
    answered = as_text(bytes);
    line("answer", flow, direction);
    log_.pop_back();
    log_ += " behind " + std::to_string(behind) + " " + answered.substr(0, answered.find('\r')) + "\n";
    return true;
  }

  const std::vector<ByteBuffer>& injected() const { return injected_; }
  /// What was called since the last take_log().
  std::string take_log() { return std::exchange(log_, {}); }

 private:
  void line(const std::string& word, FlowId flow) { log_ += word + " " + std::to_string(flow.value) + "\n"; }
  void line(const std::string& word, FlowId flow, Direction direction) {
    log_ += word + " " + std::to_string(flow.value) +
            (direction == Direction::kClientToServer ? " client_to_server\n" : " server_to_client\n");
  }

  std::string log_;
  std::vector<ByteBuffer> injected_;
};

}  // namespace sallyport::test
