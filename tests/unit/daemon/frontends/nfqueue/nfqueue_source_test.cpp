// Against the kernel: a gateway of network namespaces, and the rules of deploy/nftables/iptables-nfqueue.
#include "daemon/frontends/nfqueue/nfqueue_source.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <future>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "daemon/actions/tcp_reset.h"
#include "tests/support/gateway_namespaces.h"
#include "tests/unit/daemon/frontends/nfqueue/scripted_sink.h"

namespace sallyport {
namespace {

using test::GatewayNamespaces;
using test::ScriptedSink;

constexpr std::uint16_t kServerPort = 5000;
const std::string kRules = SALLYPORT_SOURCE_DIR "/deploy/nftables/iptables-nfqueue ";

/// What `work` gives on a thread of its own in one of the namespaces; sockets made there stay there.
template <class Work>
auto run_in(const GatewayNamespaces& gateway, const std::string& name, Work work) {
  return std::async(std::launch::async,
                    [&] {
                      gateway.enter(name);
                      return work();
                    })
      .get();
}

UniqueFd listen_in(const GatewayNamespaces& gateway) {
  return run_in(gateway, "server", [] {
    UniqueFd fd(::socket(AF_INET6, SOCK_STREAM, 0));
    sockaddr_in6 any{};
    any.sin6_family = AF_INET6;
    any.sin6_port = htons(kServerPort);
    EXPECT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&any), sizeof any), 0);
    EXPECT_EQ(::listen(fd.get(), 128), 0);
    return fd;
  });
}

UniqueFd connect_to(const GatewayNamespaces& gateway, const char* server, const std::string& from = "::") {
  return run_in(gateway, "client", [&] {
    UniqueFd fd(::socket(AF_INET6, SOCK_STREAM, 0));
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    EXPECT_EQ(::inet_pton(AF_INET6, from.c_str(), &address.sin6_addr), 1);
    EXPECT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    address.sin6_port = htons(kServerPort);
    EXPECT_EQ(::inet_pton(AF_INET6, server, &address.sin6_addr), 1);
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return fd;
  });
}

constexpr const char* kServerV4 = "::ffff:10.99.2.2";
constexpr const char* kServerV6 = "fd99:2::2";

std::uint16_t port_of(const UniqueFd& fd) {
  sockaddr_in6 address{};
  socklen_t size = sizeof address;
  EXPECT_EQ(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  return ntohs(address.sin6_port);
}

void send_all(const UniqueFd& fd, const std::string& text) {
  for (std::size_t sent = 0; sent < text.size();) {
    const ssize_t size = ::send(fd.get(), text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    ASSERT_GT(size, 0);
    sent += static_cast<std::size_t>(size);
  }
}

std::string receive_exactly(const UniqueFd& fd, std::size_t size) {
  std::string text(size, '\0');
  const ssize_t got = ::recv(fd.get(), text.data(), size, MSG_WAITALL);
  text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  return text;
}

/// errno of a receive that gives nothing.
int receive_error(const UniqueFd& fd, int flags) {
  char byte = 0;
  return ::recv(fd.get(), &byte, 1, flags) < 0 ? errno : 0;
}

void drop_net_admin() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  ASSERT_EQ(::syscall(SYS_capget, &header, data), 0);
  data[0].effective &= ~(1U << CAP_NET_ADMIN);
  ASSERT_EQ(::syscall(SYS_capset, &header, data), 0);
}

void wait_until(const std::function<bool()>& condition) {
  while (!condition()) std::this_thread::yield();
}

/// One queue with its thread in the gateway.
class Shard {
 public:
  explicit Shard(
      const GatewayNamespaces& gateway, NfqueueConfig config = {}, std::function<void()> before_run = [] {})
      : source_(config) {
    source_.attach(sink);
    std::promise<Status> started;
    thread_ = std::thread([&, before_run] {
      gateway.enter("gateway");
      Status status = source_.start();
      const bool good = status.has_value();
      if (good) before_run();
      started.set_value(std::move(status));
      if (good) {
        EXPECT_TRUE(source_.run());
      }
    });
    const Status status = started.get_future().get();
    EXPECT_TRUE(status) << status.error().message;
  }
  ~Shard() { stop(); }

  void stop() {
    source_.stop();
    if (thread_.joinable()) thread_.join();
  }
  NfqueueSource& source() { return source_; }

  ScriptedSink sink{kServerPort};

 private:
  NfqueueSource source_;
  std::thread thread_;
};

class NfqueueSourceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!GatewayNamespaces::possible()) GTEST_SKIP() << "needs root and iproute2 to make network namespaces";
    gateway_ = std::make_unique<GatewayNamespaces>();
    if (!gateway_->in("gateway", kRules + "up")) GTEST_SKIP() << "needs iptables with the NFQUEUE target";
    listener_ = listen_in(*gateway_);
  }
  UniqueFd accept_one() { return UniqueFd(::accept(listener_.get(), nullptr, nullptr)); }

  std::unique_ptr<GatewayNamespaces> gateway_;
  UniqueFd listener_;
};

