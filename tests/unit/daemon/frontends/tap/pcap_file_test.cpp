#include "daemon/frontends/tap/pcap_file.h"

#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "tests/support/packet_recorder.h"
#include "tests/support/tcp_script.h"

namespace sallyport {
namespace {

namespace fs = std::filesystem;

void put_native(ByteBuffer& out, std::uint32_t value) {
  ByteBuffer bytes(sizeof value);
  std::memcpy(bytes.data(), &value, sizeof value);
  append(out, bytes);
}

class PcapFileTest : public testing::Test {
 protected:
  PcapFileTest() : folder_(fs::path(testing::TempDir()) / ("pcap_file_" + std::to_string(::getpid()))) {
    fs::create_directories(folder_);
    script_.handshake()
        .data("question")
        .wait(std::chrono::milliseconds(100))
        .server()
        .data("answer")
        .fin()
        .client()
        .fin();
  }
  ~PcapFileTest() override { fs::remove_all(folder_); }

  // The classic format with times in microseconds; of each packet at most `snaplen` bytes.
  ByteBuffer pcap(std::uint32_t link_type = 1, std::size_t snaplen = 262144) {
    ByteBuffer out;
    for (const std::uint32_t word : {0xa1b2c3d4U, 2U | 4U << 16, 0U, 0U, 262144U, link_type}) put_native(out, word);
    for (const auto& packet : script_.packets()) {
      const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(packet.time.time_since_epoch()).count();
      put_native(out, static_cast<std::uint32_t>(micros / 1'000'000));
      put_native(out, static_cast<std::uint32_t>(micros % 1'000'000));
      const Bytes captured = prefix(packet.frame, snaplen);
      put_native(out, static_cast<std::uint32_t>(captured.size()));
      put_native(out, static_cast<std::uint32_t>(packet.frame.size()));
      append(out, captured);
    }
    return out;
  }
  ByteBuffer pcapng() {
    ByteBuffer out;
    for (const std::uint32_t word : {0x0a0d0d0aU, 28U, 0x1a2b3c4dU, 1U, ~0U, ~0U, 28U, 1U, 20U, 1U, 0U, 20U})
      put_native(out, word);
    for (const auto& packet : script_.packets()) {
      const auto size = static_cast<std::uint32_t>(packet.frame.size());
      const std::uint32_t padded = (size + 3) / 4 * 4;
      const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(packet.time.time_since_epoch()).count();
      for (const std::uint32_t word : {6U, 32 + padded, 0U, static_cast<std::uint32_t>(micros >> 32),
                                       static_cast<std::uint32_t>(micros), size, size}) {
        put_native(out, word);
      }
      append(out, packet.frame);
      out.resize(out.size() + padded - size);
      put_native(out, 32 + padded);
    }
    return out;
  }
  std::string write(const std::string& name, Bytes bytes) {
    const fs::path path = folder_ / name;
    std::ofstream(path, std::ios::binary).write(as_chars(bytes), static_cast<std::streamsize>(bytes.size()));
    return path.string();
  }
  void expect_conversation(const std::string& path) {
    test::PacketRecorder recorder;
    const auto summary = read_pcap_file(path, recorder);
    ASSERT_TRUE(summary) << summary.error().message;
    EXPECT_FALSE(summary->warning) << *summary->warning;
    EXPECT_EQ(summary->packets, script_.packets().size());
    EXPECT_EQ(summary->first, script_.packets().front().time);
    EXPECT_EQ(summary->last, script_.packets().back().time);
    EXPECT_EQ(recorder.streams.client_bytes(), "question");
    EXPECT_EQ(recorder.streams.server_bytes(), "answer");
    EXPECT_EQ(recorder.ticks, 1U) << "packet time jumps once by more than a tick";
    EXPECT_EQ(recorder.ends, 1U);
  }

