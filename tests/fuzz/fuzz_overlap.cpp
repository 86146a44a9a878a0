// Segments of one upload in any order and overlap, whose body has two contents: once a byte was sent both ways,
// something has to be flagged.
#include <cstdlib>
#include <string>

#include "daemon/base/byte_reader.h"
#include "daemon/pipeline/extraction.h"
#include "tests/support/tcp_script.h"
#include "tests/support/wanting_sink.h"

using namespace sallyport;

namespace {

const std::string kHead = "PUT /x HTTP/1.1\r\nHost: h\r\nContent-Length: 600\r\n\r\n";
const std::string kUpload = kHead + std::string(300, 'a') + std::string(300, 'b');

struct Flags : test::WantingSink {
  bool flagged = false;
  void on_end(const Transfer& transfer, std::shared_ptr<const ObjectBytes>) override {
    flagged |= (transfer.evasions & bit(Evasion::kTcpOverlap)) != 0;
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Flags flags;
  Mailbox mailbox;
  SharedTransfers shared;
  ExtractionConfig config;
  config.net.history_bytes = 64;
  config.net.flows_max = 4;
  Extraction extraction(config, flags, flags, shared, mailbox);
  test::TcpScript script;
  script.handshake().client();
  ByteReader reader(as_byte_span(data, size));
  std::string sent(kUpload.size(), '\0');  // bit 0: the first content, bit 1: the second
  bool both = false, ended = false;
  while (reader.remaining() >= 4) {
    const std::size_t offset = reader.u16be() % kUpload.size();
    std::string part = kUpload.substr(offset, reader.u8() * std::size_t{4} + 1);
    const unsigned how = reader.u8();
    for (std::size_t i = 0; i < part.size(); ++i) {
      const bool second = how % 2 != 0 && offset + i >= kHead.size();
      if (second) part[i] = static_cast<char>(part[i] - 32);
      char& seen = sent[offset + i] |= second ? 2 : 1;
      both |= !ended && seen == 3;
    }
    ended |= how % 8 == 3;
    script.at(offset, part, static_cast<std::uint8_t>(test::kAck | (ended ? test::kFin : 0)));
    script.play(extraction);
    extraction.on_tick(script.time());
  }
  extraction.on_end(script.time());
  if (both && !flags.flagged) std::abort();
  return 0;
}
