#include "daemon/protocols/http2/http2_parser.h"

#include <array>

#include "daemon/protocols/http2/direction_reader.h"

namespace sallyport::http2 {
namespace {

constexpr unsigned kRefusedPart = 1U << 30;

FrameReader::Start start_of(const Flow& flow, Direction direction) {
  if (flow.midstream) return FrameReader::Start::kMiddle;
  return direction == Direction::kClientToServer ? FrameReader::Start::kPreface : FrameReader::Start::kFrame;
}

class Http2Parser : public ProtocolParser {
 public:
  Http2Parser(const Flow& flow, const Http2Environment& environment, const http::Upgrade* upgrade)
      : flow_(flow),
        upgrades_(environment.upgrades),
        connection_{flow_,
                    environment.sink,
                    environment.config,
                    environment.stats,
                    upgrades_,
                    StreamTable(environment.config, environment.stats),
                    OpaqueParser(flow_, Protocol::kHttp2, NotInspected::kOverBudget, environment.sink, kRefusedPart)},
        readers_{
            {reader_of(Direction::kClientToServer, environment), reader_of(Direction::kServerToClient, environment)}} {
    if (upgrade) open_first_stream(*upgrade);
  }

  std::size_t feed(Direction direction, Bytes bytes, Timestamp time) override {
    readers_[index_of(direction)]->push(bytes, time);
    return bytes.size();
  }
  void gap(Direction direction, std::uint64_t size, Timestamp time) override {
    readers_[index_of(direction)]->lose(size, time);
  }
  void conflict(Direction direction, Timestamp time) override { readers_[index_of(direction)]->conflict(time); }
  void half_close(Direction direction, Timestamp time) override {
    readers_[index_of(direction)]->finish({EndReason::kAborted, NotInspected::kAborted}, time);
  }

  void finish(CloseReason reason, Timestamp time) override {
    const bool cut =
        reason == CloseReason::kFinished || reason == CloseReason::kReset || reason == CloseReason::kBlocked;
    const http::BodyEnd end = cut ? http::BodyEnd{EndReason::kAborted, NotInspected::kAborted}
                                  : http::BodyEnd{EndReason::kConnectionClosed, NotInspected::kGap};
    for (const auto& reader : readers_) reader->finish(end, time);
    for (auto& [id, stream] : connection_.streams.all()) {
      if (stream.tunnel) stream.tunnel->finish(reason, time);
    }
    connection_.refused.finish(reason, time);
  }

  ParserState state() const override { return ParserState::kRunning; }
  std::size_t memory_bytes() const override {
    return sizeof(*this) + connection_.streams.memory_bytes() + readers_[0]->memory_bytes() +
           readers_[1]->memory_bytes();
  }
  bool give_up(Timestamp time) override {
    for (auto& [id, stream] : connection_.streams.all()) {
      if (stream.tunnel) stream.tunnel->give_up(time);
    }
    for (const auto& reader : readers_) reader->finish({EndReason::kAborted, NotInspected::kOverBudget}, time);
    connection_.refused.finish(CloseReason::kEvicted, time);
    return false;
  }

 private:
  std::unique_ptr<DirectionReader> reader_of(Direction direction, const Http2Environment& environment) {
    const http::EntityContext context{flow_.id, environment.sink, environment.http_config, environment.http_stats,
                                      flow_.opened};
    return std::make_unique<DirectionReader>(connection_, context, direction, start_of(flow_, direction));
  }

  /// RFC 7540 3.2: the request that asked for the upgrade is stream 1, and its body was HTTP/1.
  void open_first_stream(const http::Upgrade& upgrade) {
    Stream* const first = connection_.streams.open(1);
    first->exchange = upgrade.request;
    first->exchange.upgrade.clear();
    first->request_seen = true;
    first->message(Direction::kClientToServer).cut({});
  }

  const Flow flow_;
  const http::UpgradeFactory upgrades_;
  Connection connection_;
  std::array<std::unique_ptr<DirectionReader>, 2> readers_;
};

}  // namespace

std::unique_ptr<ProtocolParser> make_http2_parser(const Flow& flow, const Http2Environment& environment,
                                                  const http::Upgrade* upgrade) {
  return std::make_unique<Http2Parser>(flow, environment, upgrade);
}

}  // namespace sallyport::http2