  fs::path folder_;
  test::TcpScript script_;
};

TEST_F(PcapFileTest, ReadsPcapPcapngAndGzip) {
  expect_conversation(write("plain.pcap", pcap()));
  expect_conversation(write("plain.pcapng", pcapng()));
  const ByteBuffer whole = pcap();
  const std::string path = (folder_ / "packed.pcap.gz").string();
  const gzFile file = ::gzopen(path.c_str(), "wb");
  ::gzwrite(file, whole.data(), static_cast<unsigned>(whole.size()));
  ::gzclose(file);
  expect_conversation(path);
}

TEST_F(PcapFileTest, AFileCutShortGivesWhatItHasAndSaysSo) {
  const ByteBuffer whole = pcap();
  test::PacketRecorder recorder;
  const std::string path = write("cut.pcap", Bytes(whole).first(whole.size() - 10));
  const auto summary = read_pcap_file(path, recorder);
  ASSERT_TRUE(summary);
  ASSERT_TRUE(summary->warning);
  EXPECT_NE(summary->warning->find(path), std::string::npos);
  EXPECT_NE(summary->warning->find("behind packet 6"), std::string::npos) << *summary->warning;
  EXPECT_EQ(recorder.streams.client_bytes(), "question");
  EXPECT_EQ(recorder.ends, 1U);
}

TEST_F(PcapFileTest, PacketsWithoutTheirEndAreCounted) {
  test::PacketRecorder recorder;
  const auto summary = read_pcap_file(write("short.pcap", pcap(1, 58)), recorder);
  ASSERT_TRUE(summary);
  EXPECT_EQ(summary->truncated, 2U) << "the two with data";
  EXPECT_EQ(summary->lost, std::string("questionanswer").size() - 2 * 4);
  const auto whole = read_pcap_file(write("whole.pcap", pcap()), recorder);
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->truncated + whole->lost, 0U);
}

TEST_F(PcapFileTest, ErrorsNameTheFileAndTheReason) {
  test::PacketRecorder recorder;
  const auto missing = read_pcap_file((folder_ / "none.pcap").string(), recorder);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  const auto wireless = read_pcap_file(write("wireless.pcap", pcap(105)), recorder);
  ASSERT_FALSE(wireless);
  EXPECT_NE(wireless.error().message.find("IEEE802_11"), std::string::npos) << wireless.error().message;
  const auto text = read_pcap_file(write("text.pcap", as_byte_span("this is no capture at all, it is text")), recorder);
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, ErrorCode::kCorrupt);
  EXPECT_FALSE(read_pcap_file(folder_.string(), recorder));
  EXPECT_EQ(recorder.ends, 0U);
}

TEST_F(PcapFileTest, ProgressReachesTheEnd) {
  const ByteBuffer whole = pcap();
  std::uint64_t read = 0, total = 0;
  PcapFileOptions options;
  options.progress = [&](std::uint64_t r, std::uint64_t t) { read = r, total = t; };
  test::PacketRecorder recorder;
  ASSERT_TRUE(read_pcap_file(write("plain.pcap", whole), recorder, options));
  EXPECT_EQ(read, whole.size());
  EXPECT_EQ(total, whole.size());
}

TEST_F(PcapFileTest, CapturesOfOthersAreReadToTheEnd) {
  const fs::path corpus(SALLYPORT_SHARED_CORPUS);
  if (!fs::exists(corpus)) GTEST_SKIP() << "no corpus of captures at " << corpus;
  std::size_t files = 0;
  for (const char* set : {"http-zeek", "smb-zeek", "http-evader"}) {
    for (const auto& entry : fs::recursive_directory_iterator(corpus / set)) {
      const std::string extension = entry.path().extension();
      if (extension != ".pcap" && extension != ".pcapng" && extension != ".trace" && extension != ".gz") continue;
      test::PacketRecorder recorder;
      recorder.streams.quiet = true;
      const auto summary = read_pcap_file(entry.path().string(), recorder);
      ASSERT_TRUE(summary) << summary.error().message;
      EXPECT_EQ(recorder.streams.still_open(), 0U) << entry.path();
      EXPECT_EQ(recorder.net.stats().buffered_bytes.value(), 0U) << entry.path();
      EXPECT_GT(recorder.net.stats().tcp_packets.value(), 0U) << entry.path();
      ++files;
    }
  }
  EXPECT_GT(files, 300U);
}

}  // namespace
}  // namespace sallyport