TEST_F(NfqueueSourceTest, PassesBothAddressFamilies) {
  Shard shard(*gateway_);
  for (const char* server : {kServerV4, kServerV6}) {
    const UniqueFd client = connect_to(*gateway_, server);
    const UniqueFd peer = accept_one();
    const std::string text(4U << 20, 'x');
    auto received = std::async(std::launch::async, [&] { return receive_exactly(peer, text.size()); });
    send_all(client, text);
    EXPECT_EQ(received.get(), text);
  }
  shard.stop();
  EXPECT_TRUE(shard.sink.ended);
  const auto& verdicts = shard.source().verdict_stats();
  EXPECT_EQ(verdicts.accepted.value(), shard.source().stats().packets.value());
  EXPECT_EQ(verdicts.dropped.value(), 0U);
  EXPECT_EQ(shard.source().stats().kernel_dropped.value(), 0U);
  EXPECT_EQ(shard.source().message_stats().verdict_errors.value(), 0U);
  EXPECT_EQ(shard.source().message_stats().malformed.value(), 0U);
}

TEST_F(NfqueueSourceTest, SuperPacketsComeWholeOnlyWhenAskedFor) {
  for (const bool super_packets : {true, false}) {
    NfqueueConfig config;
    config.super_packets = super_packets;
    Shard shard(*gateway_, config);
    const UniqueFd client = connect_to(*gateway_, kServerV4);
    const UniqueFd peer = accept_one();
    auto received = std::async(std::launch::async, [&] { return receive_exactly(peer, 4U << 20).size(); });
    send_all(client, std::string(4U << 20, 'x'));
    EXPECT_EQ(received.get(), 4U << 20);
    EXPECT_EQ(shard.sink.largest > 1500U, super_packets) << shard.sink.largest;
    EXPECT_EQ(shard.source().stats().truncated.value(), 0U);
  }
}

TEST_F(NfqueueSourceTest, HeldBytesArriveAfterRelease) {
  Shard shard(*gateway_);
  const UniqueFd client = connect_to(*gateway_, kServerV4);
  const UniqueFd peer = accept_one();
  const FlowId flow{port_of(client)};
  shard.sink.in_loop([&] { shard.source().hold(flow, Direction::kClientToServer); });
  send_all(client, "hello");
  wait_until([&] { return shard.source().verdict_stats().held.value() > 0; });
  EXPECT_EQ(receive_error(peer, MSG_DONTWAIT), EAGAIN);
  send_all(peer, "back");
  EXPECT_EQ(receive_exactly(client, 4), "back") << "the other direction is free";
  // A second connection shows that the queue goes on, verdict by verdict, around the packet that waits.
  const UniqueFd other = connect_to(*gateway_, kServerV4);
  const UniqueFd other_peer = accept_one();
  send_all(other, "other");
  EXPECT_EQ(receive_exactly(other_peer, 5), "other");
  EXPECT_EQ(receive_error(peer, MSG_DONTWAIT), EAGAIN);
  shard.sink.in_loop([&] { shard.source().release(flow, Direction::kClientToServer); });
  EXPECT_EQ(receive_exactly(peer, 5), "hello");
}

