// Golden cases of HTTP: tests/golden/protocols/http/<case>/{case.stream,expect.log,README.md}.
// case.stream, line by line: ">>> bytes" from the client, "<<< bytes" from the server (escapes \r \n \t \\ \xHH; the
// line's own end is no byte), "gap >>> 12", "fin >>>", "reset", "interest account", "midstream", "# remark". Each case
// runs whole, split at each byte, and byte by byte; all must give expect.log. SALLYPORT_UPDATE_GOLDEN=1 writes it.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <sstream>

#include "daemon/protocols/http/http1_parser.h"
#include "tests/support/recording_transfer_sink.h"

namespace sallyport::http {
namespace {

namespace fs = std::filesystem;

enum class StepKind { kBytes, kGap, kFin, kReset };
struct Step {
  StepKind kind = StepKind::kBytes;
  Direction direction = Direction::kClientToServer;
  std::string bytes;
  std::uint64_t size = 0;
};
struct Script {
  std::vector<Step> steps;
  Interest interest = Interest::kContent;
  bool midstream = false;
  std::size_t bytes = 0;
};

std::string unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out.push_back(text[i]);
      continue;
    }
    const char c = text[++i];
    if (c == 'x') {
      out.push_back(static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16)));
      i += 2;
    } else {
      out.push_back(c == 'r' ? '\r' : c == 'n' ? '\n' : c == 't' ? '\t' : c);
    }
  }
  return out;
}

std::string escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    char hex[5];
    std::snprintf(hex, sizeof hex, "\\x%02x", static_cast<unsigned char>(c));
    if (c == '\\') {
      out += "\\\\";
    } else if (c >= ' ' && c < '\x7f') {
      out.push_back(c);
    } else {
      out += c == '\r' ? "\\r" : c == '\n' ? "\\n" : hex;
    }
  }
  return out;
}

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

Direction direction_of(std::string_view arrow) {
  return arrow == ">>>" ? Direction::kClientToServer : Direction::kServerToClient;
}

void add_bytes(Script& script, Direction direction, const std::string& bytes) {
  script.bytes += bytes.size();
  const bool goes_on = !script.steps.empty() && script.steps.back().kind == StepKind::kBytes;
  if (goes_on && script.steps.back().direction == direction) {
    script.steps.back().bytes += bytes;
  } else {
    script.steps.push_back({StepKind::kBytes, direction, bytes, 0});
  }
}

Script read_script(const fs::path& path) {
  Script script;
  std::istringstream lines(read_file(path));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string word, arrow;
    words >> word >> arrow;
    if (word == ">>>" || word == "<<<") {
      add_bytes(script, direction_of(word), unescape(std::string_view(line).substr(4)));
    } else if (word == "gap") {
      std::uint64_t size = 0;
      words >> size;
      script.steps.push_back({StepKind::kGap, direction_of(arrow), {}, size});
    } else if (word == "fin") {
      script.steps.push_back({StepKind::kFin, direction_of(arrow), {}, 0});
    } else if (word == "reset") {
      script.steps.push_back({StepKind::kReset, Direction::kClientToServer, {}, 0});
    } else if (word == "interest") {
      script.interest = arrow == "account" ? Interest::kAccount : Interest::kDigest;
    } else if (word == "midstream") {
      script.midstream = true;
    } else {
      EXPECT_TRUE(word.empty() || word[0] == '#') << path << ": " << line;
    }
  }
  return script;
}

/// One run; `pieces(position, size)` says how many of the `size` bytes at `position` of the case go into one feed.
class Replay {
 public:
  explicit Replay(const Script& script, bool sleeps = false) : script_(script), sleeps_(sleeps) {
    sink_.interest = script.interest;
    flow_.id = FlowId{7};
    flow_.midstream = script.midstream;
    parser_ = make_http1_parser(flow_, sink_, config_, stats_);
  }

  std::string log(const std::function<std::size_t(std::size_t, std::size_t)>& pieces) {
    CloseReason reason = CloseReason::kFinished;
    for (const Step& step : script_.steps) {
      if (step.kind == StepKind::kBytes) feed(step, pieces);
      if (step.kind == StepKind::kGap) parser_->gap(step.direction, step.size, time_);
      if (step.kind == StepKind::kFin) half_close(step.direction);
      if (step.kind == StepKind::kReset) reason = CloseReason::kReset;
    }
    parser_->finish(reason, time_);
    return report();
  }

