#include "daemon/protocols/http/content_decoder.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "tests/support/feed_all_ways.h"

namespace sallyport::http {
namespace {

/// `window` as deflateInit2 takes it: 15 zlib, -15 raw, 31 gzip.
std::string deflated(std::string_view text, int window) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  return out;
}

class Text : public ByteOutput {
 public:
  bool take(Bytes bytes) override {
    text.append(as_text(bytes));
    return true;
  }
  std::string text;
};

struct Outcome {
  std::string text;
  std::string status;
};

Outcome decode(std::vector<Coding> codings, std::string_view input, const HttpConfig& config = {}) {
  Outcome outcome;
  test::feed_all_ways(as_byte_span(input), [&](const test::Feeder& feed) {
    HttpStats stats;
    Text out;
    ContentDecoder decoder(codings, config, stats, out);
    feed([&](Bytes bytes) { decoder.push(bytes); });
    decoder.finish();
    outcome.text = out.text;
    outcome.status = std::string(decoder.evasions() ? "mismatch " : "") + (decoder.whole() ? "whole" : "not whole") +
                     (decoder.failure() ? " " + std::string(to_string(*decoder.failure())) : "");
    return outcome.text + outcome.status;
  });
  return outcome;
}

const std::string kText = "Sphinx of black quartz, judge my vow. Sphinx of black quartz, judge my vow.";

TEST(ContentDecoder, EachFormOfDeflate) {
  for (const auto& [coding, window] : {std::pair{Coding::kGzip, 31}, {Coding::kDeflate, 15}, {Coding::kDeflate, -15}}) {
    const Outcome outcome = decode({coding}, deflated(kText, window));
    EXPECT_EQ(outcome.text, kText) << window;
    EXPECT_EQ(outcome.status, "whole") << window;
  }
}

TEST(ContentDecoder, TheBytesDecideWhereTheLabelLies) {
  EXPECT_EQ(decode({Coding::kGzip}, deflated(kText, -15)).text, kText);
  EXPECT_EQ(decode({Coding::kDeflate}, deflated(kText, 31)).text, kText);
  EXPECT_EQ(decode({Coding::kZstd}, kText).text, kText);
  EXPECT_EQ(decode({Coding::kDeflate, Coding::kGzip}, deflated(kText, -15)).text, kText);
  EXPECT_EQ(decode({Coding::kBrotli}, deflated(kText, 31)).text, kText);
  EXPECT_EQ(decode({Coding::kGzip}, kText).status, "mismatch not whole");
}

TEST(ContentDecoder, ShortPlainTextIsNotTakenForDeflate) {
  for (const char* text : {"Bye", "c", "jkRS", "Kitten pictures", "{\"a\": 1}"}) {
    EXPECT_EQ(decode({Coding::kDeflate}, text).text, text);
  }
}

TEST(ContentDecoder, AFormatWhoseFirstBytesLookLikeZlibStaysWhatItIs) {
  const std::string png = "\x89PNG\r\n\x1a\n" + std::string(5000, 'p');
  EXPECT_EQ(decode({Coding::kDeflate}, png).text, png);
}

TEST(ContentDecoder, TruncatedStreamsKeepWhatCame) {
  const std::string gzip = deflated(kText, 31);
  EXPECT_EQ(decode({Coding::kGzip}, gzip.substr(0, gzip.size() - 8)).status, "whole");
  const Outcome cut = decode({Coding::kGzip}, gzip.substr(0, gzip.size() - 20));
  EXPECT_EQ(cut.status, "not whole");
  EXPECT_TRUE(kText.starts_with(cut.text));
}

TEST(ContentDecoder, StopsAtTheExpansionLimit) {
  HttpConfig config;
  config.expansion_floor_bytes = 100000;
  config.expansion_ratio_max = 1;
  const Outcome outcome = decode({Coding::kGzip}, deflated(std::string(300000, 'a'), 31), config);
  EXPECT_EQ(outcome.text.size(), 100000U);
  EXPECT_NE(outcome.status.find("expansion_limit"), std::string::npos);
}

TEST(ContentDecoder, TooManyLayers) {
  const Outcome outcome = decode(std::vector<Coding>(9, Coding::kGzip), kText);
  EXPECT_EQ(outcome.text, "");
  EXPECT_NE(outcome.status.find("unknown_coding"), std::string::npos);
}

TEST(ContentDecoder, TextCodings) {
  EXPECT_EQ(decode({Coding::kBase64}, "aGVs\r\nbG8=\r\n").text, "hello");
  EXPECT_EQ(decode({Coding::kQuotedPrintable}, "a=3Db=\r\n c=zz=").text, "a=b c=zz");
  EXPECT_EQ(decode({Coding::kBrotli}, "\x0b\x02\x80hello\x03").text, "hello");
}

}  // namespace
}  // namespace sallyport::http
