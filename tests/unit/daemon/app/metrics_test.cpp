#include "daemon/app/metrics.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <set>

#include "daemon/app/metrics_table.h"
#include "daemon/base/unique_fd.h"

namespace sallyport {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Metrics, SumsShardsUnderOneName) {
  Counter first;
  Counter second;
  Metrics metrics;
  metrics.add_source({{"sallyport_events_total", {}, &first}, {"sallyport_events_total", {}, &second}});
  first.add(2);
  second.add(3);
  EXPECT_THAT(metrics.text(), HasSubstr("# TYPE sallyport_events_total counter\nsallyport_events_total 5\n"));
}

TEST(Metrics, KeepsLabelSetsApart) {
  Counter full;
  Counter stopped;
  Metrics metrics;
  metrics.add_counter("sallyport_events_dropped_total", {{"reason", "queue_full"}}, full);
  metrics.add_counter("sallyport_events_dropped_total", {{"reason", "stopped"}}, stopped);
  full.add(7);
  const std::string text = metrics.text();
  EXPECT_THAT(text, HasSubstr("sallyport_events_dropped_total{reason=\"queue_full\"} 7\n"));
  EXPECT_THAT(text, HasSubstr("sallyport_events_dropped_total{reason=\"stopped\"} 0\n"));
}

TEST(Metrics, GaugesAreReadAtScrape) {
  Metrics metrics;
  double value = 1;
  Counter kept;
  metrics.add_gauge("sallyport_workers_up", {}, [&] { return value; });
  metrics.add_counter("sallyport_events_queued", {}, kept);
  kept.set(12);
  value = 4;
  EXPECT_THAT(metrics.text(), HasSubstr("# TYPE sallyport_workers_up gauge\nsallyport_workers_up 4\n"));
  EXPECT_THAT(metrics.text(), HasSubstr("# TYPE sallyport_events_queued gauge\nsallyport_events_queued 12\n"));
}

TEST(Metrics, HistogramsAreCumulativeAndInSeconds) {
  DurationHistogram first;
  DurationHistogram second;
  first.observe(std::chrono::microseconds(100));
  second.observe(std::chrono::milliseconds(2));
  second.observe(std::chrono::seconds(60));
  Metrics metrics;
  metrics.add_histogram("sallyport_inspection_seconds", {}, first);
  metrics.add_histogram("sallyport_inspection_seconds", {}, second);
  const std::string text = metrics.text();
  EXPECT_THAT(text, HasSubstr("sallyport_inspection_seconds_count 3\n"));
  EXPECT_THAT(text, HasSubstr("sallyport_inspection_seconds_sum 60.0021"));
  EXPECT_THAT(text, HasSubstr("_bucket{le=\"0.0001\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("_bucket{le=\"0.001\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("_bucket{le=\"0.0025\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("_bucket{le=\"10\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("_bucket{le=\"+Inf\"} 3\n"));
}

TEST(MetricsDeathTest, RefusesWhatTheTableDoesNotHave) {
  Counter counter;
  Metrics metrics;
  EXPECT_DEATH(metrics.add_counter("sallyport_unheard_of_total", {}, counter), "definition");
  EXPECT_DEATH(metrics.add_counter("sallyport_events_total", {{"host", "x"}}, counter), "label_names");
  EXPECT_DEATH(metrics.add_counter("sallyport_inspection_seconds", {}, counter), "type");
}

std::string get_metrics(int port) {
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return "cannot connect";
  const std::string request = "GET /metrics HTTP/1.0\r\n\r\n";
  if (::send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0) return "cannot send";
  std::string reply;
  char bytes[4096];
  for (ssize_t count = 0; (count = ::recv(fd.get(), bytes, sizeof bytes, 0)) > 0;) {
    reply.append(bytes, static_cast<std::size_t>(count));
  }
  return reply;
}

TEST(Metrics, ServesOverHttp) {
  Counter counter;
  counter.add(41);
  Metrics metrics;
  metrics.add_counter("sallyport_events_total", {}, counter);
  const Status served = metrics.serve("127.0.0.1:0");
  ASSERT_TRUE(served) << served.error().message;
  const std::string reply = get_metrics(metrics.port());
  EXPECT_THAT(reply, HasSubstr("200 OK"));
  EXPECT_THAT(reply, HasSubstr("\nsallyport_events_total 41\n"));
}

TEST(Metrics, SaysWhichAddressIsTaken) {
  Metrics first;
  ASSERT_TRUE(first.serve("127.0.0.1:0"));
  const std::string taken = "127.0.0.1:" + std::to_string(first.port());
  Metrics second;
  const Status served = second.serve(taken);
  ASSERT_FALSE(served);
  EXPECT_THAT(served.error().message, HasSubstr(taken));
}

TEST(MetricTable, NamesFollowTheRules) {
  std::set<std::string_view> names;
  for (const MetricDefinition& metric : metric_table()) {
    EXPECT_TRUE(names.insert(metric.name).second) << metric.name << " is there twice";
    EXPECT_TRUE(metric.name.starts_with("sallyport_")) << metric.name;
    EXPECT_EQ(metric.name.ends_with("_total"), metric.type == MetricType::kCounter) << metric.name;
    EXPECT_TRUE(metric.help.ends_with(".")) << metric.name;
  }
}

}  // namespace
}  // namespace sallyport
