// Accepts every packet of one netfilter queue until end of input: nfqueue_accept [segments]. For nfqueue_throughput.py.
#include <unistd.h>

#include <cstdio>
#include <string_view>
#include <thread>

#include "daemon/base/mailbox.h"
#include "daemon/frontends/nfqueue/nfqueue_source.h"

namespace {

class AcceptAll : public sallyport::PacketSink {
 public:
  sallyport::PacketPlace on_packet(const sallyport::RawPacket&) override { return {}; }
  void on_tick(sallyport::Timestamp) override { mailbox_.run(); }
  int wake_fd() const override { return mailbox_.wake_fd(); }
  void on_end(sallyport::Timestamp) override {}

 private:
  sallyport::Mailbox mailbox_;
};

void wait_for_end_of_input() {
  char byte = 0;
  while (::read(STDIN_FILENO, &byte, 1) > 0) {
  }
}

}  // namespace

int main(int argc, char** argv) {
  sallyport::NfqueueConfig config;
  config.super_packets = argc < 2 || std::string_view(argv[1]) != "segments";
  AcceptAll sink;
  sallyport::NfqueueSource source(config);
  source.attach(sink);
  if (const auto status = source.start(); !status) {
    std::fprintf(stderr, "%s\n", status.error().message.c_str());
    return 1;
  }
  std::puts("ready");
  std::fflush(stdout);
  std::thread stopper([&] {
    wait_for_end_of_input();
    source.stop();
  });
  const auto status = source.run();
  stopper.join();
  std::printf("%llu packets, %llu verdict messages, %llu dropped by the kernel\n",
              static_cast<unsigned long long>(source.stats().packets.value()),
              static_cast<unsigned long long>(source.queue_stats().verdict_messages.value()),
              static_cast<unsigned long long>(source.stats().kernel_dropped.value()));
  return status ? 0 : 1;
}
