// The shards of one daemon: a front end, a pipeline and a thread each.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "daemon/app/config.h"
#include "daemon/base/result.h"
#include "daemon/classify/classifier.h"
#include "daemon/frontends/frontend.h"
#include "daemon/pipeline/pipeline.h"

namespace sallyport {

struct Shard {
  std::unique_ptr<Frontend> front_end;
  FlowControl* control = nullptr;  ///< the front end as well
  std::function<void(Pipeline&)> attach;
  std::unique_ptr<Pipeline> pipeline;
  std::thread thread;
};

/// Made, opened, connected, run and stopped in this order by the main thread.
class Shards {
 public:
  explicit Shards(const Config& config);
  ~Shards();

  const Capabilities& capabilities() const { return shards_.front().control->capabilities(); }
  /// Opens every front end: the only step that needs privilege. The first failure is told and nothing runs.
  Status open();
  /// Makes the pipelines. All references outlive this object.
  void connect(const Config& config, Classifier& classifier, EventSink& events, const PolicySource& policy);
  /// Starts the threads. `on_stopped` is called on a shard's thread when it ends by itself.
  void run(std::function<void()> on_stopped);
  /// Asks all to stop and waits: until the longest deadline at the latest.
  void stop();

  const std::vector<Shard>& all() const { return shards_; }
  /// Why a shard ended by itself; empty while none did. Any thread.
  std::string failure() const;

 private:
  void run_shard(Shard& shard, const std::function<void()>& on_stopped);

  SharedTransfers shared_;
  ShardDirectory directory_;
  std::vector<Shard> shards_;
  mutable std::mutex mutex_;
  std::string failure_;  // guarded by mutex_
};

}  // namespace sallyport
