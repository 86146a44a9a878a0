// Seam 2 to the parsers: tells the protocol of each flow by its content, on any port, and feeds one parser per flow.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <memory_resource>
#include <unordered_map>
#include <vector>

#include "daemon/base/counter.h"
#include "daemon/contract/stream_sink.h"
#include "daemon/contract/transfer_sink.h"
#include "daemon/protocols/parser_budget.h"
#include "daemon/protocols/protocol_parser.h"
#include "daemon/protocols/recognition.h"
#include "daemon/protocols/stream_conflicts.h"
#include "daemon/protocols/stream_trace.h"

namespace sallyport {

/// A protocol that the dispatcher can find. The first entry that says kYes gets the flow.
struct ProtocolEntry {
  Protocol protocol = Protocol::kUnknown;
  /// Judges the first bytes of one direction. An answer other than kMaybe stays the same for every longer prefix.
  Recognition (*recognise)(Direction, Bytes) = nullptr;
  std::function<std::unique_ptr<ProtocolParser>(const Flow&)> make;
  /// Makes the parser that went to sleep(); empty where none of this protocol does.
  std::function<std::unique_ptr<ProtocolParser>(const Flow&, const ParserMemory&)> wake = {};
};

/// Written by the thread of one dispatcher, read by any.
struct DispatcherStats {
  struct PerProtocol {
    Counter flows_total;  ///< recognised; one flow may count for several protocols, one after the other
    Counter bytes_total;
  };
  std::array<PerProtocol, 7> of_protocol;  ///< by Protocol
  Counter failed_total;                    ///< parsers that gave up
  Counter handed_over_total;               ///< CONNECT, Upgrade
  Counter found_midstream_total;           ///< recognised after the start was missed
  Counter parser_bytes;                    ///< gauge: what parsers hold, and what waits for one
  Counter given_up_total;                  ///< parsers whose memory was taken because there was too much
  Counter slept_total;                     ///< parsers freed because their flow was silent
  Counter woken_total;                     ///< of them, made again because it went on

  const PerProtocol& of(Protocol protocol) const { return of_protocol[static_cast<std::size_t>(protocol)]; }
  PerProtocol& of(Protocol protocol) { return of_protocol[static_cast<std::size_t>(protocol)]; }
};

/// One per shard; its thread only. Until a protocol is recognised at most limits::kRecognitionBytes per direction wait;
/// then they are fed in the order in which they came. Bytes of no known protocol, and those after a parser failed, are
/// counted by an OpaqueParser, and so is what is not TCP. Bytes that came with two contents go to the object they
/// belong to, and to the parser as a flag (StreamConflicts). Where the start of a flow was not seen, each later
/// segment is probed for the start of a message, as long as the flow lives: a prefix of it, so the work is bounded. A
/// silent flow keeps its place in the streams, and what its parser left in ParserMemory; everything else is freed until
/// it goes on.
class Dispatcher : public StreamSink {
 public:
  /// `trace` outlives the dispatcher; parsers made by `protocols` use it too. Where parsers hold more than
  /// `parser_bytes_max` together, what ParserBudget says ends as NotInspected::kOverBudget, and its flow is opaque
  /// until a segment begins with a message.
  Dispatcher(StreamTrace& trace, std::vector<ProtocolEntry> protocols, std::size_t parser_bytes_max = kParserBytesMax);
  /// Parsers of some ten thousand connections that are busy, or of hundreds with large decoders.
  static constexpr std::size_t kParserBytesMax = std::size_t{256} << 20;

  Interest on_open(const Flow& flow) override;
  void on_bytes(FlowId flow, Direction direction, std::uint64_t offset, Bytes bytes, Timestamp time) override;
  void on_gap(FlowId flow, Direction direction, std::uint64_t offset, std::uint64_t size_bytes,
              Timestamp time) override;
  void on_conflict(FlowId flow, Direction direction, std::uint64_t offset, Bytes other, Timestamp time) override;
  void on_repeat(FlowId flow, Direction direction, std::uint64_t offset, Bytes bytes, Timestamp time) override;
  void on_evasion(FlowId flow, Direction direction, EvasionSet signs) override;
  void on_quiet(FlowId flow) override;
  void on_half_close(FlowId flow, Direction direction, Timestamp time) override;
  void on_close(FlowId flow, CloseReason reason, Timestamp time) override;

