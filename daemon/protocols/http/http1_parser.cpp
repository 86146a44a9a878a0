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
  const HttpConfig config_;
  const UpgradeFactory upgrades_;
  Timestamp time_{};
  Connection connection_;
  std::array<MessageReader, 2> readers_;
};

}  // namespace

std::unique_ptr<ProtocolParser> make_http1_parser(const Flow& flow, TransferSink& sink, const HttpConfig& config,
                                                  HttpStats& stats, UpgradeFactory upgrades) {
  return std::make_unique<Http1Parser>(flow, sink, config, stats, std::move(upgrades));
}

}  // namespace sallyport::http
