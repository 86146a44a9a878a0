// Reloads on one thread, uploads on another: each upload gets one verdict, of the policy that it began under.
#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

#include "daemon/app/policy_loading.h"
#include "tests/unit/daemon/pipeline/shard_bench.h"

namespace sallyport {
namespace {

constexpr std::size_t kReloads = 10'000;
constexpr std::size_t kOpenUploads = 8;  // so that reloads fall into the middle of each

/// A policy for each reload, numbered; its one rule has the number in its name.
class NumberedPolicies {
 public:
  PolicyLoad next() {
    const std::string number = std::to_string(count_++);
    PolicyLoad load = load_active_policy_text(
        "version: 1\nname: p" + number + "\nrules: [{name: r" + number + ", state: block, when: {plates: {}}}]\n",
        "policy.yaml");
    const std::lock_guard lock(mutex_);
    numbers_[load.active->policy->digest()] = count_ - 1;
    return load;
  }
  std::size_t number_of(const std::string& digest) const {
    const std::lock_guard lock(mutex_);
    return numbers_.at(digest);
  }

 private:
  std::size_t count_ = 0;
  mutable std::mutex mutex_;
  std::map<std::string, std::size_t> numbers_;
};

class ReloadUnderTraffic : public testing::Test {
 protected:
  struct Upload {
    test::TcpScript script;
    std::string path;
    std::size_t oldest = 0;  ///< the policies between which it began
    std::size_t newest = 0;
  };

  std::size_t in_force() const { return policies.number_of(holder.current()->policy->digest()); }

  void begin_upload() {
    const std::size_t number = begun++;
    Upload& upload = uploads.emplace_back();
    upload.script = test::TcpScript("10.0.0.1", "192.0.2.9", static_cast<std::uint16_t>(10'000 + number % 50'000));
    upload.path = "/up/" + std::to_string(number) + ".jpg";
    const std::string body = test::jpeg(500);
    upload.script.handshake().client().data("POST " + upload.path + " HTTP/1.1\r\nHost: drop.example\r\n" +
                                            "Content-Length: 500\r\n\r\n" + body.substr(0, 400));
    upload.oldest = in_force();
    upload.script.play(pipeline);
    upload.newest = in_force();
  }

  void end_oldest_upload() {
    Upload upload = std::move(uploads.front());
    uploads.pop_front();
    upload.script.data(test::jpeg(500).substr(400)).rst().play(pipeline);
    pipeline.on_tick(upload.script.time());  // takes the classifier's answer
    ASSERT_EQ(events.events.size(), 1U) << upload.path;
    ASSERT_EQ(events.concluded.size(), 1U) << upload.path;
    const Event event = std::move(events.events.front());
    events.events.clear();
    events.concluded.clear();
    ASSERT_EQ(event.transfer.facts.path, upload.path);
    ASSERT_EQ(event.verdict.action, Action::kBlock);
    const std::size_t judge = policies.number_of(event.verdict.policy_digest);
    ASSERT_GE(judge, upload.oldest);
    ASSERT_LE(judge, upload.newest);
    ASSERT_EQ(event.verdict.matches.size(), 1U);
    ASSERT_EQ(event.verdict.matches[0].rule, "r" + std::to_string(judge)) << "a rule of another policy";
    outlived += judge < in_force() ? 1 : 0;
  }

  NumberedPolicies policies;
  PolicyHolder holder{[this] { return policies.next(); }, [] { return Timestamp(std::chrono::hours(1)); }};
  test::ScriptedClassifier classifier;
  test::RecordingEventSink events;
  SharedTransfers transfers;
  ShardDirectory shards;
  test::FakeFlowControl control;
  Pipeline pipeline{{}, control, classifier, events, [this] { return holder.current(); }, transfers, shards};
  std::deque<Upload> uploads;
  std::size_t begun = 0;
  std::size_t outlived = 0;  ///< uploads that ended under a policy no longer in force
};

TEST_F(ReloadUnderTraffic, EachUploadHasOneVerdictOfOnePolicy) {
  ASSERT_TRUE(holder.reload().loaded);
  classifier.at_once = test::plate();
  std::atomic<bool> reloading{true};
  std::thread reloader([&] {
    for (std::size_t i = 1; i < kReloads; ++i) holder.reload();
    reloading = false;
  });
  while ((reloading || !uploads.empty()) && !HasFatalFailure()) {
    if (reloading && uploads.size() < kOpenUploads) {
      begin_upload();
    } else {
      end_oldest_upload();
    }
  }
  reloader.join();
  EXPECT_EQ(holder.stats().reloads.value(), kReloads);
  EXPECT_GT(begun, kOpenUploads);
  EXPECT_GT(outlived, 0U) << "no reload fell into an upload";
}

}  // namespace
}  // namespace sallyport
