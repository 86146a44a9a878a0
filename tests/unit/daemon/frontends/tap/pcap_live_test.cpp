#include "daemon/frontends/tap/pcap_live.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <thread>

#include "tests/support/packet_recorder.h"

namespace sallyport {
namespace {

bool bring_up(const char* interface) {
  const UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::string(interface).copy(request.ifr_name, IFNAMSIZ - 1);
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  return ::ioctl(fd.get(), SIOCSIFFLAGS, &request) == 0;
}

// In a thread of its own that has a network namespace of its own; false where that is not allowed.
bool in_new_network(const std::function<void()>& body) {
  bool entered = false;
  std::thread([&] {
    if (::unshare(CLONE_NEWNET) != 0 || !bring_up("lo")) return;
    entered = true;
    body();
  }).join();
  return entered;
}

// One TCP connection over loopback that carries `text` to the server and ends.
void converse(const std::string& text) {
  const UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  ASSERT_EQ(::bind(listener.get(), generic, size), 0);
  ASSERT_EQ(::listen(listener.get(), 1), 0);
  ASSERT_EQ(::getsockname(listener.get(), generic, &size), 0);
  UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::connect(client.get(), generic, size), 0);
  UniqueFd server(::accept(listener.get(), nullptr, nullptr));
  ASSERT_EQ(::send(client.get(), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  client.reset();
  char buffer[256];
  while (::recv(server.get(), buffer, sizeof buffer, 0) > 0) {
  }
}

struct Shard {
  explicit Shard(PcapLiveConfig config, std::atomic<int>& closed, std::promise<void>& done, int expected)
      : tap(std::move(config)) {
    tap.attach(recorder);
    recorder.streams.then = [&closed, &done, expected](FlowId, std::string_view call) {
      if (call == "close" && ++closed == expected) done.set_value();
    };
  }
  test::PacketRecorder recorder;
  PcapLive tap;
};

PcapLiveConfig loopback() {
  PcapLiveConfig config;
  config.interface = "lo";
  config.ring_bytes = std::size_t{4} << 20;
  return config;
}

TEST(PcapLiveTest, SeesTheBytesOfAConnection) {
  const bool entered = in_new_network([] {
    std::atomic<int> closed = 0;
    std::promise<void> done;
    Shard shard(loopback(), closed, done, 1);
    const Status started = shard.tap.start();
    ASSERT_TRUE(started) << started.error().message;
    std::thread thread([&] { EXPECT_TRUE(shard.tap.run()); });
    converse("over the wire");
    EXPECT_EQ(done.get_future().wait_for(std::chrono::seconds(30)), std::future_status::ready);
    shard.tap.stop();
    thread.join();
    EXPECT_EQ(shard.recorder.streams.client_bytes(), "over the wire");
    EXPECT_EQ(shard.recorder.ends, 1U);
    EXPECT_GT(shard.tap.stats().packets.value(), 5U);
    EXPECT_FALSE(shard.tap.inject(as_byte_span("no packet")));
    EXPECT_EQ(shard.tap.stats().inject_failures.value(), 1U);
  });
  if (!entered) GTEST_SKIP() << "needs the right to make a network namespace";
}

TEST(PcapLiveTest, FanOutKeepsAFlowOnOneShard) {
  constexpr int kConnections = 40;
  const bool entered = in_new_network([] {
    std::atomic<int> closed = 0;
    std::promise<void> done;
    PcapLiveConfig config = loopback();
    config.fanout_group = 77;
    Shard left(config, closed, done, kConnections), right(config, closed, done, kConnections);
    ASSERT_TRUE(left.tap.start());
    ASSERT_TRUE(right.tap.start());
    std::thread left_thread([&] { EXPECT_TRUE(left.tap.run()); });
    std::thread right_thread([&] { EXPECT_TRUE(right.tap.run()); });
    for (int i = 0; i < kConnections; ++i) converse("connection");
    EXPECT_EQ(done.get_future().wait_for(std::chrono::seconds(30)), std::future_status::ready);
    left.tap.stop();
    right.tap.stop();
    left_thread.join();
    right_thread.join();
    for (Shard* const shard : {&left, &right}) {
      const std::string& log = shard->recorder.streams.log();
      EXPECT_GT(shard->recorder.streams.opened(), 0U);
      EXPECT_EQ(log.find("midstream"), std::string::npos) << log;
      EXPECT_EQ(log.find("gap"), std::string::npos) << log;
    }
    EXPECT_EQ(left.recorder.streams.opened() + right.recorder.streams.opened(), std::size_t{kConnections});
  });
  if (!entered) GTEST_SKIP() << "needs the right to make a network namespace";
}

TEST(PcapLiveTest, ErrorsSayWhatIsWrong) {
  const bool entered = in_new_network([] {
    PcapLiveConfig config = loopback();
    config.interface = "nosuch0";
    const Status no_interface = PcapLive(config).start();
    ASSERT_FALSE(no_interface);
    EXPECT_EQ(no_interface.error().code, ErrorCode::kNotFound);
    EXPECT_NE(no_interface.error().message.find("'nosuch0'"), std::string::npos);
    config = loopback();
    config.filter = "tcp prot 80";
    const Status no_filter = PcapLive(config).start();
    ASSERT_FALSE(no_filter);
    EXPECT_NE(no_filter.error().message.find("'tcp prot 80'"), std::string::npos);
  });
  if (!entered) GTEST_SKIP() << "needs the right to make a network namespace";
}

TEST(PcapLiveTest, StopBeforeRunEndsAtOnce) {
  const bool entered = in_new_network([] {
    test::PacketRecorder recorder;
    PcapLive tap(loopback());
    tap.attach(recorder);
    ASSERT_TRUE(tap.start());
    tap.stop();
    EXPECT_TRUE(tap.run());
    EXPECT_EQ(recorder.ends, 1U);
  });
  if (!entered) GTEST_SKIP() << "needs the right to make a network namespace";
}

}  // namespace
}  // namespace sallyport
