#include "daemon/frontends/tproxy/relay.h"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <utility>

namespace sallyport {
namespace {

using boost::asio::posix::descriptor_base;

/// What may wait for a slow receiver before its sender is not read any more, and when it is read again.
constexpr std::uint64_t kHighWaterBytes = 256 * 1024;
constexpr std::uint64_t kLowWaterBytes = 64 * 1024;
/// Reads of one connection before others get their turn.
constexpr int kReadsInRow = 4;
/// How long a client may take to read the answer and to stop sending. A socket that is closed with unread bytes in it
/// sends a reset, and the answer is lost (RFC 9112 9.6).
constexpr std::chrono::seconds kAnswerTime{10};

constexpr Direction kBoth[] = {Direction::kClientToServer, Direction::kServerToClient};

}  // namespace

Relay::Relay(RelayContext& context, const Flow& flow, UniqueFd client, UniqueFd server)
    : context_(context),
      flow_(flow),
      client_(context.io, client.release()),
      server_(context.io, server.release()),
      last_heard_(flow.opened) {
  context_.stats.open.set(context_.stats.open.value() + 1);
}

Relay::~Relay() {
  for (Way& each : ways_) {
    if (each.held) note_held(-static_cast<std::int64_t>(each.spool.size()));
  }
  context_.stats.open.set(context_.stats.open.value() - 1);
}

void Relay::start(bool is_watched) {
  if (!is_watched) {
    told_closed_ = true;
    spliced_ = std::make_unique<std::array<SplicedWay, 2>>();
    context_.stats.bypassed.add();
  } else {
    await_bytes(Direction::kClientToServer);
  }
  await_server();
}

void Relay::await_server() {
  server_.async_wait(descriptor_base::wait_write, [self = shared_from_this()](const boost::system::error_code& error) {
    if (error || self->over_) return;
    if (connect_error(self->server_.native_handle()) != 0) {
      self->context_.stats.connect_failures.add();
      return self->abort(CloseReason::kReset);
    }
    self->connected_ = true;
    if (self->spliced_) self->await_bytes(Direction::kClientToServer);
    if (!self->spliced_) self->flush(Direction::kClientToServer);
    self->await_bytes(Direction::kServerToClient);
  });
}

void Relay::await_bytes(Direction direction) {
  Way& here = way(direction);
  if (here.reading || here.paused || here.ended || dropped_ || failing_ || over_) return;
  here.reading = true;
  from(direction).async_wait(descriptor_base::wait_read,
                             [self = shared_from_this(), direction](const boost::system::error_code& error) {
                               self->way(direction).reading = false;
                               if (!error && !self->over_) self->read(direction);
                             });
}

void Relay::await_room(Direction direction) {
  Way& here = way(direction);
  if (here.writing || over_) return;
  here.writing = true;
  to(direction).async_wait(descriptor_base::wait_write,
                           [self = shared_from_this(), direction](const boost::system::error_code& error) {
                             self->way(direction).writing = false;
                             if (error || self->over_) return;
                             self->spliced_ ? self->read(direction) : self->flush(direction);
                           });
}

void Relay::read(Direction direction) {
  if (spliced_) {
    Way& here = way(direction);
    switch ((*spliced_)[index_of(direction)].move(from(direction).native_handle(), to(direction).native_handle())) {
      case SplicedWay::Moved::kWaitsForSender:
        return await_bytes(direction);
      case SplicedWay::Moved::kWaitsForReceiver:
        return await_room(direction);
      case SplicedWay::Moved::kEnded:
        here.ended = true;
        return shut_if_done(direction);
      case SplicedWay::Moved::kBroken:
        return abort(CloseReason::kReset);
    }
  }
  for (int i = 0; i < kReadsInRow; ++i) {
    if (!read_once(direction)) return;
  }
  await_bytes(direction);
}

/// False where nothing more is to be read now; whatever is to be waited for is.
bool Relay::read_once(Direction direction) {
  if (dropped_ || failing_ || over_ || way(direction).paused) return false;
  const ssize_t got = ::recv(from(direction).native_handle(), context_.buffer.data(), context_.buffer.size(), 0);
  if (got > 0) {
    take(direction, context_.buffer.first(static_cast<std::size_t>(got)));
    return true;
  }
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
    await_bytes(direction);
  } else if (got < 0) {
    abort(CloseReason::kReset);
  } else {
    end_of(direction);
  }
  return false;
}

