// Both directions of an HTTP/2 connection through the parser, however the bytes are cut.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daemon/protocols/http2/http2_parser.h"
#include "tests/support/http2_builder.h"
#include "tests/support/recording_transfer_sink.h"

namespace sallyport::test {

/// Steps are recorded and then played in several cuts; all give the same log, or the test fails.
class Http2Session {
 public:
  Http2Session& client(const std::string& bytes) { return add(Direction::kClientToServer, bytes, 0); }
  Http2Session& server(const std::string& bytes) { return add(Direction::kServerToClient, bytes, 0); }
  Http2Session& lose(Direction direction, std::uint64_t size) { return add(direction, {}, size); }

  /// One run in pieces of `piece` bytes; 0: as the steps are.
  struct Run {
    RecordingTransferSink sink;
    http2::Http2Stats stats;
  };
  std::unique_ptr<Run> play(std::size_t piece, CloseReason reason = CloseReason::kFinished) const {
    auto run = std::make_unique<Run>();
    Flow flow;
    flow.id = FlowId{7};
    flow.midstream = midstream;
    http::HttpStats http_stats;
    const http2::Http2Environment environment{run->sink, http_config, http_stats, config, run->stats, upgrades};
    const auto parser = http2::make_http2_parser(flow, environment, upgrade);
    for (const Step& step : steps_) {
      if (step.lost > 0) parser->gap(step.direction, step.lost, {});
      for (std::size_t begin = 0; begin < step.bytes.size(); begin += piece ? piece : step.bytes.size()) {
        const std::string part = step.bytes.substr(begin, piece ? piece : std::string::npos);
        parser->feed(step.direction, as_byte_span(part), {});
      }
    }
    parser->finish(reason, {});
    return run;
  }

  /// The run of the whole steps, after all other cuts gave the same log.
  std::unique_ptr<Run> play_all(CloseReason reason = CloseReason::kFinished) const {
    auto whole = play(0, reason);
    for (const std::size_t piece : {1U, 2U, 3U, 5U, 7U, 11U, 64U, 1000U}) {
      const auto cut = play(piece, reason);
      EXPECT_EQ(cut->sink.log(), whole->sink.log()) << "in pieces of " << piece;
      for (std::size_t i = 0; i < std::min(cut->sink.objects().size(), whole->sink.objects().size()); ++i)
        EXPECT_EQ(cut->sink.objects()[i].bytes, whole->sink.objects()[i].bytes) << "in pieces of " << piece;
    }
    return whole;
  }

  bool midstream = false;
  http::HttpConfig http_config;
  http2::Http2Config config;
  http::UpgradeFactory upgrades;
  const http::Upgrade* upgrade = nullptr;

 private:
  struct Step {
    Direction direction;
    std::string bytes;
    std::uint64_t lost = 0;
  };
  Http2Session& add(Direction direction, const std::string& bytes, std::uint64_t lost) {
    steps_.push_back({direction, bytes, lost});
    return *this;
  }
  std::vector<Step> steps_;
};

}  // namespace sallyport::test