TEST_F(NfqueueSourceTest, HeldBytesNeverArriveAfterDropAndBothEndsAreReset) {
  for (const char* server : {kServerV4, kServerV6}) {
    Shard shard(*gateway_);
    const UniqueFd client = connect_to(*gateway_, server);
    const UniqueFd peer = accept_one();
    const FlowId flow{port_of(client)};
    std::optional<ScriptedSink::Seen> first;
    shard.sink.in_loop([&] {
      shard.source().hold(flow, Direction::kClientToServer);
      shard.sink.on_seen = [&](const ScriptedSink::Seen& seen) {
        if (!first && seen.flow == flow && seen.payload > 0) first = seen;
      };
    });
    send_all(client, "secret");
    wait_until([&] { return shard.source().verdict_stats().held.value() > 0; });
    shard.sink.in_loop([&] {
      shard.source().drop(flow);
      for (const ByteBuffer& reset : reset_pair(first->addresses, first->position))
        EXPECT_TRUE(shard.source().inject(reset));
    });
    EXPECT_EQ(receive_error(peer, 0), ECONNRESET) << server;
    EXPECT_EQ(receive_error(client, 0), ECONNRESET) << server;
    EXPECT_EQ(shard.source().stats().injected.value(), 2U);
  }
}

TEST_F(NfqueueSourceTest, APacketThatContradictsNeverArrivesAndItsFlowGoesOn) {
  Shard shard(*gateway_);
  const UniqueFd client = connect_to(*gateway_, kServerV4);
  const UniqueFd peer = accept_one();
  send_all(client, "1");
  EXPECT_EQ(receive_exactly(peer, 1), "1");
  int sent = 0;
  shard.sink.in_loop([&] {
    shard.sink.contradicts = [&](const ScriptedSink::Seen& seen) { return seen.payload > 0 && ++sent == 1; };
  });
  send_all(client, "2");
  EXPECT_EQ(receive_exactly(peer, 1), "2") << "what the kernel sends again, and only that";
  shard.stop();
  EXPECT_GE(sent, 2);
  EXPECT_EQ(shard.source().verdict_stats().dropped.value(), 1U);
}

TEST_F(NfqueueSourceTest, BypassedFlowsLeaveTheQueue) {
  Shard shard(*gateway_);
  const UniqueFd client = connect_to(*gateway_, kServerV4);
  const UniqueFd peer = accept_one();
  send_all(client, "1");
  EXPECT_EQ(receive_exactly(peer, 1), "1");
  shard.sink.in_loop([&] { shard.source().bypass(FlowId{port_of(client)}); });
  send_all(client, "2");
  EXPECT_EQ(receive_exactly(peer, 1), "2");
  std::uint64_t before = 0;
  // Packets of before the mark that were under way are through once the loop is idle.
  shard.sink.in_loop([&] { before = shard.sink.packets; });
  auto received = std::async(std::launch::async, [&] { return receive_exactly(peer, 1U << 20).size(); });
  send_all(client, std::string(1U << 20, 'x'));
  EXPECT_EQ(received.get(), 1U << 20);
  send_all(peer, "3");
  EXPECT_EQ(receive_exactly(client, 1), "3");
  EXPECT_LE(shard.sink.packets, before + 1) << "at most an acknowledgement of before the mark";
  EXPECT_EQ(shard.source().verdict_stats().bypassed_flows.value(), 1U);
  const UniqueFd other = connect_to(*gateway_, kServerV4);
  const UniqueFd other_peer = accept_one();
  send_all(other, "4");  // its handshake has come by queue when this arrives
  EXPECT_EQ(receive_exactly(other_peer, 1), "4");
  EXPECT_GT(shard.sink.packets, before + 2) << "other connections still come";
}

TEST_F(NfqueueSourceTest, BothDirectionsOfAFlowMeetTheSameQueue) {
  ASSERT_TRUE(gateway_->in("gateway", kRules + "up --queues 2"));
  NfqueueConfig second_config;
  second_config.queue_number = 1;
  Shard first(*gateway_), second(*gateway_, second_config);
  std::map<FlowId, std::set<Direction>> seen[2];
  first.sink.in_loop(
      [&] { first.sink.on_seen = [&](const auto& packet) { seen[0][packet.flow].insert(packet.direction); }; });
  second.sink.in_loop(
      [&] { second.sink.on_seen = [&](const auto& packet) { seen[1][packet.flow].insert(packet.direction); }; });
  for (int i = 10; i < 42; ++i) {
    const std::string address = "10.99.1." + std::to_string(i);
    ASSERT_TRUE(gateway_->in("client", "ip addr add " + address + "/24 dev eth0"));
    const UniqueFd client = connect_to(*gateway_, kServerV4, "::ffff:" + address);
    const UniqueFd peer = accept_one();
    send_all(peer, "x");
    EXPECT_EQ(receive_exactly(client, 1), "x");
  }
  first.stop();
  second.stop();
  EXPECT_FALSE(seen[0].empty());
  EXPECT_FALSE(seen[1].empty());
  EXPECT_EQ(seen[0].size() + seen[1].size(), 32U);
  for (const auto& flows : seen) {
    for (const auto& [flow, directions] : flows) EXPECT_EQ(directions.size(), 2U);
  }
}

