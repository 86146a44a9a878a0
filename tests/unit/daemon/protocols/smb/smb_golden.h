// A conversation, how it is fed, and the log that is kept of it.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/protocols/smb/smb_parser.h"
#include "tests/support/recording_transfer_sink.h"
#include "tests/support/smb_builder.h"

namespace sallyport::smb {

inline constexpr Direction kUp = Direction::kClientToServer;
inline constexpr Direction kDown = Direction::kServerToClient;

struct Step {
  Direction direction = kUp;
  std::string bytes;
  std::uint64_t gap = 0;
  int flow = 1;
};
struct Case {
  std::string name;
  std::vector<Step> steps;
  bool midstream = false;
  Interest interest = Interest::kContent;
  bool has_addresses = false;  ///< the server of flow N is 192.0.2.N; else all flows go to one address
};

inline void PrintTo(const Case& one, std::ostream* out) {
  *out << one.name;
}

inline Step up(const std::string& message, int flow = 1) {
  return {kUp, test::smb::frame(message), 0, flow};
}
inline Step down(const std::string& message, int flow = 1) {
  return {kDown, test::smb::frame(message), 0, flow};
}
inline Step lost(Direction direction, std::uint64_t size) {
  return {direction, {}, size, 1};
}
inline Step cut(Direction direction, const std::string& bytes) {
  return {direction, bytes, 0, 1};
}

/// The connection of `flow` is over.
inline Step gone(int flow) {
  Step step;
  step.flow = -flow;
  return step;
}

template <class T>
std::vector<T> operator+(std::vector<T> left, const std::vector<T>& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

inline std::vector<Step> opened(std::string_view name, std::uint64_t file, std::uint64_t end_of_file,
                                std::uint8_t share_type = 1) {
  using namespace test::smb;
  return {down(negotiate_reply(0x302, 0)),
          up(session_setup(1, "CORP", "ann")),
          down(session_setup_reply(1, 0)),
          up(tree_connect(2, share_type == 2 ? "\\\\fs\\IPC$" : "\\\\fs\\pictures")),
          down(tree_connect_reply(2, share_type)),
          up(create(3, name)),
          down(create_reply(3, file, end_of_file))};
}
inline std::vector<Step> closed(std::uint64_t message_id, std::uint64_t file) {
  using namespace test::smb;
  return {up(close(message_id, file)), down(close_reply(message_id))};
}

/// Feeds the steps; each step's bytes are cut at `split`, or byte by byte where `split` is zero. `sleeps`: the parsers
/// sleep between any two pieces where they can, and are made again.
inline std::string run(const Case& one, std::size_t split, bool sleeps = false) {
  SmbConfig config;
  SmbStats stats;
  const auto tables = std::make_shared<GlobalTables>();
  test::RecordingTransferSink sink;
  sink.interest = one.interest;
  std::map<int, std::unique_ptr<ProtocolParser>> parsers;
  const auto flow_of = [&one](int number) {
    Flow flow;
    flow.id = FlowId{static_cast<std::uint64_t>(number)};
    flow.client = {*IpAddress::parse("192.0.2.9"), 50000};
    flow.server = {*IpAddress::parse("192.0.2." + std::to_string(one.has_addresses ? number : 1)), 445};
    flow.midstream = one.midstream;
    return flow;
  };
  for (const Step& step : one.steps) {
    if (step.flow < 0) {
      parsers.extract(-step.flow).mapped()->finish(CloseReason::kReset, {});
      continue;
    }
    auto& parser = parsers[step.flow];
    if (!parser) parser = make_smb_parser(flow_of(step.flow), sink, config, stats, tables);
    if (step.gap > 0) parser->gap(step.direction, step.gap, {});
    std::string_view rest = step.bytes;
    for (bool first = true; !rest.empty(); first = false) {
      const std::size_t size = split == 0 ? 1 : first ? std::min(split, rest.size()) : rest.size();
      parser->feed(step.direction, as_byte_span(std::string(rest.substr(0, size))), {});
      rest.remove_prefix(size);
      ParserMemory memory;
      const bool asleep = sleeps && parser->sleep(memory);
      if (asleep) parser = wake_smb_parser(flow_of(step.flow), memory, sink, {config, stats, tables});
    }
  }
  for (const auto& [id, parser] : parsers) parser->finish(CloseReason::kFinished, {});
  std::ostringstream log;
  log << sink.log();
  for (const auto& object : sink.objects()) {
    const std::string text = object.bytes.size() > 60 ? object.bytes.substr(0, 60) + "..." : object.bytes;
    std::string shown;
    for (const char character : text) shown += character == '\0' ? '.' : character;
    log << object.identity.key << (object.identity.spans_flows ? " spans" : "")
        << (object.identity.resumable ? " resumable" : "") << " user=" << object.facts.user
        << " to=" << object.facts.receiver.to_string() << " size=" << object.facts.declared_size.value_or(0) << " ["
        << shown << "]\n";
  }
  log << "malformed=" << stats.malformed.value() << " resyncs=" << stats.resyncs.value()
      << " lost=" << stats.lost_messages.value() << " refused=" << stats.refused_writes.value() << "\n";
  return log.str();
}

/// The whole test of one case: the same log however its messages are cut, and the log that is kept.
inline void check_golden(const Case& one) {
  const std::string whole = run(one, ~std::size_t{0});
  std::size_t longest = 1;
  for (const Step& step : one.steps) longest = std::max(longest, step.bytes.size());
  const std::size_t stride = longest / 512 + 1;
  for (std::size_t split = 1; split < longest; split += stride)
    ASSERT_EQ(whole, run(one, split)) << "split at byte " << split;
  ASSERT_EQ(whole, run(one, 0)) << "byte by byte";
  ASSERT_EQ(whole, run(one, 0, true)) << "asleep where it can be";
  const std::string path = std::string(SALLYPORT_GOLDEN_DIR) + "/" + one.name + ".log";
  if (std::getenv("SALLYPORT_UPDATE_GOLDEN") != nullptr) std::ofstream(path) << whole;
  std::ifstream file(path);
  const std::string expected{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(expected, whole);
}

inline std::string name_of(const testing::TestParamInfo<Case>& info) {
  return info.param.name;
}

}  // namespace sallyport::smb
