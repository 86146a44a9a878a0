#include "daemon/protocols/embedded/embedded_scanner.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "tests/support/encodings.h"
#include "tests/support/feed_all_ways.h"

namespace sallyport::embedded {
namespace {

using namespace std::string_literals;
using test::base64;
using test::jpeg;
using test::replaced;
using test::wrapped;

/// One line an object: how it lay there, its label, its media type, how it ended, its bytes.
class Recorder : public EmbeddedSink {
 public:
  void embedded_begin(const EmbeddedObject& object) override {
    log += std::string(object.inside) + " " + std::string(to_string(object.content)) +
           " label=" + std::string(object.label) + " type=" + std::string(object.media_type);
  }
  void embedded_bytes(Bytes bytes) override { content += as_text(bytes); }
  void embedded_end(std::optional<NotInspected> reason) override {
    log += reason ? " " + std::string(to_string(*reason)) : " whole";
    objects.push_back(content);
    log += " " + std::to_string(content.size()) + ":" + std::to_string(std::hash<std::string>()(content)) + "\n";
    content.clear();
  }

  std::string log;
  std::string content;
  std::vector<std::string> objects;
};

struct Scan {
  std::vector<std::string> objects;
  std::string log;
};

Scan scan(const std::string& body, ScanOptions options = {}, EmbeddedLimits limits = {}) {
  Scan result;
  result.log = test::feed_all_ways(as_byte_span(body), [&](const test::Feeder& feeder) {
    Recorder recorder;
    EmbeddedScanner scanner(recorder, limits, options);
    feeder([&](Bytes piece) { scanner.push(piece); });
    scanner.finish(std::nullopt);
    result.objects = recorder.objects;
    return recorder.log;
  });
  return result;
}

/// Whole, and byte by byte: where many bodies differ in little.
Scan scan_two_ways(const std::string& body, ScanOptions options = {}) {
  Scan result;
  std::array<Recorder, 2> recorders;
  for (const std::size_t way : {0U, 1U}) {
    EmbeddedScanner scanner(recorders[way], {}, options);
    const std::size_t size = way == 0 ? body.size() : 1;
    for (std::size_t i = 0; i < body.size(); i += size) scanner.push(as_byte_span(body).subspan(i, size));
    scanner.finish(std::nullopt);
  }
  EXPECT_EQ(recorders[0].log, recorders[1].log);
  return {recorders[0].objects, recorders[0].log};
}

std::string png() {
  return "\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\1\0\0\0\1\x08\2\0\0\0\x90wS\xde"s + "\0\0\0\x20IDAT"s +
         std::string(32, 'p') + "crc!\0\0\0\0IEND\xae\x42\x60\x82"s;
}
std::string gif() {
  return "GIF89a\1\0\1\0\0\0\0"s + "\x2c\0\0\0\0\1\0\1\0\0\2"s + "\x10"s + std::string(16, 'g') + "\0\x3b"s;
}
std::string webp() {
  return "RIFF\x40\0\0\0WEBPVP8 \x34\0\0\0"s + std::string(52, 'w');
}
std::string bmp() {
  return "BM\x5e\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0"s + std::string(76, 'b');
}
std::string tiff() {
  return "II*\0\x08\0\0\0"s + std::string(80, 't');
}
std::string jp2() {
  return "\0\0\0\x0cjP  \r\n\x87\n"s + std::string(80, 'j');
}
std::string heic() {
  return "\0\0\0\x18"
         "ftypheic\0\0\0\0mif1heic"s +
         std::string(80, 'h');
}
std::string jxl() {
  return "\0\0\0\x0cJXL \r\n\x87\n"s + std::string(80, 'x');
}
std::string zip() {
  return "PK\3\4\x14\0\0\0\x08\0"s + std::string(80, 'z');
}
std::string gzip() {
  return "\x1f\x8b\x08\0\0\0\0\0\0\3"s + std::string(80, 'z');
}
std::string pdf() {
  return "%PDF-1.7\n"s + std::string(80, 'p');
}

const std::string kProse =
    "It was the best of times, it was the worst of times; it was the age of wisdom (it was the age of foolishness).\n";

void expect_one(const std::string& body, const std::string& object, const std::string& log, ScanOptions options = {}) {
  const Scan found = scan(body, options);
  ASSERT_EQ(found.objects.size(), 1U) << found.log << body.substr(0, 300);
  EXPECT_EQ(found.objects[0], object);
  EXPECT_EQ(found.log.substr(0, found.log.find(' ', log.size() > 0 ? log.size() : 0)), log) << found.log;
}

TEST(EmbeddedScanner, FindsBase64InJson) {
  expect_one("{\"id\": 7, \"photo\": \"" + base64(jpeg()) + "\", \"next\": 1}", jpeg(),
             "base64 jpeg label=photo type= whole");
}

TEST(EmbeddedScanner, FindsEveryTypeInBothAlphabets) {
  const std::vector<std::string> all{jpeg(), png(),  gif(), webp(), bmp(),  tiff(),
                                     jp2(),  heic(), jxl(), zip(),  gzip(), pdf()};
  for (const std::string& object : all) {
    for (const bool url : {false, true}) {
      for (const bool pad : {false, true}) {
        const Scan found = scan_two_ways("{\"a\":\"" + base64(object, url, pad) + "\"}");
        ASSERT_EQ(found.objects.size(), 1U) << found.log;
        EXPECT_EQ(found.objects[0], object);
      }
    }
    const Scan found = scan_two_ways("{\"a\":\"" + test::hex(object) + "\"}");
    ASSERT_EQ(found.objects.size(), 1U) << found.log;
    EXPECT_EQ(found.objects[0], object);
  }
}

TEST(EmbeddedScanner, FindsAnImageAtAnyAlignmentOfALongerString) {
  for (std::size_t before = 1; before < 40; ++before) {
    for (const std::string& object : {jpeg(), png(), gif(), webp(), bmp()}) {
      const std::string blob = std::string(before, '\x07') + object + "\x07\x07\x07\x07\x07";
      const Scan found = scan_two_ways("<v>" + base64(blob) + "</v>");
      ASSERT_EQ(found.objects.size(), 1U) << before << " " << found.log;
      EXPECT_EQ(found.objects[0], object);
    }
  }
}

TEST(EmbeddedScanner, FindsSeveralInOneString) {
  const std::string blob = "\1\2\3" + jpeg(300, 1) + png() + gif() + "\1" + jpeg(200, 2);
  const Scan found = scan("x=\"" + base64(blob) + "\"");
  ASSERT_EQ(found.objects.size(), 4U) << found.log;
  EXPECT_EQ(found.objects[0], jpeg(300, 1));
  EXPECT_EQ(found.objects[1], png());
  EXPECT_EQ(found.objects[2], gif());
  EXPECT_EQ(found.objects[3], jpeg(200, 2));
}

TEST(EmbeddedScanner, TakesEscapesOff) {
  const std::string text = base64(jpeg(900));
  ASSERT_NE(text.find('+'), std::string::npos);
  const std::string log = "base64 jpeg label=photo type= whole";
  const auto json = [](const std::string& value) { return "{\"photo\":\"" + value + "\"}"; };
  expect_one(json(replaced(text, "/", "\\/")), jpeg(900), log);
  expect_one(json(replaced(replaced(text, "/", "\\u002f"), "+", "\\u002B")), jpeg(900), log);
  expect_one(json(replaced(text, "/", "\\\\/")), jpeg(900), log);
  expect_one(json(replaced(text, "=", "\\u003d")), jpeg(900), log);
  expect_one(json(wrapped(text, 76, "\\n")), jpeg(900), log);
  expect_one(json(wrapped(text, 76, "\\r\\n") + "\\r\\n"), jpeg(900), log);
  expect_one("<photo>" + wrapped(text, 64, "&#10;") + "</photo>", jpeg(900), log);
  expect_one("<photo>" + wrapped(text, 76, "&#xD;\n") + "</photo>", jpeg(900), log);
  expect_one("<photo>" + replaced(text, "+", "&#43;") + "</photo>", jpeg(900), log);
  expect_one("<photo><![CDATA[" + wrapped(text, 76, "\r\n") + "]]></photo>", jpeg(900), log);
  expect_one("photo=" + test::percent(text) + "&b=1", jpeg(900), log);
  expect_one("photo=" + test::percent(test::percent(text)) + "&b=1", jpeg(900), log);
}

TEST(EmbeddedScanner, ReadsPlusInFormsAsItsSenderMeantIt) {
  const std::string text = base64(jpeg(900));
  const std::string log = "base64 jpeg label=photo type= whole";
  expect_one("photo=" + text + "&b=1", jpeg(900), log, {true});
  expect_one("photo=" + test::percent(text) + "&b=1", jpeg(900), log, {true});
  expect_one("photo=" + replaced(test::percent(wrapped(text, 76, " ")), "%20", "+") + "&b=1", jpeg(900), log, {true});
}

TEST(EmbeddedScanner, ReadsDataUris) {
  expect_one("<img src=\"data:image/jpeg;base64," + base64(jpeg()) + "\">", jpeg(),
             "base64 jpeg label=src type=image/jpeg whole");
  expect_one("a{background:url(data:image/jpeg;base64," + base64(jpeg()) + ")}", jpeg(),
             "base64 jpeg label=background type=image/jpeg whole");
  expect_one("<img src='data:image/jpeg," + test::percent(jpeg()) + "'>", jpeg(),
             "percent jpeg label=src type=image/jpeg whole");
  expect_one("<img src='data:image/png," + test::percent(png()) + "'>", png(),
             "percent png label=src type=image/png whole");
  expect_one("photo=" + test::percent("data:image/jpeg;base64," + base64(jpeg())) + "&x=1", jpeg(),
             "base64 jpeg label= type= whole");
  expect_one("{\"p\":\"data:image/jxl;base64," + base64("\xff\x0a" + std::string(60, 'x')) + "\"}",
             "\xff\x0a" + std::string(60, 'x'), "base64 jpeg_xl label=p type=image/jxl whole");
}

TEST(EmbeddedScanner, ReadsLinesAndStopsBehindTheLast) {
  const std::string log = "base64 jpeg label=PHOTO;ENCODING=b;TYPE type= whole";
  for (std::size_t size = 300; size < 330; ++size) {
    const std::string text = base64(jpeg(size));
    for (const std::string& end : {"\r\n"s, "\n"s, "\r\n "s, "\n\t"s}) {
      for (const std::size_t width : {48U, 60U, 64U, 75U, 76U}) {
        const Scan found =
            scan(kProse + "PHOTO;ENCODING=b;TYPE=JPEG:" + wrapped(text, width, end) + "\r\n\r\nEND:VCARD\r\n");
        ASSERT_EQ(found.objects.size(), 1U) << size << " " << width;
        EXPECT_EQ(found.objects[0], jpeg(size)) << size << " " << width;
      }
    }
  }
  expect_one("Content-Type: image/jpeg\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
                 wrapped(base64(jpeg()), 76, "\r\n") + "\r\n--boundary--\r\n",
             jpeg(), "base64 jpeg label= type= whole");
}

TEST(EmbeddedScanner, DoesNotTakeWordsBehindAString) {
  for (std::size_t size = 300; size < 303; ++size) {
    for (const bool pad : {false, true}) {
      for (const std::string& behind : {"\nhello world, and more\n"s, " hello world"s, "\nhello"s, "\n\nBest\n"s}) {
        const Scan found = scan_two_ways("photo:\n" + base64(jpeg(size), false, pad) + behind);
        ASSERT_EQ(found.objects.size(), 1U);
        EXPECT_EQ(found.objects[0], jpeg(size)) << size << pad << behind;
      }
    }
  }
}

TEST(EmbeddedScanner, SearchesTextInsideBase64) {
  const std::string inner = "{\"kind\":\"photo\",\"data\":\"" + base64(jpeg()) + "\"}";
  expect_one("{\"payload\":\"" + base64(inner) + "\"}", jpeg(), "base64/base64 jpeg label=data type= whole");
  const std::string twice = base64(base64(jpeg()));
  expect_one("{\"payload\":\"" + twice + "\"}", jpeg(), "base64/base64 jpeg label= type= whole");
  const std::string thrice = base64("{\"deeper\":\"" + base64(inner) + "\"}");
  expect_one("{\"payload\":\"" + thrice + "\"}", jpeg(), "base64/base64/base64 jpeg label=data type= whole");
  EXPECT_TRUE(scan("{\"payload\":\"" + base64("{\"deepest\":\"" + thrice + "\"}") + "\"}").objects.empty());
}

TEST(EmbeddedScanner, CutsImagesOutOfRawBytes) {
  const std::string header =
      "\x0a\x10"
      "some protobuf\x12\x08\1\2\3\4\5\6\7\0"s;
  for (std::size_t before = 0; before < 70; ++before) {
    const std::string body = header + std::string(before, '\3') + jpeg() + "\x1a\4name" + png() + "\0\0tail"s + gif();
    const Scan found = scan_two_ways(body);
    ASSERT_EQ(found.objects.size(), 3U) << before << "\n" << found.log;
    EXPECT_EQ(found.objects[0], jpeg());
    EXPECT_EQ(found.objects[1], png());
    EXPECT_EQ(found.objects[2], gif());
  }
  EXPECT_EQ(scan("--boundary\r\nContent-Type: image/jpeg\r\n\r\n" + jpeg() + "\r\n--boundary--").objects,
            std::vector<std::string>{jpeg()});
}

TEST(EmbeddedScanner, SaysWhatIsCutOff) {
  const std::string body = "\1\2\3\4\5\6\7\1\2\3\4\5\6\7\1\2" + jpeg();
  EXPECT_NE(scan(body.substr(0, body.size() - 9)).log.find(" aborted "), std::string::npos);
}

TEST(EmbeddedScanner, LeavesAnObjectThatIsAnImageAlone) {
  for (const std::string& outer : {jpeg(), png(), zip(), pdf(), tiff()}) {
    EXPECT_TRUE(scan(outer + "\"" + base64(jpeg()) + "\"").objects.empty());
  }
}

TEST(EmbeddedScanner, FindsNothingInTextAndNoise) {
  std::string prose, noise;
  for (int i = 0; i < 8; ++i) prose += kProse;
  unsigned seed = 7;
  for (int i = 0; i < 1200; ++i) noise += static_cast<char>((seed = seed * 1664525 + 1013904223) >> 24);
  EXPECT_EQ(scan(prose + std::string(200, '-') + prose + std::string(200, 'A') + prose).log, "");
  EXPECT_EQ(scan("{\"token\":\"" + base64(noise) + "\"}").log, "");
  EXPECT_EQ(scan("\1\2" + noise).log, "");
}

TEST(EmbeddedScanner, EndsAtItsLimits) {
  std::string body;
  for (unsigned i = 0; i < 5; ++i) body += "\"" + base64(jpeg(300, i)) + "\",";
  EmbeddedLimits limits;
  limits.objects_max = 3;
  const Scan few = scan(body, {}, limits);
  ASSERT_EQ(few.objects.size(), 4U);
  EXPECT_EQ(few.objects[2], jpeg(300, 2));
  EXPECT_EQ(few.objects[3], "");
  EXPECT_NE(few.log.find("over_budget 0"), std::string::npos);
  limits = {};
  limits.bytes_max = jpeg().size() + 100;
  const Scan small = scan(body, {}, limits);
  ASSERT_EQ(small.objects.size(), 2U);
  EXPECT_EQ(small.objects[1], jpeg(300, 1).substr(0, 100));
  EXPECT_NE(small.log.find("over_budget 100"), std::string::npos);
}

TEST(EmbeddedScanner, EndsAnOpenObjectAtALossAndGoesOn) {
  const std::string first = "{\"a\":\"" + base64(jpeg()).substr(0, 200),
                    second = "zzz\",\"b\":\"" + base64(png()) + "\"}";
  Recorder recorder;
  EmbeddedScanner scanner(recorder, {}, {});
  scanner.push(as_byte_span(first));
  scanner.lose();
  scanner.push(as_byte_span(second));
  scanner.finish(std::nullopt);
  ASSERT_EQ(recorder.objects.size(), 2U) << recorder.log;
  EXPECT_NE(recorder.log.find(" gap "), std::string::npos);
  EXPECT_EQ(recorder.objects[1], png());
}

}  // namespace
}  // namespace sallyport::embedded
