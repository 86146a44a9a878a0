// An attacker who begins ten thousand huge uploads and ends none: memory stays within the configured budgets, what is
// given up is told, and the uploads of others come out whole.
#include <brotli/encode.h>
#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <vector>

#include "daemon/pipeline/extraction.h"
#include "tests/support/allocated_bytes.h"
#include "tests/support/smb_builder.h"
#include "tests/support/tcp_script.h"
#include "tests/support/wanting_sink.h"

namespace sallyport {
namespace {

/// Bytes that no coding makes smaller.
std::string noise(std::size_t size, unsigned seed) {
  std::string out(size, '\0');
  for (char& c : out) {
    seed = seed * 1664525U + 1013904223U;
    c = static_cast<char>(seed >> 24);
  }
  return out;
}

std::string gzip_begun() {
  z_stream stream{};
  std::string in = noise(4000, 3), out(8000, '\0');
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_SYNC_FLUSH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

/// With a window of 16 MiB, of which the decoder takes as much as it fills.
std::string brotli_begun(std::size_t size) {
  const std::string in = noise(size, 11);
  std::string out(size + 1024, '\0');
  std::size_t out_size = out.size();
  EXPECT_TRUE(BrotliEncoderCompress(3, 24, BROTLI_MODE_GENERIC, in.size(),
                                    reinterpret_cast<const std::uint8_t*>(in.data()), &out_size,
                                    reinterpret_cast<std::uint8_t*>(out.data())));
  out.resize(out_size - 1);
  return out;
}

std::string zstd_begun() {
  ZSTD_CCtx* const context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, 23);
  const std::string in = noise(4000, 5);
  std::string out(16384, '\0');
  ZSTD_inBuffer input{in.data(), in.size(), 0};
  ZSTD_outBuffer output{out.data(), out.size(), 0};
  ZSTD_compressStream2(context, &output, &input, ZSTD_e_flush);
  ZSTD_freeCCtx(context);
  out.resize(output.pos);
  return out;
}

/// Remembers how each object ended, and the digests of those under /kept/.
class Collector : public test::WantingSink {
 public:
  void on_end(const Transfer& transfer, std::shared_ptr<const ObjectBytes> bytes) override {
    const bool kept = transfer.facts.path.starts_with("/kept/");
    if (kept && transfer.complete && transfer.sha256 && bytes) whole[transfer.facts.path] = *transfer.sha256;
    if (!kept && transfer.complete && !transfer.not_inspected) ++hostile_called_clean;
    if (transfer.not_inspected == NotInspected::kOverBudget) ++over_budget;
  }

  std::map<std::string, Sha256Digest> whole;
  std::size_t over_budget = 0;
  std::size_t hostile_called_clean = 0;
};

class HostileUploads : public testing::Test {
 protected:
  static constexpr std::size_t kBetween = 20;  // hostile flows between two segments of an honest one
  static constexpr std::size_t kNetBytes = 2U << 20;
  static constexpr std::size_t kParserBytes = 4U << 20;
  static constexpr std::size_t kKeptBytes = 4U << 20;
  HostileUploads() {
    config_.net.flows_max = 20000;
    config_.net.buffered_bytes_max = kNetBytes;
    config_.protocols.parser_bytes_max = kParserBytes;
    config_.transfer.kept_bytes_max = kKeptBytes;
    config_.transfer.object_bytes_max = kKeptBytes / 4;
    smb::GlobalTablesLimits tables;
    tables.bytes_max = kNetBytes;
    config_.protocols.smb_tables = std::make_shared<smb::GlobalTables>(tables);
    before_ = test::allocated_bytes();
    extraction_.emplace(config_, collector_, collector_, shared_, mailbox_);
  }

  test::TcpScript script(std::size_t number, std::uint16_t port) {
    const std::string client = "10." + std::to_string(number >> 12) + ".0.1";
    test::TcpScript made(client, "198.51.100.10", static_cast<std::uint16_t>(10000 + (number & 4095)), port);
    made.wait(std::chrono::milliseconds(number));
    return made;
  }
  void attack(const std::string& bytes) {
    test::TcpScript hostile = script(flows_, 80);
    hostile.handshake().client();
    for (std::size_t at = 0; at < bytes.size(); at += 16000) hostile.data(std::string_view(bytes).substr(at, 16000));
    hostile.server().ack();
    play(hostile);
  }
  /// Four files that stay open, with long names.
  void attack_by_smb() {
    using namespace test::smb;
    test::TcpScript hostile = script(flows_, 445);
    hostile.handshake();
    for (std::uint64_t file = 1; file <= 4; ++file) {
      const std::uint64_t id = file << 32 | flows_;
      hostile.client().data(frame(create(2 * file, std::string(1500, 'n'))));
      hostile.server().data(frame(create_reply(2 * file, id, 0)));
      hostile.client().data(frame(write(2 * file + 1, id, 0, noise(1000, 9))));
    }
    hostile.server().ack();
    play(hostile);
  }
  void play(test::TcpScript& hostile) {
    hostile.play(*extraction_);
    highest_ = std::max(highest_, test::allocated_bytes() - before_);
    if (flows_++ % kBetween == 0) speak_honestly(flows_);
  }
  /// A photo in eight segments, one after every kBetween hostile flows.
  void speak_honestly(std::size_t number) {
    if (!honest_) {
      const std::string name = "/kept/" + std::to_string(number);
      honest_bytes_ = noise(8 * 8000, static_cast<unsigned>(number));
      wanted_[name] = Sha256::of(as_byte_span(honest_bytes_));
      honest_ = test::TcpScript("192.0.2.7", "198.51.100.10", static_cast<std::uint16_t>(20000 + wanted_.size()), 80);
      honest_->handshake().client().data("PUT " + name + " HTTP/1.1\r\nHost: h\r\nContent-Length: 64000\r\n\r\n");
      sent_ = 0;
    }
    honest_->client().data(std::string_view(honest_bytes_).substr(sent_, 8000)).server().ack().play(*extraction_);
    sent_ += 8000;
    if (sent_ < honest_bytes_.size()) return;
    honest_->server().data("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n").client().ack().play(*extraction_);
    honest_.reset();
  }
  /// Nothing grew beyond what was configured, all honest uploads are whole, nobody's bytes were taken in silence.
  void expect_within_budget() {
    while (honest_) speak_honestly(0);
    const std::size_t tables = 2 * kNetBytes;  // open files, and what finds durable ones
    const std::size_t budget = kNetBytes + tables + kParserBytes + kKeptBytes;
    EXPECT_LE(highest_, budget + largest_parser_ + flows_ * flow_bytes_);
    EXPECT_LE(extraction_->dispatcher().stats().parser_bytes.value(), kParserBytes);
    EXPECT_LE(extraction_->table().kept_bytes(), kKeptBytes);
    extraction_->on_end(Timestamp(std::chrono::hours(2)));
    EXPECT_GE(wanted_.size(), flows_ / kBetween / 9);
    EXPECT_TRUE(collector_.whole == wanted_) << collector_.whole.size() << " of " << wanted_.size();
    EXPECT_EQ(collector_.hostile_called_clean, 0U);
    const std::uint64_t given_up =
        extraction_->dispatcher().stats().given_up_total.value() + extraction_->table().stats().given_up_total.value();
    EXPECT_GT(given_up, 0U) << "the attack was none";
    EXPECT_GT(collector_.over_budget, 0U);
  }
  void attack_with(const std::string& bytes, std::size_t flows = 1000) {
    for (std::size_t i = 0; i < flows; ++i) attack(bytes);
    expect_within_budget();
  }