 private:
  void feed(const Step& step, const std::function<std::size_t(std::size_t, std::size_t)>& pieces) {
    for (std::string_view rest = step.bytes; !rest.empty();) {
      const std::size_t size = std::min(pieces(position_, rest.size()), rest.size());
      const std::size_t taken = parser_->feed(step.direction, as_byte_span(rest.substr(0, size)), time_);
      EXPECT_TRUE(taken == size || parser_->state() == ParserState::kHandOver);
      left_over_ += size - taken;
      position_ += size;
      rest.remove_prefix(size);
      if (sleeps_) sleep();
    }
  }

  void half_close(Direction direction) {
    closed_[index_of(direction)] = true;
    parser_->half_close(direction, time_);
  }

  /// As the dispatcher does it where a flow is silent and then goes on.
  void sleep() {
    ParserMemory memory;
    if (parser_->state() != ParserState::kRunning || !parser_->sleep(memory)) return;
    parser_ = wake_http1_parser(flow_, memory, sink_, {config_, stats_, {}});
    for (const Direction direction : {Direction::kClientToServer, Direction::kServerToClient}) {
      if (closed_[index_of(direction)]) parser_->half_close(direction, time_);
    }
  }

  std::string report() const {
    std::ostringstream out;
    out << sink_.log();
    std::size_t number = 0;
    for (const auto& object : sink_.objects()) {
      const TransferFacts& facts = object.facts;
      out << "object " << ++number << ": type=" << facts.media_type << " field=" << facts.form_field
          << " user=" << facts.user << " etag=" << facts.etag << " status=" << facts.status;
      if (facts.declared_size) out << " declared=" << *facts.declared_size;
      if (object.identity.spans_flows) out << " key=" << object.identity.key;
      out << (object.ended ? "" : " OPEN") << "\n  \"" << escape(std::string_view(object.bytes).substr(0, 400))
          << "\"\n";
    }
    if (parser_->state() == ParserState::kHandOver) out << "hand over, " << left_over_ << " bytes left\n";
    out << "requests=" << stats_.requests.value() << " responses=" << stats_.responses.value()
        << " bodies=" << stats_.bodies.value() << " parts=" << stats_.parts.value()
        << " resyncs=" << stats_.resyncs.value() << " unparsed=" << stats_.unparsed_bytes.value() << "\n";
    return out.str();
  }

  const Script& script_;
  const bool sleeps_;
  const HttpConfig config_;
  Flow flow_;
  std::array<bool, 2> closed_{};
  test::RecordingTransferSink sink_;
  HttpStats stats_;
  std::unique_ptr<ProtocolParser> parser_;
  Timestamp time_{};
  std::size_t position_ = 0;
  std::size_t left_over_ = 0;
};

class HttpGolden : public testing::TestWithParam<std::string> {};

TEST_P(HttpGolden, GivesTheSameLogHoweverItIsCut) {
  const fs::path folder = fs::path(SALLYPORT_GOLDEN_DIR) / GetParam();
  ASSERT_TRUE(fs::exists(folder / "README.md")) << "each case says in README.md what its trick is";
  const Script script = read_script(folder / "case.stream");
  const std::string whole = Replay(script).log([](std::size_t, std::size_t size) { return size; });
  if (std::getenv("SALLYPORT_UPDATE_GOLDEN")) std::ofstream(folder / "expect.log", std::ios::binary) << whole;
  EXPECT_EQ(whole, read_file(folder / "expect.log"));
  for (std::size_t split = 1; split < script.bytes; ++split) {
    const std::string log =
        Replay(script).log([split](std::size_t at, std::size_t size) { return at < split ? split - at : size; });
    ASSERT_EQ(whole, log) << "split at byte " << split;
  }
  EXPECT_EQ(whole, Replay(script).log([](std::size_t, std::size_t) { return 1; })) << "byte by byte";
  EXPECT_EQ(whole, Replay(script, true).log([](std::size_t, std::size_t) { return 1; })) << "asleep where it can be";
}

std::vector<std::string> cases() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(SALLYPORT_GOLDEN_DIR)) {
    if (entry.is_directory()) names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

INSTANTIATE_TEST_SUITE_P(Cases, HttpGolden, testing::ValuesIn(cases()), [](const auto& test) { return test.param; });

}  // namespace
}  // namespace sallyport::http
