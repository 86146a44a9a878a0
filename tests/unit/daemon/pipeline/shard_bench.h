// A shard on the test bench: policies as text, a classifier that answers when told, events and orders on record.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/app/policy_loading.h"
#include "daemon/pipeline/pipeline.h"
#include "tests/support/fake_flow_control.h"
#include "tests/support/tcp_script.h"

namespace sallyport::test {

/// Keeps every question until answer(), or answers at once with `at_once`.
class ScriptedClassifier : public Classifier {
 public:
  struct Question {
    ClassifyRequest request;
    std::function<void(Findings)> done;
  };

  std::optional<Findings> at_once;
  std::size_t asked = 0;

  void classify(ClassifyRequest request, std::function<void(Findings)> done) override {
    ++asked;
    if (at_once) return done(*at_once);
    open_.push_back({std::move(request), std::move(done)});
  }
  /// Answers the oldest open question.
  void answer(Findings findings) {
    ASSERT_FALSE(open_.empty()) << "nothing was asked";
    const Question question = std::move(open_.front());
    open_.erase(open_.begin());
    question.done(std::move(findings));
  }
  const std::vector<Question>& open() const { return open_; }

 private:
  std::vector<Question> open_;
};

class RecordingEventSink : public EventSink {
 public:
  void publish(Event event) override {
    concluded.push_back(event);
    events.push_back(std::move(event));
  }
  void keep(Event event) override { concluded.push_back(std::move(event)); }

  std::vector<Event> events;
  std::vector<Event> concluded;  ///< also those of which nobody is told
};

inline Findings clean() {
  Findings findings;
  findings.looked_for = bit(FindingKind::kPlate) | bit(FindingKind::kFace);
  findings.format = ContentType::kJpeg;
  return findings;
}
inline Findings plate() {
  Findings findings = clean();
  findings.plates.push_back({{1, 2, 30, 10}, 0.9F});
  return findings;
}
inline Findings unanswered(NotInspected reason) {
  Findings findings;
  findings.not_inspected = reason;
  return findings;
}

inline std::shared_ptr<const ActivePolicy> policy_of(const std::string& text) {
  const PolicyLoad load = load_active_policy_text(text, "policy.yaml");
  for (const std::string& line : load.diagnostics) ADD_FAILURE() << line;
  return load.active;
}
/// One rule about plates from the agency (10.0.0.0/8) to all but the agency and the partner (203.0.113.0/24).
inline std::string plates_policy(const std::string& rule_lines = "", const std::string& state = "block",
                                 const std::string& record = "") {
  return "version: 1\nname: bench\nnetworks:\n  agency: {cidrs: [10.0.0.0/8]}\n  partner: {cidrs: [203.0.113.0/24]}\n" +
         record + "rules:\n  - name: plates\n    state: " + state +
         "\n    from: [agency]\n    to: {not: [agency, partner]}\n    when:\n      plates: {at_least: 1}\n" +
         rule_lines;
}
inline const std::string kRecordAll = "record: {from: [agency], what: images}\n";

/// Bytes that are told to be a JPEG and never end by their own structure.
inline std::string jpeg(std::size_t size) {
  std::string bytes("\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xda\x00\x02", 24);
  bytes.resize(size, 'p');
  return bytes;
}
inline std::string post(const std::string& body, const std::string& type = "image/jpeg") {
  return "POST /up/lane.jpg HTTP/1.1\r\nHost: drop.example\r\nContent-Type: " + type +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}
inline std::string form_of_two(const std::string& first, const std::string& second) {
  const auto part = [](const std::string& name, const std::string& body) {
    return "--B\r\nContent-Disposition: form-data; name=\"" + name + "\"; filename=\"" + name +
           ".jpg\"\r\nContent-Type: image/jpeg\r\n\r\n" + body + "\r\n";
  };
  return post(part("a", first) + part("b", second) + "--B--\r\n", "multipart/form-data; boundary=B");
}

/// What shards share.
struct BenchShared {
  ScriptedClassifier classifier;
  RecordingEventSink events;
  SharedTransfers transfers;
  ShardDirectory shards;
  std::shared_ptr<const ActivePolicy> policy;
};

/// One shard; time goes on with the packets and with pass().
class ShardBench {
 public:
  explicit ShardBench(BenchShared& shared, PipelineConfig config = {}, std::uint8_t shard = 0)
      : ShardBench(shared, shared.classifier, std::move(config), shard) {}
  /// With a classifier of one's own.
  ShardBench(BenchShared& shared, Classifier& classifier, PipelineConfig config = {}, std::uint8_t shard = 0)
      : pipeline(
            with_shard(std::move(config), shard), control, classifier, shared.events,
            [&shared] { return shared.policy; }, shared.transfers, shared.shards) {}

  void play(TcpScript& script) {
    script.play(pipeline);
    now = std::max(now, script.time());
  }
  void pass(Duration duration) {
    now += duration;
    pipeline.on_tick(now);
  }
  /// The orders since the last call; the first flow of shard 0 is flow 1.
  std::string take_log() {
    static const std::string kFirstFlow = " 1048576";
    std::string log = control.take_log();
    for (std::size_t at = 0; (at = log.find(kFirstFlow, at)) != std::string::npos;)
      log.replace(at, kFirstFlow.size(), " 1");
    return log;
  }
  const InspectionStats& stats() const { return pipeline.inspector().stats(); }

  FakeFlowControl control;
  Pipeline pipeline;
  Timestamp now{std::chrono::hours(1)};

 private:
  static PipelineConfig with_shard(PipelineConfig config, std::uint8_t shard) {
    config.extraction.shard = shard;
    config.inspection.sensor = "bench";
    return config;
  }
};

}  // namespace sallyport::test
