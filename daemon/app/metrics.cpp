#include "daemon/app/metrics.h"

#include <prometheus/collectable.h>
#include <prometheus/exposer.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <sstream>

#include "daemon/app/metrics_table.h"
#include "daemon/base/check.h"

namespace sallyport {
namespace {

/// Label sets of one metric. Labels come from enumerations and shard numbers; more would be our own mistake.
constexpr std::size_t kSeriesPerMetricMax = 512;

/// What is read for one name and one set of labels: all of it is summed.
struct Series {
  std::vector<const Counter*> counters;
  std::vector<std::function<double()>> gauges;
  std::vector<const DurationHistogram*> histograms;
};

std::string label_names(const MetricLabels& labels) {
  std::string names;
  for (const auto& [name, value] : labels) names += (names.empty() ? "" : " ") + name;
  return names;
}

double sum_of(const Series& series) {
  double sum = 0;
  for (const Counter* const counter : series.counters) sum += static_cast<double>(counter->value());
  for (const auto& read : series.gauges) sum += read();
  return sum;
}

prometheus::ClientMetric::Histogram histogram_of(const Series& series) {
  prometheus::ClientMetric::Histogram sum;
  std::array<std::uint64_t, kDurationBuckets.size() + 1> counts{};
  for (const DurationHistogram* const each : series.histograms) {
    for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += each->count(i);
    sum.sample_sum += static_cast<double>(each->total_nanoseconds()) * 1e-9;
  }
  for (std::size_t i = 0; i < counts.size(); ++i) {
    sum.sample_count += counts[i];
    const double bound = i < kDurationBuckets.size() ? std::chrono::duration<double>(kDurationBuckets[i]).count()
                                                     : std::numeric_limits<double>::infinity();
    sum.bucket.push_back({sum.sample_count, bound});
  }
  return sum;
}

prometheus::MetricType family_type(MetricType type) {
  switch (type) {
    case MetricType::kCounter:
      return prometheus::MetricType::Counter;
    case MetricType::kGauge:
      return prometheus::MetricType::Gauge;
    case MetricType::kHistogram:
      break;
  }
  return prometheus::MetricType::Histogram;
}

prometheus::ClientMetric metric_of(MetricType type, const MetricLabels& labels, const Series& series) {
  prometheus::ClientMetric metric;
  for (const auto& [name, value] : labels) metric.label.push_back({name, value});
  if (type == MetricType::kCounter) metric.counter.value = sum_of(series);
  if (type == MetricType::kGauge) metric.gauge.value = sum_of(series);
  if (type == MetricType::kHistogram) metric.histogram = histogram_of(series);
  return metric;
}

}  // namespace

using ReadGauges = std::function<std::vector<std::pair<std::string, double>>()>;

struct Metrics::Registered : prometheus::Collectable {
  Series& series(std::string_view name, MetricLabels labels, MetricType type, bool counters_may_be_gauges);
  std::vector<prometheus::MetricFamily> Collect() const override;

  mutable std::mutex mutex;
  std::map<const MetricDefinition*, std::map<MetricLabels, Series>> all;  // guarded by mutex
  std::map<const MetricDefinition*, ReadGauges> listed;                   // guarded by mutex
};

namespace {

prometheus::MetricFamily listed_family(const MetricDefinition& definition, const ReadGauges& read) {
  prometheus::MetricFamily family{
      std::string(definition.name), std::string(definition.help), family_type(definition.type), {}};
  for (const auto& [value, number] : read()) {
    if (family.metric.size() == kSeriesPerMetricMax) break;
    prometheus::ClientMetric metric;
    metric.label.push_back({std::string(definition.labels), value});
    (definition.type == MetricType::kCounter ? metric.counter.value : metric.gauge.value) = number;
    family.metric.push_back(std::move(metric));
  }
  return family;
}

}  // namespace

Series& Metrics::Registered::series(std::string_view name, MetricLabels labels, MetricType type,
                                    bool counters_may_be_gauges) {
  const MetricDefinition* const definition = find_metric(name);
  SALLYPORT_CHECK(definition != nullptr);
  SALLYPORT_CHECK(definition->type == type || (counters_may_be_gauges && definition->type == MetricType::kGauge));
  SALLYPORT_CHECK(label_names(labels) == definition->labels);
  auto& family = all[definition];
  SALLYPORT_CHECK(family.size() < kSeriesPerMetricMax || family.contains(labels));
  return family[std::move(labels)];
}

std::vector<prometheus::MetricFamily> Metrics::Registered::Collect() const {
  const std::lock_guard lock(mutex);
  std::vector<prometheus::MetricFamily> families;
  for (const MetricDefinition& definition : metric_table()) {
    if (const auto list = listed.find(&definition); list != listed.end())
      families.push_back(listed_family(definition, list->second));
    const auto found = all.find(&definition);
    if (found == all.end()) continue;
    prometheus::MetricFamily family{
        std::string(definition.name), std::string(definition.help), family_type(definition.type), {}};
    for (const auto& [labels, series] : found->second)
      family.metric.push_back(metric_of(definition.type, labels, series));
    families.push_back(std::move(family));
  }
  return families;
}

struct Metrics::Server {
  explicit Server(const std::string& address) : exposer(address, 2) {}

  prometheus::Exposer exposer;
};

Metrics::Metrics() : registered_(std::make_shared<Registered>()) {}
Metrics::~Metrics() = default;

void Metrics::add_source(std::vector<MetricSource> sources) {
  for (MetricSource& source : sources) add_counter(source.name, std::move(source.labels), *source.counter);
}

void Metrics::add_counter(std::string_view name, MetricLabels labels, const Counter& counter) {
  const std::lock_guard lock(registered_->mutex);
  registered_->series(name, std::move(labels), MetricType::kCounter, true).counters.push_back(&counter);
}

void Metrics::add_counter(std::string_view name, MetricLabels labels, std::function<double()> read) {
  const std::lock_guard lock(registered_->mutex);
  registered_->series(name, std::move(labels), MetricType::kCounter, false).gauges.push_back(std::move(read));
}

void Metrics::add_gauge(std::string_view name, MetricLabels labels, std::function<double()> read) {
  const std::lock_guard lock(registered_->mutex);
  registered_->series(name, std::move(labels), MetricType::kGauge, false).gauges.push_back(std::move(read));
}

void Metrics::add_gauges(std::string_view name, ReadGauges read) {
  const MetricDefinition* const definition = find_metric(name);
  SALLYPORT_CHECK(definition != nullptr && definition->type != MetricType::kHistogram);
  const std::lock_guard lock(registered_->mutex);
  registered_->listed[definition] = std::move(read);
}

void Metrics::add_histogram(std::string_view name, MetricLabels labels, const DurationHistogram& histogram) {
  const std::lock_guard lock(registered_->mutex);
  registered_->series(name, std::move(labels), MetricType::kHistogram, false).histograms.push_back(&histogram);
}

Status Metrics::serve(const std::string& address) {
  try {
    server_ = std::make_unique<Server>(address);
    server_->exposer.RegisterCollectable(registered_);
  } catch (const std::exception& error) {
    server_.reset();
    return fail(ErrorCode::kUnavailable, "cannot serve metrics on " + address + ": " + error.what());
  }
  return {};
}

int Metrics::port() const {
  if (!server_) return 0;
  const std::vector<int> ports = server_->exposer.GetListeningPorts();
  return ports.empty() ? 0 : ports.front();
}

std::string Metrics::text() const {
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, registered_->Collect());
  return out.str();
}

}  // namespace sallyport
