#include "daemon/app/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "daemon/app/config_schema.h"
#include "tests/support/temporary_folder.h"

namespace sallyport {
namespace {

using testing::HasSubstr;

ConfigLoad load(const std::string& text) {
  return load_config_text(text, "sallyport.yaml", "/etc/sallyport");
}

/// "line:column code" for each diagnostic.
std::vector<std::string> faults(const std::string& text) {
  std::vector<std::string> list;
  for (const policy::Diagnostic& each : load(text).diagnostics) {
    list.push_back(policy::to_string(each.place) + " " + std::string(each.code));
  }
  return list;
}

constexpr const char* kSink = "events: {sinks: [{kind: stdout}]}\n";

TEST(Config, ReadsEachKind) {
  const ConfigLoad loaded = load(
      "sensor: gate-1\n"
      "policy: rules/policy.yaml\n"
      "log_level: debug\n"
      "front_end:\n"
      "  kind: nfqueue\n"
      "  nfqueue: {first_queue: 4, queues: 2, fail_open: true, bypass_mark: 0x5a, receive_buffer_bytes: 8MiB}\n"
      "limits: {flow_idle_timeout: 2m, object_bytes_max: 10MiB}\n"
      "events:\n"
      "  sinks:\n"
      "    - {kind: file, path: /var/log/e.jsonl}\n"
      "    - {kind: journald}\n"
      "ledger: {path: ledger.db, age_max: 30d, size_max: 2GiB}\n"
      "metrics: {listen: \"off\"}\n");
  ASSERT_TRUE(loaded.config) << policy::to_text(loaded.diagnostics.at(0));
  const Config& config = *loaded.config;
  EXPECT_EQ(config.sensor, "gate-1");
  EXPECT_EQ(config.policy, "/etc/sallyport/rules/policy.yaml");
  EXPECT_EQ(config.log_level, LogLevel::kDebug);
  EXPECT_EQ(config.front_end.kind, FrontEndKind::kNfqueue);
  EXPECT_EQ(config.front_end.nfqueue.first_queue, 4U);
  EXPECT_TRUE(config.front_end.nfqueue.fail_open);
  EXPECT_EQ(config.front_end.nfqueue.bypass_mark, 0x5AU);
  EXPECT_EQ(config.front_end.nfqueue.receive_buffer_bytes, 8U << 20);
  EXPECT_EQ(config.limits.flow_idle_timeout, std::chrono::minutes(2));
  EXPECT_EQ(config.events.sinks.size(), 2U);
  EXPECT_EQ(config.events.sinks[0].path, "/var/log/e.jsonl");
  EXPECT_EQ(config.ledger.path, "/etc/sallyport/ledger.db");
  EXPECT_EQ(config.ledger.age_max, std::chrono::hours(24 * 30));
  EXPECT_EQ(config.ledger.size_max, std::uint64_t{2} << 30);
  EXPECT_EQ(config.metrics_listen, "");
}

TEST(Config, WithoutAPathThereIsNoLedger) {
  EXPECT_EQ(load("").config->ledger.path, "");
  EXPECT_EQ(load("ledger: {path: \"\"}").config->ledger.path, "");
}

TEST(Config, DefaultsObserveAndAlert) {
  const ConfigLoad loaded = load(kSink);
  ASSERT_TRUE(loaded.config);
  EXPECT_EQ(loaded.config->front_end.kind, FrontEndKind::kTap);
  EXPECT_FALSE(loaded.config->front_end.tap.resets);
  EXPECT_EQ(loaded.config->metrics_listen, "127.0.0.1:9464");
  EXPECT_EQ(loaded.config->policy, "/etc/sallyport/policy.yaml");
}

TEST(Config, ReportsEveryFaultAtItsPlace) {
  EXPECT_EQ(
      faults("sensr: x\n"
             "limits:\n"
             "  flows_max: 010\n"
             "  object_bytes_max: 10\n"
             "front_end: {kind: tapp, tap: {threads: 99, promiscuous: yes}}\n"
             "workers: [1]\n"
             "metrics: {listen: localhost}\n" +
             std::string(kSink)),
      (std::vector<std::string>{"1:1 unknown-key", "3:14 leading-zero", "4:21 bad-unit", "5:19 unknown-word",
                                "5:40 out-of-range", "5:57 unknown-word", "6:10 wrong-type", "7:19 bad-address"}));
}

TEST(Config, SuggestsWhatWasMeant) {
  const ConfigLoad loaded = load("metrics: {lisen: \"off\"}\n" + std::string(kSink));
  ASSERT_EQ(loaded.diagnostics.size(), 1U);
  EXPECT_EQ(loaded.diagnostics[0].suggestion, "listen");
  EXPECT_FALSE(loaded.config);
}

TEST(Config, KeysGivenTwiceAreErrors) {
  EXPECT_FALSE(load("sensor: a\nsensor: b\n" + std::string(kSink)).config);
}

TEST(Config, SinksAreChecked) {
  EXPECT_EQ(faults("events: {sinks: [{kind: file}]}\n"), std::vector<std::string>{"1:18 bad-sink"});
  EXPECT_EQ(faults("events: {sinks: [{kind: stdout, path: x}]}\n"), std::vector<std::string>{"1:18 bad-sink"});
  EXPECT_EQ(faults("events: {sinks: [{path: x}]}\n"), std::vector<std::string>{"1:18 missing-key"});
  EXPECT_EQ(faults("events: {sinks: none}\n")[0], "1:17 wrong-type");
  const ConfigLoad none = load("sensor: x\n");
  ASSERT_EQ(none.diagnostics.size(), 1U);
  EXPECT_EQ(none.diagnostics[0].code, "no-sink");
  EXPECT_TRUE(none.config) << "a warning only";
}

TEST(Config, ValuesMustFitEachOther) {
  EXPECT_FALSE(load("front_end: {kind: pcap}\n" + std::string(kSink)).config);
  EXPECT_FALSE(load("front_end: {nfqueue: {first_queue: 65535, queues: 2}}\n" + std::string(kSink)).config);
  EXPECT_FALSE(load("limits: {kept_bytes_max: 1MiB}\n" + std::string(kSink)).config);
}

TEST(Config, ListenAddressesMayBeIpv6) {
  EXPECT_EQ(load("metrics: {listen: \"[::1]:9464\"}\n" + std::string(kSink)).config->metrics_listen, "[::1]:9464");
  EXPECT_FALSE(load("metrics: {listen: \"127.0.0.1:65536\"}\n" + std::string(kSink)).config);
}

TEST(Config, TheInstalledFileIsGood) {
  const auto loaded = load_config_file(SALLYPORT_SOURCE_DIR "/deploy/config/sallyport.yaml");
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_TRUE(loaded->diagnostics.empty()) << policy::to_text(loaded->diagnostics[0]);
  ASSERT_TRUE(loaded->config);
  EXPECT_FALSE(loaded->config->front_end.tap.resets);
}

TEST(Config, NamesTheFileThatIsNotThere) {
  const test::TemporaryFolder folder;
  const auto loaded = load_config_file(folder.path("none.yaml"));
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(loaded.error().message, HasSubstr(folder.path("none.yaml")));
}

TEST(ConfigSchema, DefaultsAreWithinTheirBounds) {
  Config defaults;
  for (const ConfigKey& row : config_keys()) {
    if (const auto* const size = std::get_if<SizeTarget>(&row.target)) {
      EXPECT_GE(*(*size)(defaults), row.least) << row.key;
      EXPECT_LE(*(*size)(defaults), row.most) << row.key;
    }
    EXPECT_TRUE(row.help.ends_with(".")) << row.key;
  }
}

}  // namespace
}  // namespace sallyport