void Relay::take(Direction direction, Bytes bytes) {
  Way& here = way(direction);
  const std::uint64_t offset = here.read;
  last_heard_ = context_.now();
  told_quiet_ = false;
  context_.read_stats.packets.add();
  context_.read_stats.bytes.add(bytes.size());
  context_.entry.on_bytes(flow_.id, direction, offset, bytes, last_heard_);
  if (dropped_) return;
  here.read += bytes.size();
  if (here.spool.empty() && may_send(direction)) {
    const ssize_t sent = ::send(to(direction).native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) return fail_soon();
    const auto gone = static_cast<std::size_t>(std::max<ssize_t>(sent, 0));
    here.sent += gone;
    bytes = bytes.subspan(gone);
  }
  if (!bytes.empty()) keep(direction, bytes);
}

bool Relay::may_send(Direction direction) {
  return !way(direction).held && (connected_ || direction == Direction::kServerToClient);
}

void Relay::keep(Direction direction, Bytes bytes) {
  Way& here = way(direction);
  if (here.held && !has_room(here, bytes.size())) overflow(direction);
  if (dropped_) return;
  if (!here.spool.append(bytes)) return abort(CloseReason::kReset);
  if (here.held) return note_held(static_cast<std::int64_t>(bytes.size()));
  here.paused = here.spool.size() > kHighWaterBytes;
  if (may_send(direction)) flush(direction);
}

bool Relay::has_room(const Way& here, std::size_t size) const {
  return here.spool.size() + size <= context_.config.held_connection_bytes_max &&
         context_.stats.held_bytes.value() + size <= context_.config.held_bytes_max;
}

// Who decides has to do so now. Should nobody, what is withheld stays withheld: the connection ends.
void Relay::overflow(Direction direction) {
  context_.stats.hold_overflows.add();
  context_.entry.on_hold_full(flow_.id, direction, last_heard_);
  if (way(direction).held && !dropped_) drop();
}

void Relay::note_held(std::int64_t change) {
  const auto before = static_cast<std::int64_t>(context_.stats.held_bytes.value());
  context_.stats.held_bytes.set(static_cast<std::uint64_t>(before + change));
}

void Relay::hold(Direction direction) {
  Way& here = way(direction);
  if (here.held || dropped_) return;
  here.held = true;
  if (std::exchange(here.paused, false)) await_bytes(direction);
  note_held(static_cast<std::int64_t>(here.spool.size()));
}

void Relay::release(Direction direction) {
  Way& here = way(direction);
  if (!here.held) return;
  here.held = false;
  note_held(-static_cast<std::int64_t>(here.spool.size()));
  here.paused = here.spool.size() > kHighWaterBytes;
  if (!dropped_) flush(direction);
}

void Relay::flush(Direction direction) {
  Way& here = way(direction);
  if (!may_send(direction) || over_) return;
  const std::uint64_t before = here.spool.size();
  const RelaySpool::Sent sent = here.spool.send_to(to(direction).native_handle());
  here.sent += before - here.spool.size();
  if (sent == RelaySpool::Sent::kBroken) return fail_soon();
  if (sent == RelaySpool::Sent::kBlocked) await_room(direction);
  if (here.paused && here.spool.size() <= kLowWaterBytes) {
    here.paused = false;
    await_bytes(direction);
  }
  shut_if_done(direction);
}