  /// Where in the server's stream the answer to the oldest request begins, or would begin: see
  /// ProtocolParser::answer_place().
  std::optional<std::uint64_t> answer_begin(FlowId flow, Direction blocked) const;

  const DispatcherStats& stats() const { return stats_; }

 private:
  struct Held {
    Direction direction;
    std::size_t size;
  };
  /// What only a connection needs that speaks.
  struct Speech {
    std::array<TracedWay, 2> ways;
    std::array<std::unique_ptr<StreamConflicts>, 2> conflicts;  // null while there are none
    std::array<ByteBuffer, 2> head;                             // what came before the protocol was recognised
    std::vector<Held> order;                                    // in which order
    ParserBudget::Share share;
  };
  /// ParserMemory of a parser that sleeps, in the pool.
  struct Asleep {
    std::array<std::uint64_t, 2> messages{};
    std::pmr::string rest;
  };
  struct Connection {
    explicit Connection(std::pmr::memory_resource* pool) : asleep{{}, std::pmr::string(pool)} {}

    const Flow* flow = nullptr;              // net's
    std::unique_ptr<ProtocolParser> parser;  // null until recognised, and while it sleeps
    std::unique_ptr<Speech> speech;          // null until something came, and while nothing is left of it
    Asleep asleep;
    std::array<std::uint64_t, 2> fed{};  // bytes of each direction that a parser has taken, gaps included
    unsigned parts = 0;                  // opaque parsers so far
    std::uint8_t hand_overs = 0;
    Protocol protocol = Protocol::kUnknown;
    Protocol remembers = Protocol::kUnknown;  // whose `memory` is, of a parser that was given up
    std::array<bool, 2> closed{};
    std::array<bool, 2> conflicted{};
    bool sleeps = false;
    bool seeks = false;  // a start was missed: while nothing is known, each segment may begin a message
  };

  Recognition recognise(Direction direction, Bytes bytes, const ProtocolEntry*& found) const;
  void examine(Connection& connection, Direction direction, Bytes bytes, Timestamp time);
  void start(Connection& connection, const ProtocolEntry& entry, Timestamp time);
  void start_opaque(Connection& connection, NotInspected reason, Timestamp time);
  void start_encrypted(Connection& connection);
  void replay(Connection& connection, Timestamp time);
  void close_ended(Connection& connection, Timestamp time);
  void feed(Connection& connection, Direction direction, Bytes bytes, Timestamp time);
  bool probe(Connection& connection, Direction direction, Bytes bytes, Timestamp time);
  std::size_t feed_parser(Connection& connection, Direction direction, Bytes bytes, Timestamp time);
  StreamTrace::Scope scope_of(Connection& connection, Direction direction, Bytes bytes = {});
  void note_fed(Connection& connection, Direction direction, std::uint64_t size, Timestamp time);
  void finish_parser(Connection& connection, CloseReason reason, Timestamp time);
  void after_call(Connection& connection, Direction direction, Bytes rest, Timestamp time);
  void hand_over(Connection& connection, Direction direction, Bytes rest, Timestamp time);
  Connection* find(FlowId flow);
  Connection* find_awake(FlowId flow, Timestamp time);
  void wake(Connection& connection, Timestamp time);
  static Speech& speech_of(Connection& connection);
  static bool is_needed(const Speech& speech);
  static bool put_to_sleep(Connection& connection);
  static ParserMemory take_memory(Connection& connection);
  void examine_or_feed(Connection& connection, Direction direction, Bytes bytes, Timestamp time);
  void keep_budget(Connection& connection, Timestamp time);
  static std::size_t memory_bytes(const Connection& connection);
  void note_memory(Connection& connection);
  void give_up(Connection& connection, Timestamp time);
  static std::unique_ptr<ProtocolParser> make(Connection& connection, const ProtocolEntry& entry);

  StreamTrace& trace_;
  const std::vector<ProtocolEntry> protocols_;
  DispatcherStats stats_;
  ParserBudget budget_;
  // Side by side, so that what comes and goes with speech leaves no holes between them.
  std::pmr::unsynchronized_pool_resource pool_;
  std::pmr::unordered_map<FlowId, Connection> connections_{&pool_};
};

}  // namespace sallyport