TEST_F(NfqueueSourceTest, SecondProgramIsToldThatTheQueueIsTaken) {
  Shard shard(*gateway_);
  const Status status = run_in(*gateway_, "gateway", [] {
    return NfqueueSource(NfqueueConfig{}).start();
  });
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(status.error().message.find("netfilter queue 0 is bound by another program"), std::string::npos)
      << status.error().message;
}

TEST_F(NfqueueSourceTest, WithoutTheCapabilityStartSaysWhichOne) {
  const Status status = run_in(*gateway_, "gateway", [] {
    drop_net_admin();
    return NfqueueSource(NfqueueConfig{}).start();
  });
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kPermissionDenied);
  EXPECT_NE(status.error().message.find("CAP_NET_ADMIN"), std::string::npos) << status.error().message;
}

TEST_F(NfqueueSourceTest, VerdictsNeedTheCapabilityTooAndTheirFailureIsCounted) {
  auto shard = std::make_unique<Shard>(*gateway_, NfqueueConfig{}, drop_net_admin);
  auto connecting = std::async(std::launch::async, [&] { return connect_to(*gateway_, kServerV4); });
  wait_until([&] { return shard->source().message_stats().verdict_errors.value() > 0; });
  shard.reset();
  EXPECT_TRUE(connecting.get()) << "what waited was dropped, and what was sent again passed";
}

TEST_F(NfqueueSourceTest, FullQueuePassesPacketsWhenConfigured) {
  NfqueueConfig config;
  config.queue_packets_max = 1;
  config.fail_open = true;
  ScriptedSink sink(kServerPort);
  NfqueueSource deaf(config);
  deaf.attach(sink);
  ASSERT_TRUE(run_in(*gateway_, "gateway", [&] { return deaf.start(); }));
  EXPECT_TRUE(deaf.capabilities().may_lose_packets);
  const UniqueFd client = connect_to(*gateway_, kServerV4);  // the first SYN waits for ever, the second passes
  const UniqueFd peer = accept_one();
  send_all(client, "x");
  EXPECT_EQ(receive_exactly(peer, 1), "x");
}

TEST_F(NfqueueSourceTest, TrafficPassesWhenNobodyListens) {
  { Shard shard(*gateway_); }
  const UniqueFd client = connect_to(*gateway_, kServerV4);
  EXPECT_TRUE(accept_one());
}

TEST_F(NfqueueSourceTest, RulesGoAwayWithoutTouchingOthers) {
  const std::string save = "sh -c '(iptables-save; ip6tables-save) | grep -v ^# | sed \"s/\\[.*//\" > ";
  const std::string folder = ::testing::TempDir() + "/sallyport_rules_" + std::to_string(::getpid());
  ASSERT_TRUE(gateway_->in("gateway", kRules + "down"));
  ASSERT_TRUE(gateway_->in("gateway", "iptables -t mangle -A FORWARD -p tcp --dport 1 -j ACCEPT"));
  ASSERT_TRUE(gateway_->in("gateway", save + folder + ".before'"));
  ASSERT_TRUE(gateway_->in("gateway", kRules + "up --queues 4 --first-queue 10 --interface to_client --fail-closed"));
  ASSERT_TRUE(gateway_->in("gateway", kRules + "up --mark 0x8 --ipv4-only"));
  ASSERT_TRUE(gateway_->in("gateway", kRules + "down"));
  ASSERT_TRUE(gateway_->in("gateway", save + folder + ".after'"));
  EXPECT_TRUE(gateway_->in("gateway", "diff " + folder + ".before " + folder + ".after"));
  ::unlink((folder + ".before").c_str());
  ::unlink((folder + ".after").c_str());
}

}  // namespace
}  // namespace sallyport
