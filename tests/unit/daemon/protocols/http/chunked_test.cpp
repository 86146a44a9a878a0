#include "daemon/protocols/http/chunked.h"

#include <gtest/gtest.h>

#include "tests/support/feed_all_ways.h"

namespace sallyport::http {
namespace {

class Text : public ByteOutput {
 public:
  bool take(Bytes bytes) override {
    text.append(as_text(bytes));
    return true;
  }
  std::string text;
};

std::string decode(std::string_view input) {
  return test::feed_all_ways(as_byte_span(input), [](const test::Feeder& feed) {
    ChunkedDecoder decoder;
    Text out;
    feed([&](Bytes bytes) { decoder.push(bytes, out); });
    return out.text +
           (decoder.done()     ? " done"
            : decoder.failed() ? " failed"
                               : " open") +
           (decoder.odd() ? " odd" : "") + (decoder.at_boundary() ? " boundary" : "");
  });
}

TEST(ChunkedDecoder, PlainChunks) {
  EXPECT_EQ(decode("5\r\nhello\r\n1;a=b\r\n!\r\n0\r\nT: x\r\n\r\nrest"), "hello! done boundary");
  EXPECT_EQ(decode("5\nhello\n0\n\n"), "hello done odd boundary");
}

TEST(ChunkedDecoder, TolerantSizes) {
  EXPECT_EQ(decode("\r\n 0005 \r\nhello\r\n0x1,\r\n!\r\n000\r\n\r\n"), "hello! done odd boundary");
  EXPECT_EQ(decode("5\r\r\nhello0\r\n\r\n"), "hello done odd boundary");
}

TEST(ChunkedDecoder, CutPlaces) {
  EXPECT_EQ(decode("5\r\nhel"), "hel open");
  EXPECT_EQ(decode("5\r\nhello\r\n"), "hello open boundary");
  EXPECT_EQ(decode("5\r\nhello\r\n0"), "hello open boundary");
  EXPECT_EQ(decode("5\r\nhello\r\n5"), "hello open");
}

TEST(ChunkedDecoder, OverflowFails) {
  EXPECT_EQ(decode("fffffffffffffffff\r\nx"), " failed");
}

TEST(ChunkedDecoder, AnEndlessSizeLineFails) {
  ChunkedDecoder decoder;
  Text out;
  decoder.push(as_byte_span("5;" + std::string(20000, 'x')), out);
  EXPECT_TRUE(decoder.failed());
}

TEST(ChunkedDecoder, SkipsOnlyInsideAChunk) {
  ChunkedDecoder decoder;
  Text out;
  decoder.push(as_byte_span("a\r\n01"), out);
  EXPECT_TRUE(decoder.skip(8));
  decoder.push(as_byte_span("\r\n0\r\n\r\n"), out);
  EXPECT_TRUE(decoder.done());
  ChunkedDecoder other;
  other.push(as_byte_span("a\r\n01"), out);
  EXPECT_FALSE(other.skip(9));
}

TEST(SniffChunked, TellsBySizeLine) {
  EXPECT_EQ(sniff_chunked("5\r\n", true, false), ChunkSniff::kYes);
  EXPECT_EQ(sniff_chunked("\r\n 1f ;x\n", true, false), ChunkSniff::kYes);
  EXPECT_EQ(sniff_chunked("1f", true, false), ChunkSniff::kNeedMore);
  EXPECT_EQ(sniff_chunked("0", true, true), ChunkSniff::kYes);
  EXPECT_EQ(sniff_chunked("deadline\n", true, false), ChunkSniff::kNo);
  EXPECT_EQ(sniff_chunked("\xff\xd8\xff", true, false), ChunkSniff::kNo);
  EXPECT_EQ(sniff_chunked("", true, true), ChunkSniff::kNo);
  EXPECT_EQ(sniff_chunked("1z\r\n", true, false), ChunkSniff::kNo);
  EXPECT_EQ(sniff_chunked("1z\r\n", false, false), ChunkSniff::kYes);
  EXPECT_EQ(sniff_chunked("1z", false, false), ChunkSniff::kNeedMore);
  EXPECT_EQ(sniff_chunked(std::string_view("BM\x5e\0\0\0\n", 7), false, false), ChunkSniff::kNo);
  EXPECT_EQ(sniff_chunked("1f;" + std::string(2000, 'e'), false, false), ChunkSniff::kYes);
}

}  // namespace
}  // namespace sallyport::http
