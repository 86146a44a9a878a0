// The messages of one direction of an HTTP/1 connection: start line, head, body, and the way back after loss.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "daemon/protocols/http/chunked.h"
#include "daemon/protocols/http/http_transfers.h"
#include "daemon/protocols/http/lost_bytes.h"
#include "daemon/protocols/http/start_line.h"
#include "daemon/protocols/http/upgrade.h"

namespace sallyport::http {

/// Requests whose final response has not come, in their order, and what they cost.
class RequestQueue {
 public:
  void push_back(const Exchange& request) {
    requests_.push_back({request, bytes_of(request)});
    bytes_ += requests_.back().bytes;
  }
  void pop_front() {
    bytes_ -= requests_.front().bytes;
    requests_.pop_front();
  }
  void clear() {
    requests_.clear();
    bytes_ = 0;
  }
  const Exchange& front() const { return requests_.front().exchange; }
  const Exchange& back() const { return requests_.back().exchange; }
  bool empty() const { return requests_.empty(); }
  std::size_t size() const { return requests_.size(); }
  std::size_t memory_bytes() const { return bytes_; }
  template <class Call>
  void for_each(Call call) const {
    for (const Request& request : requests_) call(request.exchange);
  }

 private:
  struct Request {
    Exchange exchange;
    std::size_t bytes;
  };
  std::list<Request> requests_;
  std::size_t bytes_ = 0;
};

/// What both directions of a connection share. One thread.
struct Connection {
  const Flow& flow;
  const HttpConfig& config;
  HttpStats& stats;
  RequestQueue waiting;                           ///< requests whose final response has not come
  bool server_heard = false;                      ///< some response head was read
  bool handed_over = false;                       ///< what follows, in both directions, is another protocol
  std::optional<Upgrade> upgrade = std::nullopt;  ///< which, where an Upgrade says it
  ByteBuffer early = {};                          ///< the client's first bytes of it, sent before the answer was seen
};

/// Pushed; one direction; one thread. `connection` outlives it.
class MessageReader {
 public:
  MessageReader(Connection& connection, Direction direction, TransferSink& sink);

  /// Takes bytes and gives how many: all, unless connection.handed_over has become true.
  std::size_t push(Bytes bytes, Timestamp time);
  void lose(std::uint64_t size, Timestamp time);
  void conflict(Timestamp time);
  /// FIN: what is open and may end here is whole.
  void half_close(Timestamp time);
  /// No answer will come: bytes that the client sent behind an Upgrade are of the protocol it asked for.
  void settle_upgrade();
  /// The flow is over: what is open ends for this reason.
  void abort(BodyEnd end, Timestamp time);
  /// The flow is over, and no reply was ever heard.
  void tell_unheard();

  /// Where the message begins that is being read or comes next, counted from the first byte of the push that is under
  /// way, or else from behind the last one. Nothing where its beginning is in doubt.
  std::optional<std::int64_t> message_place() const;

  std::size_t memory_bytes() const;

  /// All that a reader between two messages knows.
  struct Place {
    std::uint64_t messages = 0;  ///< so far
    bool first = true;           ///< nothing was read and nothing was lost
    bool resyncs = false;
  };
  /// Nothing while a message is being read, or bytes are kept.
  std::optional<Place> place() const;
  /// What was lost so far is told of, since this reader is not kept.
  void end_lost_bytes();
  /// For a new reader: it goes on there.
  void go_on_at(const Place& place);

 private:
  enum class State : std::uint8_t {
    kHead,      ///< before and inside a head
    kPeekBody,  ///< by the rules, or for all that is known of the request, there is no body: what comes next?
    kSniff,     ///< claimed to be chunked: is it?
    kLength,
    kChunked,
    kUntilClose,
    kConnect,  ///< behind a CONNECT whose answer was not seen
    kUpgrade,  ///< behind a request for another protocol, whose answer was not seen
    kResync,   ///< looking for a start line
    kEnded,
  };
  enum class Start : std::uint8_t { kNeedMore, kYes, kNo };

  bool is_response() const { return direction_ == Direction::kServerToClient; }

  Bytes step(Bytes bytes);
  Bytes read_head(Bytes bytes);
  bool try_head(std::size_t& taken_from_buffer, bool at_end);
  Start check_start(bool at_end);
  Start check_request_start(bool at_end);
  Start check_response_start(bool at_end);
  void enter_http09_body();
  void on_request(const Head& head, const RequestLine& line, bool odd);
  void on_response(const Head& head, bool odd);
  void hear_reply(const Exchange& request, std::uint16_t status, const Head& head);
  bool hands_over(const Head& head, const Exchange* exchange, std::uint16_t status) const;
  void begin_body(const Head& head, const Exchange& exchange, std::uint16_t status, bool odd);
  void enter_framing();
  void enter_chunked();
  Bytes peek_body(Bytes bytes, bool at_end);
  Bytes sniff(Bytes bytes, bool at_end);
  Bytes read_length(Bytes bytes);
  Bytes read_chunked(Bytes bytes);
  Bytes read_connect(Bytes bytes);
  Bytes read_upgrade(Bytes bytes);
  void hand_over(const Exchange* request, const Head* answer);
  Bytes resync(Bytes bytes);
  void replay_buffer(std::size_t from);
  void end_message(BodyEnd end);
  std::string message_key() const;
  void note_odd();
  void reset_start();
  void lost(NotInspected reason);
  LostBytes& lost_bytes();
  void end_lost();

  Connection& connection_;
  Direction direction_;
  EntityContext context_;
  State state_;
  std::string buffer_;  // a head, or bytes that are still to be decided about; bounded by each state
  bool start_checked_ = false;
  bool start_odd_ = false;
  std::size_t head_begin_ = 0;  // junk before the start line
  bool first_ = true;           // nothing was read and nothing was lost so far
  HeadEndFinder head_end_;
  std::uint64_t message_number_ = 0;
  BodyPlan plan_;
  std::unique_ptr<MessageBody> body_;
  std::unique_ptr<LostBytes> lost_bytes_;  // since the place in the framing was lost for the first time
  NotInspected lost_reason_ = NotInspected::kGap;
  std::shared_ptr<UploadExchange> upload_;  // of the request that is being read
  ChunkedDecoder chunked_;
  std::uint64_t length_left_ = 0;
  std::int64_t position_ = 0;       // bytes taken
  std::int64_t push_begin_ = 0;     // and before this push
  std::int64_t message_begin_ = 0;  // and before this message
  bool message_ended_ = false;      // by the step that is being made
  bool odd_noted_ = false;
  bool awaits_upgrade_ = false;   // the request asked for a protocol that may begin behind it
  bool answers_request_ = false;  // the message is a final response: it takes its request off the queue
};

}  // namespace sallyport::http
