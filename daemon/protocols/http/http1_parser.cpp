#include "daemon/protocols/http/http1_parser.h"

#include <array>
#include <utility>

#include "daemon/protocols/http/message_reader.h"

namespace sallyport::http {
namespace {

class Http1Parser : public ProtocolParser {
 public:
  Http1Parser(const Flow& flow, TransferSink& sink, const HttpConfig& config, HttpStats& stats, UpgradeFactory upgrades)
      : flow_(flow),
        config_(config),
        upgrades_(std::move(upgrades)),
        connection_{flow_, config_, stats, {}, false, false, {}, {}},
        readers_{{{connection_, Direction::kClientToServer, sink}, {connection_, Direction::kServerToClient, sink}}} {}

  std::size_t feed(Direction direction, Bytes bytes, Timestamp time) override {
    if (connection_.handed_over) return 0;
    time_ = time;
    const std::size_t taken = reader(direction).push(bytes, time);
    if (connection_.handed_over) {
      // A body that is still open lacks its end: lost, or the answer did not wait for it.
      for (MessageReader& open : readers_) open.abort({EndReason::kAborted, NotInspected::kGap}, time);
    }
    return taken;
  }
  void gap(Direction direction, std::uint64_t size, Timestamp time) override { reader(direction).lose(size, time); }
  void conflict(Direction direction, Timestamp time) override { reader(direction).conflict(time); }
  void half_close(Direction direction, Timestamp time) override { reader(direction).half_close(time); }

  void finish(CloseReason reason, Timestamp time) override {
    reader(Direction::kClientToServer).settle_upgrade();
    if (!connection_.early.empty() && connection_.handed_over) {
      const Successor next = successor();
      if (next.parser) next.parser->finish(reason, time);
    }
    for (MessageReader& open : readers_) {
      if (reason == CloseReason::kFinished) {
        open.half_close(time);
      } else if (reason == CloseReason::kReset || reason == CloseReason::kBlocked) {
        open.abort({EndReason::kAborted, NotInspected::kAborted}, time);
      } else {
        open.abort({EndReason::kConnectionClosed, NotInspected::kGap}, time);
      }
    }
    reader(Direction::kClientToServer).tell_unheard();
  }

  std::optional<std::int64_t> answer_place(Direction blocked) const override {
    const std::size_t waiting = connection_.waiting.size();
    const bool is_oldest = blocked == Direction::kClientToServer ? waiting == 1 : waiting > 0;
    if (connection_.handed_over || !is_oldest) return std::nullopt;
    return readers_[index_of(Direction::kServerToClient)].message_place();
  }

  std::size_t memory_bytes() const override {
    return sizeof(*this) + readers_[0].memory_bytes() + readers_[1].memory_bytes() +
           connection_.waiting.memory_bytes() + connection_.early.capacity();
  }
  bool give_up(Timestamp time) override;
  bool sleep(ParserMemory& memory) override;
  void go_on(const ParserMemory& memory);

  ParserState state() const override {
    return connection_.handed_over ? ParserState::kHandOver : ParserState::kRunning;
  }

  Successor successor() override {
    if (!connection_.upgrade || !upgrades_) return {};
    Successor next = upgrades_(flow_, *connection_.upgrade);
    const ByteBuffer early = std::exchange(connection_.early, {});
    if (next.parser && !early.empty()) next.parser->feed(Direction::kClientToServer, early, time_);
    return next;
  }

 private:
  MessageReader& reader(Direction direction) { return readers_[index_of(direction)]; }

  const Flow flow_;
  const HttpConfig& config_;
  const UpgradeFactory upgrades_;
  Timestamp time_{};
  Connection connection_;
  std::array<MessageReader, 2> readers_;
};

/// ParserMemory::rest: one character a fact.
enum class Rest : std::uint8_t { kServerHeard, kFirst, kResyncs = kFirst + 2, kSize = kResyncs + 2 };

constexpr std::size_t place_in_rest(Rest fact, std::size_t way = 0) {
  return static_cast<std::size_t>(fact) + way;
}

bool Http1Parser::give_up(Timestamp time) {
  for (MessageReader& open : readers_) open.abort({EndReason::kAborted, NotInspected::kOverBudget}, time);
  reader(Direction::kClientToServer).tell_unheard();
  connection_.waiting.clear();
  connection_.early = {};
  return false;
}

bool Http1Parser::sleep(ParserMemory& memory) {
  const bool busy =
      connection_.handed_over || connection_.upgrade || !connection_.waiting.empty() || !connection_.early.empty();
  const std::array<std::optional<MessageReader::Place>, 2> places{readers_[0].place(), readers_[1].place()};
  if (busy || !places[0] || !places[1]) return false;
  memory.rest.assign(place_in_rest(Rest::kSize), '0');
  const auto note = [&memory](bool fact, std::size_t at) { memory.rest[at] = fact ? '1' : '0'; };
  note(connection_.server_heard, place_in_rest(Rest::kServerHeard));
  for (const std::size_t way : {0U, 1U}) {
    memory.messages[way] = places[way]->messages;
    note(places[way]->first, place_in_rest(Rest::kFirst, way));
    note(places[way]->resyncs, place_in_rest(Rest::kResyncs, way));
    readers_[way].end_lost_bytes();
  }
  return true;
}

void Http1Parser::go_on(const ParserMemory& memory) {
  const auto noted = [&memory](Rest fact, std::size_t way = 0) { return memory.rest[place_in_rest(fact, way)] == '1'; };
  connection_.server_heard = noted(Rest::kServerHeard);
  for (const std::size_t way : {0U, 1U}) {
    readers_[way].go_on_at({memory.messages[way], noted(Rest::kFirst, way), noted(Rest::kResyncs, way)});
  }
}

}  // namespace

std::unique_ptr<ProtocolParser> make_http1_parser(const Flow& flow, TransferSink& sink, const HttpConfig& config,
                                                  HttpStats& stats, UpgradeFactory upgrades) {
  return std::make_unique<Http1Parser>(flow, sink, config, stats, std::move(upgrades));
}

std::unique_ptr<ProtocolParser> wake_http1_parser(const Flow& flow, const ParserMemory& memory, TransferSink& sink,
                                                  const Http1Environment& environment) {
  auto parser = std::make_unique<Http1Parser>(flow, sink, environment.config, environment.stats, environment.upgrades);
  parser->go_on(memory);
  return parser;
}

}  // namespace sallyport::http
