// What a connection costs that says nothing for the moment: many through one shard, then the growth of the process.
//   idle_flows KIND COUNT      KIND: handshake, http (one small PUT and its reply), smb (NEGOTIATE and its reply)
// Prints: kind, flows, bytes a flow, bytes by which the process grew. The same program is a test at a small count: it
// fails where more than BYTES were allocated for each flow.
//   idle_flows KIND COUNT BYTES
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include <malloc.h>
#include <unistd.h>

#include "daemon/pipeline/extraction.h"
#include "tests/support/allocated_bytes.h"
#include "tests/support/smb_builder.h"
#include "tests/support/tcp_script.h"
#include "tests/support/wanting_sink.h"

using namespace sallyport;

namespace {

/// 10,000 new flows a second, and a tick as often as a front end gives one.
constexpr Duration kBetweenFlows = std::chrono::microseconds(100);
constexpr std::uint64_t kFlowsPerTick = 50;

/// Wants every object and keeps none.
class Nobody : public test::WantingSink {
 public:
  void on_end(const Transfer&, std::shared_ptr<const ObjectBytes>) override { ++objects; }

  std::uint64_t objects = 0;
};

std::uint64_t resident_bytes() {
  ::malloc_trim(0);
  std::ifstream file("/proc/self/statm");
  std::uint64_t total = 0, resident = 0;
  file >> total >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

void talk(test::TcpScript& script, const std::string& kind) {
  script.handshake();
  if (kind == "http") {
    script.client().data(
        "PUT /lane-3.jpg HTTP/1.1\r\nHost: files.example\r\nContent-Length: 4\r\n\r\n\xff\xd8\xff\xe0");
    script.server().data("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
  } else if (kind == "smb") {
    script.client().data(test::smb::frame(test::smb::tree_connect(2, "\\\\fs\\pictures")));
    script.server().data(test::smb::frame(test::smb::tree_connect_reply(2, 1)));
  }
  script.client().ack();
}

test::TcpScript script_of(std::uint64_t number, const std::string& kind) {
  // 50,000 ports of each of as many clients as it takes.
  const std::uint64_t client = number / 50000;
  const std::string address = "10." + std::to_string(client >> 8) + '.' + std::to_string(client & 255) + ".1";
  return test::TcpScript(address, "198.51.100.10", static_cast<std::uint16_t>(10000 + number % 50000),
                         kind == "smb" ? 445 : 80);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: idle_flows handshake|http|smb COUNT [BYTES]\n");
    return 2;
  }
  const std::string kind = argv[1];
  const std::uint64_t count = std::strtoull(argv[2], nullptr, 10);
  ExtractionConfig config;
  config.net.flows_max = count;
  Nobody nobody;
  SharedTransfers shared;
  Mailbox mailbox;
  const std::uint64_t before = resident_bytes();
  const std::size_t allocated_before = test::allocated_bytes();
  Extraction extraction(config, nobody, nobody, shared, mailbox);
  Timestamp now;
  for (std::uint64_t number = 0; number < count; ++number) {
    test::TcpScript script = script_of(number, kind);
    script.wait(number * kBetweenFlows);
    talk(script, kind);
    script.play(extraction);
    now = script.time();
    if (number % kFlowsPerTick == 0) extraction.on_tick(now);
  }
  // Idle is what has not spoken for a while; nothing has timed out yet.
  for (int seconds = 1; seconds <= 60; ++seconds) extraction.on_tick(now + std::chrono::seconds(seconds));
  const std::uint64_t grown = resident_bytes() - before;
  const std::uint64_t flows = extraction.reassembler().stats().flows_active.value();
  const std::uint64_t each = flows == 0 ? 0 : grown / flows;
  const std::uint64_t allocated = flows == 0 ? 0 : (test::allocated_bytes() - allocated_before) / flows;
  std::printf("%s: %" PRIu64 " flows, %" PRIu64 " bytes a flow (%" PRIu64 " allocated), %" PRIu64
              " bytes in all, %" PRIu64 " objects\n",
              kind.c_str(), flows, each, allocated, grown, nobody.objects);
  if (flows != count) return 1;
  return argc > 3 && allocated > std::strtoull(argv[3], nullptr, 10) ? 1 : 0;
}
