// The streams of one connection: what both directions know of each exchange. RFC 9113 5.1.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>

#include "daemon/protocols/http/http_transfers.h"
#include "daemon/protocols/http2/http2_config.h"
#include "daemon/protocols/http2/message.h"
#include "daemon/protocols/protocol_parser.h"

namespace sallyport::http2 {

struct Stream {
  std::uint32_t id = 0;
  std::uint64_t number = 0;  ///< unique on this connection: an id may be seen again behind the stream's end
  http::Exchange exchange;   ///< of the request
  bool request_seen = false;
  bool response_seen = false;
  bool is_connect = false;
  std::array<Message, 2> messages;         ///< by index_of(Direction)
  std::unique_ptr<ProtocolParser> tunnel;  ///< takes DATA of both directions instead of the messages
  std::size_t counted = 0;                 ///< StreamTable's

  Message& message(Direction direction) { return messages[index_of(direction)]; }
  const Message& message(Direction direction) const { return messages[index_of(direction)]; }
};

/// Bounded by Http2Config::streams_max. One thread. A pointer to a stream is good until the next open() or close().
class StreamTable {
 public:
  StreamTable(const Http2Config& config, Http2Stats& stats) : config_(config), stats_(stats) {}

  Stream* find(std::uint32_t id);
  const Stream* find(std::uint32_t id) const;
  /// The stream of that id, made where there is none; null where the table is full of open bodies.
  Stream* open(std::uint32_t id);
  void close(std::uint32_t id);
  void close_when_over(std::uint32_t id);
  /// The receiver of one of its messages has reset it: it is kept for what comes all the same, within bounds.
  void keep_after_reset(std::uint32_t id);

  /// What a stream holds has changed.
  void recount(Stream& stream);
  std::size_t memory_bytes() const { return bytes_; }

  std::map<std::uint32_t, Stream>& all() { return streams_; }
  const std::map<std::uint32_t, Stream>& all() const { return streams_; }

 private:
  bool forget_one();

  const Http2Config& config_;
  Http2Stats& stats_;
  std::map<std::uint32_t, Stream> streams_;
  std::deque<std::uint32_t> reset_;  // in the order of their resets
  std::uint64_t opened_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace sallyport::http2
