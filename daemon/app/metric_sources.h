// Which counter of which stage stands behind which metric, and the facts that `sallyport status` shows.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "daemon/app/canary_watch.h"
#include "daemon/app/metrics.h"
#include "daemon/app/policy_reload.h"
#include "daemon/app/shards.h"
#include "daemon/classify/worker_pool.h"
#include "daemon/events/event_writer.h"
#include "daemon/ledger/ledger.h"

namespace sallyport {

/// All that counts. Everything outlives the metrics.
struct MetricStages {
  const Shards& shards;
  const WorkerPool& workers;
  const EventWriter& events;
  const PolicyHolder& policy;
  const Ledger* ledger;  ///< null: there is none
  const CanaryWatch& canaries;
  Timestamp started;
};

/// Registers every metric of the table (metrics_table.cpp). Before Metrics::serve().
void add_all_sources(Metrics& metrics, const MetricStages& stages);

/// Detectors, workers, flows, losses: name and value in the order in which to show them. Any thread.
std::vector<std::pair<std::string, std::string>> status_facts(const MetricStages& stages);

}  // namespace sallyport
