// A gateway to test on: three network namespaces, client - gateway - server, joined by two veth pairs.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "daemon/base/unique_fd.h"

namespace sallyport::test {

/// Named after the process, so that runs side by side do not meet; removed with the object. Needs root, iproute2.
/// Client 10.99.1.2 and fd99:1::2, server 10.99.2.2 and fd99:2::2. Connection tracking and all rules start empty.
class GatewayNamespaces {
 public:
  GatewayNamespaces() : prefix_("sp" + std::to_string(::getpid())) {
    for (const char* name : {"client", "gateway", "server"}) command("ip netns add " + prefix_ + name);
    join("client", 1);
    join("server", 2);
    in("gateway", "sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1");
  }
  ~GatewayNamespaces() {
    for (const char* name : {"client", "gateway", "server"}) std::system(("ip netns del " + prefix_ + name).c_str());
  }
  GatewayNamespaces(const GatewayNamespaces&) = delete;
  GatewayNamespaces& operator=(const GatewayNamespaces&) = delete;

  static bool possible() { return ::geteuid() == 0 && std::system("ip netns list >/dev/null 2>&1") == 0; }

  /// Runs a shell command there; true when it succeeds.
  bool in(const std::string& name, const std::string& shell_command) const {
    return std::system(("ip netns exec " + prefix_ + name + " " + shell_command).c_str()) == 0;
  }
  /// Moves the calling thread there for good.
  void enter(const std::string& name) const {
    const UniqueFd fd(::open(("/run/netns/" + prefix_ + name).c_str(), O_RDONLY | O_CLOEXEC));
    ASSERT_TRUE(fd);
    ASSERT_EQ(::setns(fd.get(), CLONE_NEWNET), 0);
  }

 private:
  static void command(const std::string& text) { ASSERT_EQ(std::system(text.c_str()), 0) << text; }
  void join(const std::string& name, int number) const {
    const std::string near = prefix_ + name, far = prefix_ + "gateway", net = std::to_string(number),
                      port = "to_" + name;
    command("ip -n " + far + " link add " + port + " type veth peer name eth0 netns " + near);
    command("ip -n " + far + " addr add 10.99." + net + ".1/24 dev " + port);
    command("ip -n " + near + " addr add 10.99." + net + ".2/24 dev eth0");
    command("ip -n " + far + " addr add fd99:" + net + "::1/64 dev " + port + " nodad");
    command("ip -n " + near + " addr add fd99:" + net + "::2/64 dev eth0 nodad");
    for (const auto& [where, link] : {std::pair{far, port}, {near, std::string("eth0")}, {near, std::string("lo")}}) {
      command("ip -n " + where + " link set " + link + " up");
    }
    command("ip -n " + near + " route add default via 10.99." + net + ".1");
    command("ip -n " + near + " -6 route add default via fd99:" + net + "::1");
  }

  std::string prefix_;
};

}  // namespace sallyport::test
