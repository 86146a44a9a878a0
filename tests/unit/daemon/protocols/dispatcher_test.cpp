#include "daemon/protocols/dispatcher.h"

#include <gtest/gtest.h>

#include <string>

#include "daemon/base/limits.h"
#include "tests/support/feed_all_ways.h"
#include "tests/support/recording_transfer_sink.h"

namespace sallyport {
namespace {

constexpr FlowId kFlow{5};
constexpr Direction kUp = Direction::kClientToServer;
constexpr Direction kDown = Direction::kServerToClient;

/// A protocol that starts with a word; '!' makes it fail, '>' makes it hand over what follows, '^' to one that it
/// names. Behind '.' it can sleep.
class WordParser : public ProtocolParser {
 public:
  WordParser(std::string word, std::string& log) : word_(std::move(word)), log_(log) {}

  std::size_t feed(Direction direction, Bytes bytes, Timestamp) override {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      const char c = as_text(bytes)[i];
      note(direction, std::string(1, c));
      idle_ = c == '.';
      if (c == '!') state_ = ParserState::kFailed;
      names_successor_ = c == '^';
      if (c == '>' || c == '^') {
        state_ = ParserState::kHandOver;
        return i + 1;
      }
    }
    return bytes.size();
  }
  void gap(Direction direction, std::uint64_t size, Timestamp) override {
    note(direction, "(gap " + std::to_string(size) + ")");
  }
  void conflict(Direction direction, Timestamp) override { note(direction, "(conflict)"); }
  void half_close(Direction direction, Timestamp) override { note(direction, "(fin)"); }
  void finish(CloseReason, Timestamp) override { note(kUp, "(finish)"); }
  ParserState state() const override { return state_; }
  bool sleep(ParserMemory& memory) override {
    memory.rest = word_ + "'";
    return idle_;
  }
  Successor successor() override {
    if (!names_successor_) return {};
    return {Protocol::kWebSocket, std::make_unique<WordParser>("next", log_)};
  }

 private:
  void note(Direction direction, const std::string& text) {
    const std::string mark = word_ + (direction == kUp ? "+" : "-");
    if (last_ != mark) log_ += " " + mark;
    last_ = mark;
    log_ += text;
  }

  std::string word_;
  std::string& log_;
  std::string last_;
  ParserState state_ = ParserState::kRunning;
  bool names_successor_ = false;
  bool idle_ = false;
};

Recognition judge_word(std::string_view word, Bytes bytes) {
  const std::size_t size = std::min(word.size(), bytes.size());
  if (as_text(bytes).substr(0, size) != word.substr(0, size)) return Recognition::kNo;
  return size == word.size() ? Recognition::kYes : Recognition::kMaybe;
}
Recognition judge_alpha(Direction, Bytes bytes) {
  return judge_word("alpha", bytes);
}
Recognition judge_beta(Direction, Bytes bytes) {
  return judge_word("beta", bytes);
}
Recognition judge_endless(Direction, Bytes bytes) {
  return as_text(bytes).find_first_not_of('~') == std::string_view::npos ? Recognition::kMaybe : Recognition::kNo;
}

class DispatcherTest : public testing::Test {
 protected:
  DispatcherTest() { open(false); }
  std::vector<ProtocolEntry> entries() {
    const auto word = [this](const char* name) {
      return [this, name](const Flow&) { return std::make_unique<WordParser>(name, log); };
    };
    const auto wake = [this](const Flow&, const ParserMemory& memory) {
      return std::make_unique<WordParser>(memory.rest, log);
    };
    return {{Protocol::kHttp1, judge_alpha, word("alpha"), wake},
            {Protocol::kSmb2, judge_beta, word("beta")},
            {Protocol::kTls, judge_endless, word("endless")}};
  }
  void open(bool midstream) {
    flow.id = kFlow;
    flow.midstream = midstream;
    EXPECT_EQ(dispatcher.on_open(flow), Interest::kContent);
  }
  void bytes(Direction direction, std::string_view text) {
    dispatcher.on_bytes(kFlow, direction, 0, as_byte_span(text), Timestamp{});
  }
  void close() { dispatcher.on_close(kFlow, CloseReason::kFinished, Timestamp{}); }

