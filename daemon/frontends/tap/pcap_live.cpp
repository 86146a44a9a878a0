#include "daemon/frontends/tap/pcap_live.h"

#include <linux/if_packet.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "daemon/base/limits.h"
#include "daemon/frontends/tap/link_types.h"

namespace sallyport {
namespace {

constexpr int kPacketsPerDispatch = 1024;  // between two looks at the clock
constexpr unsigned kTicksBetweenDropCounts = 20;

Timestamp wall_clock() {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

ErrorCode code_of(int pcap_error) {
  switch (pcap_error) {
    case PCAP_ERROR_NO_SUCH_DEVICE:
      return ErrorCode::kNotFound;
    case PCAP_ERROR_PERM_DENIED:
    case PCAP_ERROR_PROMISC_PERM_DENIED:
      return ErrorCode::kPermissionDenied;
    case PCAP_ERROR_IFACE_NOT_UP:
      return ErrorCode::kUnavailable;
    default:
      return ErrorCode::kInternal;
  }
}

std::string describe(pcap_t* capture, int pcap_error) {
  const std::string detail = ::pcap_geterr(capture);
  const std::string name = ::pcap_statustostr(pcap_error);
  const std::string needs = code_of(pcap_error) == ErrorCode::kPermissionDenied ? " (needs CAP_NET_RAW)" : "";
  return name + (detail.empty() || detail == name ? "" : ": " + detail) + needs;
}

}  // namespace

struct PcapLive::Callback {
  static void take(u_char* user, const pcap_pkthdr* header, const u_char* bytes) {
    PcapLive& self = *reinterpret_cast<PcapLive*>(user);
    const Timestamp time(std::chrono::seconds(header->ts.tv_sec) + std::chrono::nanoseconds(header->ts.tv_usec));
    self.stats_.packets.add();
    self.stats_.bytes.add(header->len);
    if (header->len > header->caplen) self.stats_.truncated.add();
    // Locally sent packets are captured before the card fills their checksums in.
    self.sink_->on_packet(
        {as_byte_span(bytes, header->caplen), header->len, self.link_, ChecksumState::kOffloaded, time});
  }
};

void PcapLive::Close::operator()(pcap* capture) const {
  ::pcap_close(capture);
}

PcapLive::PcapLive(PcapLiveConfig config) : config_(std::move(config)) {
  capabilities_.front_end = "tap";
  capabilities_.can_inject = config_.inject;
  capabilities_.may_lose_packets = true;
}

PcapLive::~PcapLive() = default;

Status PcapLive::start() {
  if (Status done = activate(); !done) return done;
  if (Status done = set_filter(); !done) return done;
  if (Status done = join_fanout(); !done) return done;
  if (!config_.inject) return {};
  Result<RawInjector> injector = RawInjector::open();
  if (!injector) return tl::unexpected(std::move(injector.error()));
  injector_.emplace(std::move(*injector));
  return {};
}

Status PcapLive::activate() {
  const std::string place = "interface '" + config_.interface + "'";
  char reason[PCAP_ERRBUF_SIZE] = "";
  capture_.reset(::pcap_create(config_.interface.c_str(), reason));
  if (!capture_) return fail(ErrorCode::kInternal, "cannot capture on " + place + ": " + reason);
  pcap_t* const capture = capture_.get();
  const std::size_t ring = std::min<std::size_t>(config_.ring_bytes, std::size_t{1} << 30);
  ::pcap_set_snaplen(capture, static_cast<int>(limits::kSnaplenBytes));
  ::pcap_set_promisc(capture, config_.promiscuous ? 1 : 0);
  ::pcap_set_buffer_size(capture, static_cast<int>(ring));
  ::pcap_set_timeout(capture, static_cast<int>(limits::kTickInterval.count()));
  ::pcap_set_tstamp_precision(capture, PCAP_TSTAMP_PRECISION_NANO);
  const int outcome = ::pcap_activate(capture);
  if (outcome < 0) return fail(code_of(outcome), "cannot capture on " + place + ": " + describe(capture, outcome));
  if (::pcap_setnonblock(capture, 1, reason) != 0) {
    return fail(ErrorCode::kInternal, "cannot capture on " + place + " without blocking: " + reason);
  }
  const int dlt = ::pcap_datalink(capture);
  const std::optional<LinkType> link = link_type_from_dlt(dlt);
  if (!link) {
    return fail(ErrorCode::kInvalidArgument, place + " has link type " + dlt_name(dlt) + ", which is not supported");
  }
  link_ = *link;
  return {};
}

Status PcapLive::set_filter() {
  if (config_.filter.empty()) return {};
  bpf_program program{};
  const std::string place = "capture filter '" + config_.filter + "'";
  if (::pcap_compile(capture_.get(), &program, config_.filter.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0) {
    return fail(ErrorCode::kInvalidArgument, place + " is wrong: " + ::pcap_geterr(capture_.get()));
  }
  const int outcome = ::pcap_setfilter(capture_.get(), &program);
  ::pcap_freecode(&program);
  if (outcome == 0) return {};
  return fail(ErrorCode::kInternal, place + " cannot be used: " + ::pcap_geterr(capture_.get()));
}

Status PcapLive::join_fanout() {
  if (!config_.fanout_group) return {};
  const int mode = PACKET_FANOUT_HASH | PACKET_FANOUT_FLAG_DEFRAG;
  const int value = *config_.fanout_group | mode << 16;
  if (::setsockopt(::pcap_fileno(capture_.get()), SOL_PACKET, PACKET_FANOUT, &value, sizeof value) == 0) return {};
  return fail_errno("cannot join fan-out group " + std::to_string(*config_.fanout_group) + " on interface '" +
                    config_.interface + "'");
}

Status PcapLive::run() {
  Status outcome = loop();
  update_drops();
  sink_->on_end(wall_clock());
  return outcome;
}

Status PcapLive::loop() {
  using Clock = std::chrono::steady_clock;
  Clock::time_point next_tick = Clock::now();
  while (!stop_.raised()) {
    const int count =
        ::pcap_dispatch(capture_.get(), kPacketsPerDispatch, Callback::take, reinterpret_cast<u_char*>(this));
    if (count < 0) {
      return fail(ErrorCode::kUnavailable,
                  "capture on interface '" + config_.interface + "' ended: " + ::pcap_geterr(capture_.get()));
    }
    if (count == 0) wait();
    if (Clock::now() < next_tick) continue;
    tick();
    next_tick = Clock::now() + limits::kTickInterval;
  }
  return {};
}

void PcapLive::wait() {
  pollfd entries[] = {
      {::pcap_get_selectable_fd(capture_.get()), POLLIN, 0}, {sink_->wake_fd(), POLLIN, 0}, {stop_.fd(), POLLIN, 0}};
  if (::poll(entries, 3, static_cast<int>(limits::kTickInterval.count())) <= 0) return;
  if (entries[1].revents != 0) sink_->on_tick(wall_clock());
}

void PcapLive::tick() {
  if (++ticks_ % kTicksBetweenDropCounts == 0) update_drops();
  sink_->on_tick(wall_clock());
}

void PcapLive::update_drops() {
  pcap_stat counts{};
  if (::pcap_stats(capture_.get(), &counts) != 0) return;
  stats_.kernel_dropped.add(counts.ps_drop - std::exchange(last_drops_, counts.ps_drop));
  stats_.interface_dropped.add(counts.ps_ifdrop - std::exchange(last_interface_drops_, counts.ps_ifdrop));
}

bool PcapLive::inject(Bytes ip_packet) {
  const bool sent = injector_ && injector_->send(ip_packet);
  (sent ? stats_.injected : stats_.inject_failures).add();
  return sent;
}

}  // namespace sallyport
