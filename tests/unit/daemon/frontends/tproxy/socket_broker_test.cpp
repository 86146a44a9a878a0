#include "daemon/frontends/tproxy/socket_broker.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sallyport {
namespace {

bool is_transparent(const UniqueFd& socket) {
  int value = 0;
  socklen_t size = sizeof value;
  return ::getsockopt(socket.get(), IPPROTO_IP, IP_TRANSPARENT, &value, &size) == 0 && value == 1;
}

class SocketBrokerTest : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "transparent sockets need CAP_NET_ADMIN";
  }
};

TEST_F(SocketBrokerTest, GivesAsManySocketsAsAreAskedFor) {
  auto broker = SocketBroker::start([] { return Status(); });
  ASSERT_TRUE(broker) << broker.error().message;
  for (int i = 0; i < 40; ++i) {
    const auto socket = broker->open(IpFamily::kV4);
    ASSERT_TRUE(socket) << socket.error().message;
    EXPECT_TRUE(is_transparent(*socket));
  }
  EXPECT_TRUE(broker->open(IpFamily::kV6));
  EXPECT_FALSE(broker->is_gone());
}

TEST_F(SocketBrokerTest, SaysWhenTheChildIsGone) {
  auto broker = SocketBroker::start([] { return Status(); });
  ASSERT_TRUE(broker) << broker.error().message;
  ::kill(broker->child(), SIGKILL);
  const auto socket = broker->open(IpFamily::kV4);
  ASSERT_FALSE(socket);
  EXPECT_TRUE(broker->is_gone());
}

TEST_F(SocketBrokerTest, DoesNotStartWithoutItsPrivilege) {
  const auto broker = SocketBroker::start([]() -> Status { return fail(ErrorCode::kPermissionDenied, "no"); });
  ASSERT_FALSE(broker);
  EXPECT_EQ(broker.error().code, ErrorCode::kPermissionDenied);
}

}  // namespace
}  // namespace sallyport
