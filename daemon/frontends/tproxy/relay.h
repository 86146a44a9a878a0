// One connection that goes through us: the client's socket, the server's, and what lies between them.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "daemon/base/counter.h"
#include "daemon/contract/flow.h"
#include "daemon/contract/stream_entry.h"
#include "daemon/frontends/frontend.h"
#include "daemon/frontends/tproxy/relay_spool.h"
#include "daemon/frontends/tproxy/spliced_way.h"
#include "daemon/frontends/tproxy/tproxy_config.h"
#include "daemon/frontends/tproxy/transparent_socket.h"

namespace sallyport {

/// Written by the shard's thread.
struct TproxyStats {
  Counter accepted;
  Counter refused;           ///< above TproxyConfig::connections_max
  Counter connect_failures;  ///< servers that could not be reached
  Counter open;              ///< gauge
  Counter bypassed;          ///< relayed without being read
  Counter held_bytes;        ///< gauge: withheld now
  Counter hold_overflows;    ///< times that there was no room for more
  Counter answered;          ///< clients that were told why
  Counter resets;            ///< connections that ended with a reset of ours
};

/// What the relays of one shard have in common.
struct RelayContext {
  boost::asio::io_context& io;
  StreamEntry& entry;
  const TproxyConfig& config;
  TproxyStats& stats;
  FrontendStats& read_stats;    ///< pieces and bytes that were handed in
  std::span<std::byte> buffer;  ///< for one read
  Timestamp (*now)();
};

/// One thread. It keeps itself alive while one of its sockets is waited for; `context` outlives it. Every byte of the
/// sender is handed in before it is let go, in order; back-pressure goes through: where the receiver takes nothing, no
/// more is read, unless it is withheld. A half-closed side stays open the other way.
class Relay : public std::enable_shared_from_this<Relay> {
 public:
  Relay(RelayContext& context, const Flow& flow, UniqueFd client, UniqueFd server);
  ~Relay();

  /// `is_watched` false: nobody wants to hear of it.
  void start(bool is_watched);
  /// It was silent for a while.
  void tell_quiet();
  Timestamp last_heard() const { return last_heard_; }
  const Flow& flow() const { return flow_; }
  bool is_over() const { return over_; }

  // FlowControl
  void hold(Direction direction);
  void release(Direction direction);
  void drop();
  bool answer(Direction direction, std::uint64_t behind, Bytes bytes);
  /// Ends it at once, with resets; the entry is told.
  void abort(CloseReason reason);

 private:
  struct Way {
    std::uint64_t read = 0;  ///< offset of the next byte to come
    std::uint64_t sent = 0;  ///< of the next to leave
    RelaySpool spool;        ///< what lies between
    bool held = false;
    bool reading = false;  ///< a wait is under way
    bool writing = false;
    bool paused = false;  ///< until the receiver has taken some
    bool ended = false;   ///< the sender's FIN was read
    bool shut = false;    ///< and passed on
  };
  using Descriptor = boost::asio::posix::stream_descriptor;

  Way& way(Direction direction) { return ways_[index_of(direction)]; }
  Descriptor& from(Direction direction) { return direction == Direction::kClientToServer ? client_ : server_; }
  Descriptor& to(Direction direction) { return from(opposite(direction)); }
  bool may_send(Direction direction);

  void await_server();
  void await_bytes(Direction direction);
  void await_room(Direction direction);
  void read(Direction direction);
  bool read_once(Direction direction);
  void take(Direction direction, Bytes bytes);
  void keep(Direction direction, Bytes bytes);
  bool has_room(const Way& way, std::size_t size) const;
  void overflow(Direction direction);
  void flush(Direction direction);
  void note_held(std::int64_t change);
  void release_for_answer(Way& way);
  void end_of(Direction direction);
  void shut_if_done(Direction direction);
  void fail_soon();
  void tell_closed(CloseReason reason);
  void close_sockets();
  void send_answer();
  void finish_answer();
  void drain_client();

  RelayContext& context_;
  const Flow flow_;
  Descriptor client_;
  Descriptor server_;
  std::array<Way, 2> ways_;
  std::unique_ptr<std::array<SplicedWay, 2>> spliced_;  ///< nobody reads: the kernel moves the bytes
  std::unique_ptr<boost::asio::steady_timer> linger_;   ///< the client may read the answer until then
  Timestamp last_heard_;
  bool connected_ = false;
  bool told_closed_ = false;  ///< the entry asks and hears nothing more
  bool told_quiet_ = false;
  bool dropped_ = false;
  bool answered_ = false;
  bool failing_ = false;
  bool over_ = false;
};

}  // namespace sallyport