  ExtractionConfig config_;
  Collector collector_;
  SharedTransfers shared_;
  Mailbox mailbox_;
  std::size_t before_ = 0, highest_ = 0;
  std::size_t flows_ = 0;
  std::size_t flow_bytes_ = 3500;            // in no budget: places in tables, a transfer, a parser that has nothing
  std::size_t largest_parser_ = 256 * 1024;  // one may be over the budget until it is given up
  std::optional<Extraction> extraction_;
  std::optional<test::TcpScript> honest_;
  std::string honest_bytes_;
  std::size_t sent_ = 0;
  std::map<std::string, Sha256Digest> wanted_;
};

const std::string kPut = "PUT /huge HTTP/1.1\r\nHost: h\r\nContent-Length: 10000000000\r\n";

std::string plain() {
  return kPut + "\r\n" + noise(6000, 7);
}
std::string gzip() {
  return kPut + "Content-Encoding: gzip\r\n\r\n" + gzip_begun();
}
std::string brotli(std::size_t size) {
  return kPut + "Content-Encoding: br\r\n\r\n" + brotli_begun(size);
}
std::string zstandard() {
  return kPut + "Content-Encoding: zstd\r\n\r\n" + zstd_begun();
}
std::string head_without_end() {
  return "PUT /huge HTTP/1.1\r\nHost: h\r\nX: " + std::string(20000, 'x');
}
std::string form_without_end() {
  return kPut + "Content-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\nContent-Disposition: form-data; name=\"" +
         std::string(12000, 'n');
}
std::string long_names() {
  const std::string name(4000, 'n');
  return "PUT /" + name + " HTTP/1.1\r\nHost: " + name + "\r\nETag: " + name +
         "\r\nContent-Length: 10000000000\r\n\r\n\xff\xd8\xff\xe0";
}
std::string requests_without_reply() {
  std::string requests;
  for (int i = 0; i < 12; ++i) requests += "GET /" + std::string(2000, 'p') + " HTTP/1.1\r\nHost: h\r\n\r\n";
  return requests;
}

TEST_F(HostileUploads, Plain) {
  attack_with(plain());
}
TEST_F(HostileUploads, Gzip) {
  attack_with(gzip());
}
TEST_F(HostileUploads, Brotli) {
  largest_parser_ = 1U << 20;
  attack_with(brotli(100000), 100);
}
TEST_F(HostileUploads, Zstandard) {
  largest_parser_ = 10U << 20;
  attack_with(zstandard(), 40);
}
TEST_F(HostileUploads, HeadsWithoutEnd) {
  attack_with(head_without_end());
}
TEST_F(HostileUploads, FormsWithoutEnd) {
  attack_with(form_without_end());
}
TEST_F(HostileUploads, LongNames) {
  attack_with(long_names());
}
TEST_F(HostileUploads, RequestsWithoutReply) {
  attack_with(requests_without_reply());
}
TEST_F(HostileUploads, SmbFilesThatStayOpen) {
  flow_bytes_ = 8000;  // four transfers
  for (std::size_t i = 0; i < 1000; ++i) attack_by_smb();
  expect_within_budget();
}

TEST_F(HostileUploads, TenThousandOfAllKinds) {
  largest_parser_ = 10U << 20;
  const std::array cheap{plain(), gzip(), head_without_end(), form_without_end(), long_names(), plain(), plain()};
  const std::array dear{brotli(1U << 20), zstandard(), requests_without_reply()};
  for (std::size_t i = 0; i < 10000; ++i) {
    if (i % 20 == 7) {
      attack_by_smb();
    } else {
      attack(i % 100 == 50 ? dear[i / 100 % dear.size()] : cheap[i % cheap.size()]);
    }
  }
  expect_within_budget();
}

}  // namespace
}  // namespace sallyport