void Relay::end_of(Direction direction) {
  Way& here = way(direction);
  here.ended = true;
  last_heard_ = context_.now();
  context_.entry.on_half_close(flow_.id, direction, last_heard_);
  if (way(opposite(direction)).ended) tell_closed(CloseReason::kFinished);
  shut_if_done(direction);
}

void Relay::shut_if_done(Direction direction) {
  Way& here = way(direction);
  if (answered_ && direction == Direction::kServerToClient) return finish_answer();
  if (!here.ended || here.shut || here.held || dropped_ || !here.spool.empty()) return;
  here.shut = true;
  ::shutdown(to(direction).native_handle(), SHUT_WR);
  if (way(opposite(direction)).shut) close_sockets();
}

// May be found inside a call of the entry, which must not be called back then.
void Relay::fail_soon() {
  if (failing_ || over_) return;
  failing_ = true;
  boost::asio::post(context_.io, [self = shared_from_this()] { self->abort(CloseReason::kReset); });
}

void Relay::abort(CloseReason reason) {
  if (over_) return;
  for (const Direction direction : kBoth) {
    if (!spliced_ && !dropped_ && may_send(direction)) way(direction).spool.send_to(to(direction).native_handle());
  }
  tell_closed(reason);
  reset_at_close(client_.native_handle());
  reset_at_close(server_.native_handle());
  context_.stats.resets.add();
  close_sockets();
}

void Relay::tell_closed(CloseReason reason) {
  if (told_closed_) return;
  told_closed_ = true;
  context_.entry.on_close(flow_.id, reason, last_heard_);
}

void Relay::tell_quiet() {
  if (told_quiet_ || told_closed_) return;
  told_quiet_ = true;
  context_.entry.on_quiet(flow_.id);
}

void Relay::close_sockets() {
  over_ = true;
  boost::system::error_code ignored;
  client_.close(ignored);
  server_.close(ignored);
  linger_.reset();
}

// The entry has ended what the flow brought, or is about to: it is not told.
void Relay::drop() {
  if (dropped_ || over_) return;
  dropped_ = told_closed_ = true;
  reset_at_close(server_.native_handle());
  boost::asio::post(context_.io, [self = shared_from_this()] {
    if (self->over_) return;
    boost::system::error_code ignored;
    self->server_.close(ignored);
    if (self->answered_) return self->send_answer();
    reset_at_close(self->client_.native_handle());
    self->context_.stats.resets.add();
    self->close_sockets();
  });
}

bool Relay::answer(Direction direction, std::uint64_t behind, Bytes bytes) {
  Way& here = way(direction);
  if (direction != Direction::kServerToClient || behind < here.sent || here.ended || over_) return false;
  if (here.held) release_for_answer(here);
  here.spool.cut(behind - here.sent);
  answered_ = here.spool.append(bytes);
  if (answered_) context_.stats.answered.add();
  return answered_;
}

void Relay::release_for_answer(Way& here) {
  note_held(-static_cast<std::int64_t>(here.spool.size()));
  here.held = false;
}

void Relay::send_answer() {
  linger_ = std::make_unique<boost::asio::steady_timer>(context_.io, kAnswerTime);
  linger_->async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (!error && !self->over_) self->close_sockets();
  });
  flush(Direction::kServerToClient);
}

void Relay::finish_answer() {
  Way& here = way(Direction::kServerToClient);
  if (!here.spool.empty() || here.shut) return;
  here.shut = true;
  ::shutdown(client_.native_handle(), SHUT_WR);
  drain_client();
}

void Relay::drain_client() {
  client_.async_wait(descriptor_base::wait_read, [self = shared_from_this()](const boost::system::error_code& error) {
    if (error || self->over_) return;
    const ssize_t got =
        ::recv(self->client_.native_handle(), self->context_.buffer.data(), self->context_.buffer.size(), 0);
    const bool may_follow = got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
    may_follow ? self->drain_client() : self->close_sockets();
  });
}

}  // namespace sallyport
