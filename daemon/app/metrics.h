// Counters of all stages to Prometheus. Stages only count; here counters get their names (metrics_table.h) at start-up.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/base/counter.h"
#include "daemon/base/duration_histogram.h"
#include "daemon/base/result.h"

namespace sallyport {

using MetricLabels = std::vector<std::pair<std::string, std::string>>;

/// One counter of one stage of one shard under a name of the table.
struct MetricSource {
  std::string_view name;
  MetricLabels labels;
  const Counter* counter;
};

/// Register everything, then serve(). Sources with the same name and labels - one a shard - are summed at scrape, on
/// the scraper's thread: the packet path only ever adds to its own Counter. A name that the table lacks, other labels
/// than it names, or another type is our own mistake and aborts. What is registered must live until this is destroyed.
class Metrics {
 public:
  Metrics();
  ~Metrics();

  void add_source(std::vector<MetricSource> sources);
  void add_counter(std::string_view name, MetricLabels labels, const Counter& counter);
  /// As add_gauge(), of a number that never falls while what it is read from lives.
  void add_counter(std::string_view name, MetricLabels labels, std::function<double()> read);
  /// `read` is called at each scrape on another thread: it must be quick and thread-safe.
  void add_gauge(std::string_view name, MetricLabels labels, std::function<double()> read);
  /// Gauges, or counters that never fall, whose labels are not known before, of one label: at most limits of the table,
  /// the rest is left out.
  void add_gauges(std::string_view name, std::function<std::vector<std::pair<std::string, double>>()> read);
  void add_histogram(std::string_view name, MetricLabels labels, const DurationHistogram& histogram);

  /// Answers http://<address>/metrics on threads of its own; "127.0.0.1:9464", port 0 for any free one. Fails where the
  /// address cannot be bound.
  Status serve(const std::string& address);
  /// The bound port; 0 before serve().
  int port() const;
  /// What a scrape would get. Any thread.
  std::string text() const;

 private:
  struct Registered;
  struct Server;

  std::shared_ptr<Registered> registered_;
  std::unique_ptr<Server> server_;
};

}  // namespace sallyport
