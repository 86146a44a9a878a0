// Every metric that sallyportd has: the one place where they are named. docs/metrics.md is made from it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace sallyport {

enum class MetricType : std::uint8_t { kCounter, kGauge, kHistogram };

/// Names end in _total (counters), else in a base unit (_bytes, _seconds, _info) or a plural. Labels take their values
/// from a fixed set of ours - words of an enumeration, a shard's number - never from the network.
struct MetricDefinition {
  std::string_view name;
  MetricType type;
  std::string_view labels;  ///< names, separated by blanks; empty for none
  std::string_view help;    ///< one sentence
};

std::span<const MetricDefinition> metric_table();
/// Null for a name that the table does not have.
const MetricDefinition* find_metric(std::string_view name);
/// docs/metrics.md.
std::string metrics_document();

}  // namespace sallyport