  std::string log;
  test::RecordingTransferSink sink;
  StreamTrace trace{sink};
  Flow flow;
  Dispatcher dispatcher{trace, entries()};
};

TEST_F(DispatcherTest, RecognisesByContentHoweverItIsCut) {
  const std::string text = "alpha and more>beta inside>nonsense";
  const std::string told = test::feed_all_ways(as_byte_span(text), [](const test::Feeder& feeder) {
    DispatcherTest_RecognisesByContentHoweverItIsCut_Test fresh;
    feeder([&](Bytes piece) { fresh.bytes(kUp, as_text(piece)); });
    fresh.close();
    return fresh.log + "\n" + fresh.sink.log();
  });
  EXPECT_EQ(
      told,
      " alpha+alpha and more>(finish) beta+beta inside>(finish)\n"
      "#1 begin unknown upload  host= path= name= share= opaque=unknown_protocol\n#1 end complete bytes=0 passed=8\n");
}

TEST_F(DispatcherTest, ANamedSuccessorGoesOnWithoutRecognition) {
  const std::string text = "alpha^\x81 frames";
  test::feed_all_ways(as_byte_span(text), [](const test::Feeder& feeder) {
    DispatcherTest_ANamedSuccessorGoesOnWithoutRecognition_Test fresh;
    feeder([&](Bytes piece) { fresh.bytes(kUp, as_text(piece)); });
    fresh.bytes(kDown, "answer");
    fresh.close();
    EXPECT_EQ(fresh.log, " alpha+alpha^(finish) next+\x81 frames next-answer next+(finish)");
    EXPECT_EQ(fresh.dispatcher.stats().of(Protocol::kWebSocket).flows_total.value(), 1U);
    EXPECT_EQ(fresh.dispatcher.stats().of(Protocol::kWebSocket).bytes_total.value(), 14U);
    return fresh.log;
  });
}

TEST_F(DispatcherTest, ServerMaySpeakFirst) {
  bytes(kDown, "be");
  bytes(kUp, "al");
  bytes(kDown, "ta");
  EXPECT_EQ(log, " beta-be beta+al beta-ta") << "in the order in which they came";
  EXPECT_EQ(dispatcher.stats().of(Protocol::kSmb2).flows_total.value(), 1U);
  EXPECT_EQ(dispatcher.stats().of(Protocol::kSmb2).bytes_total.value(), 6U);
}

TEST_F(DispatcherTest, FailureLeavesTheRestOpaqueInBothDirections) {
  bytes(kUp, "alpha!rest");
  bytes(kUp, "more");
  bytes(kDown, "answer");
  close();
  EXPECT_EQ(log, " alpha+alpha!rest(finish)");
  EXPECT_EQ(sink.log(),
            "#1 begin unknown upload  host= path= name= share= opaque=protocol_error\n"
            "#2 begin unknown download  host= path= name= share= opaque=protocol_error\n"
            "#1 end complete bytes=0 passed=4\n#2 end complete bytes=0 passed=6\n");
  EXPECT_EQ(dispatcher.stats().failed_total.value(), 1U);
}

TEST_F(DispatcherTest, WaitsNoLongerThanTheLimit) {
  const std::string long_start(limits::kRecognitionBytes + 100, '~');
  bytes(kUp, std::string_view(long_start).substr(0, 10));
  EXPECT_TRUE(sink.log().empty());
  bytes(kUp, std::string_view(long_start).substr(10));
  close();
  EXPECT_EQ(sink.objects().at(0).passed, long_start.size());
}

TEST_F(DispatcherTest, EndBeforeRecognitionIsUnknown) {
  bytes(kUp, "alp");
  dispatcher.on_half_close(kFlow, kUp, Timestamp{});
  close();
  EXPECT_EQ(sink.objects().at(0).passed, 3U);
  EXPECT_EQ(sink.objects().at(0).facts.opaque, NotInspected::kUnknownProtocol);
}

TEST_F(DispatcherTest, SilentClientThatClosesLeavesTheWordToTheServer) {
  dispatcher.on_half_close(kFlow, kUp, Timestamp{});
  bytes(kDown, "alpha");
  EXPECT_EQ(log, " alpha-alpha alpha+(fin)");
}

TEST_F(DispatcherTest, MissedStartIsMadeGoodAtTheNextMessage) {
  open(true);
  bytes(kUp, "the middle of something");
  bytes(kUp, "alpha again");
  close();
  EXPECT_EQ(log, " alpha+alpha again(finish)");
  EXPECT_EQ(sink.objects().at(0).passed, 23U);
  EXPECT_TRUE(sink.objects().at(0).ended);
  EXPECT_EQ(dispatcher.stats().found_midstream_total.value(), 1U);
}

TEST_F(DispatcherTest, AMissedStartIsMadeGoodHoweverMuchComesFirst) {
  open(true);
  constexpr std::size_t kSegments = 10'000;
  for (std::size_t i = 0; i < kSegments; ++i) bytes(kUp, "the middle of something large");
  bytes(kDown, "alpha");
  bytes(kUp, "answer");
  close();
  EXPECT_EQ(log, " alpha-alpha alpha+answer(finish)");
  EXPECT_EQ(sink.objects().at(0).passed, kSegments * 29);
  EXPECT_EQ(sink.objects().at(0).facts.opaque, NotInspected::kUnknownProtocol);
}

TEST_F(DispatcherTest, FlowSeenFromItsStartIsJudgedOnce) {
  bytes(kUp, "something else");
  bytes(kUp, "alpha");
  EXPECT_TRUE(log.empty());
}

TEST_F(DispatcherTest, GapBeforeRecognitionIsCountedAndProbed) {
  dispatcher.on_gap(kFlow, kUp, 0, 100, Timestamp{});
  bytes(kUp, "alpha");
  close();
  EXPECT_EQ(log, " alpha+alpha(finish)");
  EXPECT_EQ(sink.log(),
            "#1 begin unknown upload  host= path= name= share= opaque=unknown_protocol\n#1 hole 0+100 gap\n"
            "#1 end complete bytes=0\n");
}

TEST_F(DispatcherTest, HandOversAreBounded) {
  for (int i = 0; i < limits::kHandOversPerFlow + 3; ++i) bytes(kUp, "alpha>");
  close();
  EXPECT_EQ(dispatcher.stats().handed_over_total.value(), static_cast<std::uint64_t>(limits::kHandOversPerFlow) + 1);
  EXPECT_EQ(sink.objects().at(0).passed, 12U);
}

TEST_F(DispatcherTest, ASilentFlowGoesOnWhereItWas) {
  bytes(kUp, "alpha one.");
  bytes(kDown, "two.");
  dispatcher.on_quiet(kFlow);
  EXPECT_EQ(dispatcher.stats().slept_total.value(), 1U);
  dispatcher.on_half_close(kFlow, kDown, Timestamp{});
  bytes(kUp, "three");
  dispatcher.on_quiet(kFlow);
  close();
  EXPECT_EQ(log, " alpha+alpha one. alpha-two. alpha'-(fin) alpha'+three(finish)");
  EXPECT_EQ(dispatcher.stats().woken_total.value(), 1U);
  EXPECT_EQ(dispatcher.stats().of(Protocol::kHttp1).flows_total.value(), 1U) << "it was recognised once";
  EXPECT_EQ(dispatcher.stats().of(Protocol::kHttp1).bytes_total.value(), 19U);
}

TEST_F(DispatcherTest, ADirectionThatEndedIsStillOverAfterSleep) {
  bytes(kUp, "alpha.");
  dispatcher.on_half_close(kFlow, kUp, Timestamp{});
  dispatcher.on_quiet(kFlow);
  bytes(kDown, "more");
  EXPECT_EQ(log, " alpha+alpha.(fin) alpha'+(fin) alpha'-more");
}

TEST_F(DispatcherTest, NothingIsToldOfAFlowThatEndsAsleep) {
  bytes(kUp, "alpha.");
  dispatcher.on_quiet(kFlow);
  close();
  EXPECT_EQ(log, " alpha+alpha.");
}

TEST_F(DispatcherTest, AGapWakes) {
  bytes(kUp, "alpha.");
  dispatcher.on_quiet(kFlow);
  dispatcher.on_gap(kFlow, kUp, 6, 10, Timestamp{});
  EXPECT_EQ(log, " alpha+alpha. alpha'+(gap 10)");
}

TEST_F(DispatcherTest, SignsOutliveSleep) {
  bytes(kUp, "alpha.");
  dispatcher.on_evasion(kFlow, kUp, bit(Evasion::kUrgentData));
  dispatcher.on_quiet(kFlow);
  bytes(kUp, "!");
  bytes(kUp, "rest");
  close();
  EXPECT_NE(sink.log().find("flag"), std::string::npos) << sink.log();
}

TEST_F(DispatcherTest, ConflictReachesTheParserThatComesLater) {
  bytes(kUp, "al");
  dispatcher.on_conflict(kFlow, kUp, 0, as_byte_span("xx"), Timestamp{});
  bytes(kUp, "pha");
  EXPECT_EQ(log, " alpha+alpha(conflict)");
}

}  // namespace
}  // namespace sallyport
