// The least that reading a capture file with libpcap can cost: pcap_loop() with a handler that counts.
//   empty_pcap_loop FILE      prints packets and captured bytes
#include <pcap/pcap.h>

#include <cinttypes>
#include <cstdint>
#include <cstdio>

namespace {

struct Count {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
};

void on_packet(u_char* user, const pcap_pkthdr* header, const u_char*) {
  auto& count = *reinterpret_cast<Count*>(user);
  ++count.packets;
  count.bytes += header->caplen;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: empty_pcap_loop FILE\n");
    return 2;
  }
  char reason[PCAP_ERRBUF_SIZE] = "";
  pcap_t* const capture = ::pcap_open_offline(argv[1], reason);
  if (capture == nullptr) {
    std::fprintf(stderr, "empty_pcap_loop: %s\n", reason);
    return 1;
  }
  Count count;
  const int outcome = ::pcap_loop(capture, -1, on_packet, reinterpret_cast<u_char*>(&count));
  if (outcome != 0) std::fprintf(stderr, "empty_pcap_loop: %s\n", ::pcap_geterr(capture));
  ::pcap_close(capture);
  std::printf("%" PRIu64 " %" PRIu64 "\n", count.packets, count.bytes);
  return outcome == 0 ? 0 : 1;
}
