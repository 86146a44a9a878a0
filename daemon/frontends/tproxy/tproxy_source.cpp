#include "daemon/frontends/tproxy/tproxy_source.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <utility>

#include "daemon/base/check.h"
#include "daemon/base/limits.h"
#include "daemon/base/log.h"

namespace sallyport {
namespace {

using boost::asio::posix::descriptor_base;

constexpr std::size_t kReadBytes = 256 * 1024;
/// How often relays that are over, or silent, are looked for.
constexpr std::chrono::seconds kSweepInterval{1};
/// Silence after which a connection's parsers may sleep.
constexpr std::chrono::seconds kQuietTime{5};
/// A FlowId is the shard and a number in it; flows of packets are never in the same shard.
constexpr unsigned kShardShift = 56;

/// A relayed connection has two sockets; the rest of the process needs some descriptors too.
constexpr rlim_t kOtherDescriptors = 512;

/// As many descriptors as the system lets us have, and how many connections that is.
std::uint32_t connections_possible() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::numeric_limits<std::uint32_t>::max();
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  const rlim_t left = limit.rlim_max > kOtherDescriptors ? limit.rlim_max - kOtherDescriptors : 0;
  return static_cast<std::uint32_t>(std::min<rlim_t>(left / 2, std::numeric_limits<std::uint32_t>::max()));
}

Timestamp wall_clock() {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

}  // namespace

TproxySource::TproxySource(const TproxyConfig& config)
    : config_(config),
      capabilities_{.front_end = "tproxy",
                    .can_drop = true,
                    .can_hold = true,
                    .can_withhold_objects = true,
                    .can_inject = false,
                    .can_bypass = true,
                    .may_lose_packets = false},
      buffer_(kReadBytes) {}

TproxySource::~TproxySource() = default;

void TproxySource::attach(StreamEntry& entry) {
  entry_ = &entry;
  context_ =
      std::make_unique<RelayContext>(RelayContext{io_, entry, config_, relay_stats_, stats_, buffer_, wall_clock});
}

Status TproxySource::start() {
  auto broker = SocketBroker::start(config_.drop_privileges);
  if (!broker) return tl::unexpected(broker.error());
  broker_.emplace(std::move(*broker));
  connections_max_ = std::min(config_.connections_max, connections_possible());
  if (connections_max_ < config_.connections_max) {
    log_warning("fewer connections can be relayed than configured: raise LimitNOFILE= of the unit",
                {{"possible", connections_max_}, {"configured", config_.connections_max}});
  }
  port_ = config_.port;
  for (const IpFamily family : {IpFamily::kV4, IpFamily::kV6}) {
    auto listener = listen_transparent(family, port_);
    if (!listener) return tl::unexpected(listener.error());
    listeners_[family == IpFamily::kV6 ? 1 : 0] = std::move(*listener);
  }
  return {};
}

Status TproxySource::run() {
  SALLYPORT_CHECK(entry_ != nullptr && listeners_[0]);
  // The descriptors are asked about through copies: asio closes what it is given.
  for (const UniqueFd& listener : listeners_) waits_.emplace_back(io_, ::dup(listener.get()));
  wake_ = std::make_unique<Descriptor>(io_, ::dup(entry_->wake_fd()));
  stopped_ = std::make_unique<Descriptor>(io_, ::dup(stop_.fd()));
  for (std::size_t i = 0; i < listeners_.size(); ++i) await_connections(i);
  await_wake();
  await_stop();
  await_tick();
  io_.run();
  end_all();
  return outcome_;
}

// Nothing can be relayed any more: whoever started us is to know, instead of every client.
void TproxySource::give_up(const Error& error) {
  outcome_ = tl::unexpected(error);
  io_.stop();
}

void TproxySource::await_stop() {
  stopped_->async_wait(descriptor_base::wait_read, [this](const boost::system::error_code&) { io_.stop(); });
}

void TproxySource::await_wake() {
  wake_->async_wait(descriptor_base::wait_read, [this](const boost::system::error_code& error) {
    if (error) return;
    entry_->on_tick(wall_clock());
    await_wake();
  });
}

void TproxySource::await_tick() {
  tick_.expires_after(limits::kTickInterval);
  tick_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    const Timestamp now = wall_clock();
    entry_->on_tick(now);
    sweep(now);
    for (std::size_t i = 0; i < starved_.size(); ++i) {
      if (std::exchange(starved_[i], false)) await_connections(i);
    }
    await_tick();
  });
}

