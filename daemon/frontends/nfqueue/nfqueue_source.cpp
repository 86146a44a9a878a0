#include "daemon/frontends/nfqueue/nfqueue_source.h"

#include <poll.h>

#include <array>
#include <cerrno>

#include "daemon/base/check.h"
#include "daemon/base/limits.h"

namespace sallyport {
namespace {

using std::chrono::steady_clock;

/// Receives in a row before the other descriptors are looked at again: a flood must not keep us from stopping.
constexpr int kReceivesPerRound = 64;
/// How often the kernel's own counters are read.
constexpr std::chrono::seconds kStatusInterval{1};

Timestamp wall_clock() {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

FlowVerdictLimits limits_of(const NfqueueConfig& config) {
  // Half of the queue stays free for flows that nobody holds.
  return {.held_per_direction = limits::kHeldPacketsPerFlow, .held_packets = config.queue_packets_max / 2};
}

Capabilities capabilities_of(const NfqueueConfig& config) {
  return {.front_end = "nfqueue",
          .can_drop = true,
          .can_hold = true,
          .can_withhold_objects = false,
          .can_inject = true,
          .can_bypass = config.bypass_mark != 0,
          // What the kernel drops is sent again; only what it lets pass unseen is a gap.
          .may_lose_packets = config.fail_open};
}

}  // namespace

NfqueueSource::NfqueueSource(const NfqueueConfig& config)
    : config_(config),
      capabilities_(capabilities_of(config)),
      batch_(config.queue_number),
      flows_(batch_, limits_of(config), config.bypass_mark) {}

Status NfqueueSource::start() {
  auto injector = RawInjector::open();
  if (!injector) return tl::unexpected(injector.error());
  auto socket = QueueSocket::open(config_);
  if (!socket) return tl::unexpected(socket.error());
  auto status_file = QueueStatusFile::open();
  if (!status_file) return tl::unexpected(status_file.error());
  injector_.emplace(std::move(*injector));
  socket_.emplace(std::move(*socket));
  status_file_.emplace(std::move(*status_file));
  return {};
}

Status NfqueueSource::run() {
  SALLYPORT_CHECK(socket_.has_value());
  Status status;
  while (status && !stop_.raised()) status = wait_and_work();
  sink_->on_end(wall_clock());
  send_verdicts();
  read_queue_status();
  return status;
}

Status NfqueueSource::wait_and_work() {
  std::array<pollfd, 3> descriptors{
      {{socket_->fd(), POLLIN, 0}, {sink_->wake_fd(), POLLIN, 0}, {stop_.fd(), POLLIN, 0}}};
  const int ready = ::poll(descriptors.data(), descriptors.size(), static_cast<int>(limits::kTickInterval.count()));
  if (ready < 0 && errno != EINTR) return fail_errno("waiting for packets of a netfilter queue");
  if (ready < 0) return {};
  if (descriptors[0].revents != 0) {
    if (Status status = drain(); !status) return status;
  }
  if (descriptors[1].revents != 0 || tick_is_due()) tick();
  return {};
}

Status NfqueueSource::drain() {
  for (int i = 0; i < kReceivesPerRound; ++i) {
    const auto count = socket_->receive();
    if (!count) return tl::unexpected(count.error());
    now_ = wall_clock();
    for (std::size_t k = 0; k < *count; ++k) {
      for_each_packet(
          socket_->datagram(k), [this](const QueuedPacket& packet) { take(packet); }, message_stats_);
    }
    send_verdicts();
    if (tick_is_due()) tick();
    if (*count < QueueSocket::receive_batch()) break;
  }
  return {};
}

void NfqueueSource::take(const QueuedPacket& packet) {
  stats_.packets.add();
  stats_.bytes.add(packet.original_size);
  if (packet.original_size > packet.payload.size()) stats_.truncated.add();
  flows_.begin_packet();
  const PacketPlace place = sink_->on_packet({.bytes = packet.payload,
                                              .original_size = packet.original_size,
                                              .link = LinkType::kRawIp,
                                              .checksums = packet.checksums,
                                              .time = now_});
  flows_.judge(packet, place);
}

bool NfqueueSource::tick_is_due() const {
  return steady_clock::now() - last_tick_ >= limits::kTickInterval;
}

void NfqueueSource::tick() {
  last_tick_ = steady_clock::now();
  sink_->on_tick(wall_clock());
  send_verdicts();
  if (last_tick_ - last_status_ < kStatusInterval) return;
  last_status_ = last_tick_;
  read_queue_status();
}

bool NfqueueSource::others_may_wait() const {
  // A verdict that did not reach the kernel may have been a drop: a group verdict must not overrule it later.
  return flows_.held_packets() > 0 || socket_->stats().send_failures.value() > 0 ||
         message_stats_.verdict_errors.value() > 0;
}

void NfqueueSource::send_verdicts() {
  if (batch_.empty()) return;
  for (const Bytes messages : batch_.encode(others_may_wait())) {
    socket_->send(messages);
    queue_stats_.verdict_messages.add();
  }
}

void NfqueueSource::read_queue_status() {
  const auto status = status_file_->read(config_.queue_number);
  if (!status) return;
  queue_stats_.queue_dropped.add(status->queue_dropped - last_seen_.queue_dropped);
  queue_stats_.user_dropped.add(status->user_dropped - last_seen_.user_dropped);
  queue_stats_.waiting.set(status->packets);
  stats_.kernel_dropped.set(queue_stats_.queue_dropped.value() + queue_stats_.user_dropped.value());
  last_seen_ = *status;
}

bool NfqueueSource::inject(Bytes ip_packet) {
  const bool sent = injector_ && injector_->send(ip_packet);
  (sent ? stats_.injected : stats_.inject_failures).add();
  return sent;
}

}  // namespace sallyport
