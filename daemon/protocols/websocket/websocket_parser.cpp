#include "daemon/protocols/websocket/websocket_parser.h"

#include <array>

#include "daemon/protocols/websocket/direction_reader.h"

namespace sallyport::websocket {
namespace {

class WebSocketParser : public ProtocolParser {
 public:
  WebSocketParser(const Flow& flow, const WebSocketEnvironment& environment, const http::Upgrade& upgrade)
      : flow_(flow),
        upgrade_(upgrade),
        connection_{flow_, upgrade_, environment.config, environment.stats,
                    upgrade.answer_seen ? parse_extensions(upgrade.extensions) : Handshake()},
        up_(connection_, context_of(environment), Direction::kClientToServer, false),
        down_(connection_, context_of(environment), Direction::kServerToClient,
              !upgrade.answer_seen && upgrade.stream.empty()) {
    environment.stats.connections.add();
  }

  std::size_t feed(Direction direction, Bytes bytes, Timestamp time) override {
    reader(direction).push(bytes, time);
    return bytes.size();
  }
  void gap(Direction direction, std::uint64_t size, Timestamp time) override { reader(direction).lose(size, time); }
  void conflict(Direction direction, Timestamp time) override { reader(direction).conflict(time); }
  void half_close(Direction direction, Timestamp time) override {
    reader(direction).finish({EndReason::kAborted, NotInspected::kAborted}, time);
  }
  void finish(CloseReason reason, Timestamp time) override {
    const bool cut =
        reason == CloseReason::kFinished || reason == CloseReason::kReset || reason == CloseReason::kBlocked;
    const http::BodyEnd end = cut ? http::BodyEnd{EndReason::kAborted, NotInspected::kAborted}
                                  : http::BodyEnd{EndReason::kConnectionClosed, NotInspected::kGap};
    up_.finish(end, time);
    down_.finish(end, time);
  }
  ParserState state() const override { return ParserState::kRunning; }
  std::size_t memory_bytes() const override {
    return sizeof(*this) + http::bytes_of(upgrade_.request) + up_.memory_bytes() + down_.memory_bytes();
  }
  bool give_up(Timestamp time) override {
    up_.finish({EndReason::kAborted, NotInspected::kOverBudget}, time);
    down_.finish({EndReason::kAborted, NotInspected::kOverBudget}, time);
    return false;
  }

 private:
  http::EntityContext context_of(const WebSocketEnvironment& environment) const {
    return {flow_.id, environment.sink, environment.http_config, environment.http_stats, flow_.opened};
  }
  DirectionReader& reader(Direction direction) { return direction == Direction::kClientToServer ? up_ : down_; }

  const Flow flow_;
  const http::Upgrade upgrade_;
  Connection connection_;
  DirectionReader up_;
  DirectionReader down_;
};

}  // namespace

std::unique_ptr<ProtocolParser> make_websocket_parser(const Flow& flow, const WebSocketEnvironment& environment,
                                                      const http::Upgrade& upgrade) {
  return std::make_unique<WebSocketParser>(flow, environment, upgrade);
}

}  // namespace sallyport::websocket