void TproxySource::await_connections(std::size_t listener) {
  waits_[listener].async_wait(descriptor_base::wait_read, [this, listener](const boost::system::error_code& error) {
    if (error) return;
    accept(listener);
    // Where nothing can be accepted for want of descriptors, the next tick asks again: it would be ready at once.
    if (errno == EMFILE || errno == ENFILE) {
      starved_[listener] = true;
    } else {
      await_connections(listener);
    }
  });
}

void TproxySource::accept(std::size_t listener) {
  while (auto accepted = accept_transparent(listeners_[listener])) {
    relay_stats_.accepted.add();
    if (relays_.size() >= connections_max_ || accepted->server.port == port_) {
      relay_stats_.refused.add();
      reset_at_close(accepted->socket.get());
      continue;
    }
    relay(std::move(*accepted));
  }
}

// The client's own port is taken while an earlier connection with it lingers in TIME_WAIT: then any will do.
UniqueFd TproxySource::connect_to_server(const AcceptedConnection& accepted) {
  const IpFamily family = accepted.server.address.is_v4() ? IpFamily::kV4 : IpFamily::kV6;
  for (const std::uint16_t port : {accepted.client.port, std::uint16_t{0}}) {
    auto server = broker_->open(family);
    if (!server && broker_->is_gone()) give_up(server.error());
    if (!server) return UniqueFd();
    if (connect_as(*server, {accepted.client.address, port}, accepted.server)) return std::move(*server);
  }
  return UniqueFd();
}

// A connection that cannot be made in the client's name is refused: what nobody can look at must not go round us.
void TproxySource::relay(AcceptedConnection accepted) {
  UniqueFd server = connect_to_server(accepted);
  if (!server) {
    relay_stats_.connect_failures.add();
    return reset_at_close(accepted.socket.get());
  }
  Flow flow;
  flow.id = FlowId{std::uint64_t{config_.shard} << kShardShift | ++last_flow_};
  flow.client = accepted.client;
  flow.server = accepted.server;
  flow.opened = wall_clock();
  auto made = std::make_shared<Relay>(*context_, flow, std::move(accepted.socket), std::move(server));
  relays_.emplace(flow.id, made);
  made->start(entry_->on_open(made->flow()) != Interest::kNone);
}

void TproxySource::sweep(Timestamp now) {
  if (now - last_sweep_ < kSweepInterval) return;
  last_sweep_ = now;
  for (auto it = relays_.begin(); it != relays_.end();) {
    if (now - it->second->last_heard() > kQuietTime) it->second->tell_quiet();
    it = it->second->is_over() ? relays_.erase(it) : std::next(it);
  }
}

void TproxySource::end_all() {
  // Ending one may end others.
  const auto relays = std::exchange(relays_, {});
  for (const auto& [flow, relay] : relays) relay->abort(CloseReason::kShutdown);
  entry_->on_end(wall_clock());
}

Relay* TproxySource::find(FlowId flow) const {
  const auto found = relays_.find(flow);
  return found == relays_.end() ? nullptr : found->second.get();
}

void TproxySource::hold(FlowId flow, Direction direction) {
  if (Relay* const relay = find(flow)) relay->hold(direction);
}

void TproxySource::release(FlowId flow, Direction direction) {
  if (Relay* const relay = find(flow)) relay->release(direction);
}

void TproxySource::drop(FlowId flow) {
  if (Relay* const relay = find(flow)) relay->drop();
}

// Asked while the flow opens: start() hears of it by the entry's answer.
void TproxySource::bypass(FlowId) {}

void TproxySource::forget(FlowId flow) {
  if (Relay* const relay = find(flow)) {
    for (const Direction direction : {Direction::kClientToServer, Direction::kServerToClient})
      relay->release(direction);
  }
}

bool TproxySource::answer(FlowId flow, Direction direction, std::uint64_t behind, Bytes bytes) {
  Relay* const relay = find(flow);
  return relay != nullptr && relay->answer(direction, behind, bytes);
}

}  // namespace sallyport
