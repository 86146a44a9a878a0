// PDF, mail and compound files.
#include <gmock/gmock.h>
#include <zlib.h>

#include "tests/unit/daemon/worker/unpack/recording_sinks.h"

namespace sallyport::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string deflated(std::string_view text) {
  std::string out(::compressBound(text.size()), '\0');
  uLongf size = out.size();
  ::compress(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(text.data()), text.size());
  return out.substr(0, size);
}

std::string stream(int number, const std::string& dictionary, std::string_view data) {
  return std::to_string(number) + " 0 obj\n<<" + dictionary + ">>\nstream\n" + std::string(data) +
         "\nendstream\nendobj\n";
}
std::string sized(int number, const std::string& dictionary, std::string_view data) {
  return stream(number, dictionary + "/Length " + std::to_string(data.size()), data);
}
Unpacked unpack_pdf(const std::string& body) {
  const ByteBuffer file = bytes_of("%PDF-1.7\n" + body + "trailer <</Root 1 0 R>>\n%%EOF\n");
  unpack_cut_everywhere(file);
  return unpack(file);
}

std::string ascii85(std::string_view data) {
  std::string text;
  for (std::size_t i = 0; i < data.size(); i += 4) {
    std::uint32_t group = 0;
    const std::size_t count = std::min<std::size_t>(4, data.size() - i);
    for (std::size_t k = 0; k < 4; ++k) group = group << 8 | (k < count ? static_cast<unsigned char>(data[i + k]) : 0U);
    std::string digits(5, '!');
    for (std::size_t k = 5; k-- > 0; group /= 85) digits[k] = static_cast<char>('!' + group % 85);
    text += digits.substr(0, count + 1);
  }
  return text + "~>";
}

TEST(Pdf, JpegStreamsAreByteExact) {
  const ByteBuffer image = photo();
  const std::string jpeg(as_text(image));
  const Unpacked plain = unpack_pdf(sized(7, "/Subtype/Image/Filter/DCTDecode", jpeg));
  EXPECT_THAT(plain.lines, ElementsAre(line_of("pdf:7", image)));
  EXPECT_THAT(plain.images, ElementsAre(image));
  const Unpacked wrapped =
      unpack_pdf(sized(8, "/Subtype/Image/Filter[/ASCII85Decode /FlateDecode /DCTDecode]", ascii85(deflated(jpeg))));
  EXPECT_THAT(wrapped.images, ElementsAre(image));
}

TEST(Pdf, LengthsMayBeElsewhereOrWrong) {
  const ByteBuffer image = photo();
  const std::string jpeg(as_text(image));
  const std::string size = "9 0 obj\n" + std::to_string(jpeg.size()) + "\nendobj\n";
  EXPECT_THAT(unpack_pdf(stream(7, "/Subtype/Image/Filter/DCTDecode/Length 9 0 R", jpeg) + size).images,
              ElementsAre(image));
  EXPECT_THAT(unpack_pdf(stream(7, "/Subtype/Image/Filter/DCTDecode/Length 5", jpeg)).images, ElementsAre(image));
}

TEST(Pdf, ObjectStreamsHoldWhatImagesReferTo) {
  const ByteBuffer image = photo();
  const std::string first = "/Type/ObjStm/N 2/First 10/Filter/FlateDecode";
  const std::string filters = "20 0 21 0 [/FlateDecode /DCTDecode]";
  const std::string pdf =
      sized(5, first, deflated(filters)) + sized(7, "/Subtype/Image/Filter 20 0 R", deflated(as_text(image)));
  EXPECT_THAT(unpack_pdf(pdf).images, ElementsAre(image));
}

TEST(Pdf, BitmapsBecomePixels) {
  const std::string rgb("\xFF\0\0\0\xFF\0", 6);
  const Unpacked colour = unpack_pdf(sized(
      3, "/Subtype/Image/Width 2/Height 1/BitsPerComponent 8/ColorSpace/DeviceRGB/Filter/FlateDecode", deflated(rgb)));
  EXPECT_THAT(colour.lines, ElementsAre("pdf:3 2x1x3"));
  EXPECT_THAT(colour.images, ElementsAre(bytes_of(std::string("\0\0\xFF\0\xFF\0", 6))));  // BGR
  const Unpacked indexed = unpack_pdf(sized(
      3, "/Subtype/Image/Width 4/Height 1/BitsPerComponent 1/ColorSpace[/Indexed/DeviceRGB 1<000000 0000FF>]", "\x50"));
  EXPECT_THAT(indexed.images, ElementsAre(bytes_of(std::string("\0\0\0\xFF\0\0\0\0\0\xFF\0\0", 12))));
  const Unpacked grey =
      unpack_pdf(sized(3, "/Subtype/Image/Width 2/Height 2/BitsPerComponent 8/ColorSpace/DeviceGray", "ab"));
  EXPECT_THAT(grey.lines, ElementsAre("pdf:3 2x2x1 cut"));
}

TEST(Pdf, PngPredictorsAreUndone) {
  const std::string rows("\2\1\2\2\1\1", 6);  // two rows of two grey pixels, "Up"
  const Unpacked found =
      unpack_pdf(sized(3,
                       "/Subtype/Image/Width 2/Height 2/BitsPerComponent 8/ColorSpace/DeviceGray/Filter/FlateDecode"
                       "/DecodeParms<</Predictor 15/Columns 2>>",
                       deflated(rows)));
  EXPECT_THAT(found.images, ElementsAre(bytes_of("\1\2\2\3")));
}

TEST(Pdf, LzwAndRunLength) {
  const std::string lzw("\x80\x0B\x60\x50\x22\x0C\x0C\x85\x01", 9);  // ISO 32000-1 7.4.4.2, example
  const Unpacked found = unpack_pdf(
      sized(3, "/Subtype/Image/Width 10/Height 1/BitsPerComponent 8/ColorSpace/DeviceGray/Filter/LZWDecode", lzw));
  EXPECT_THAT(found.images, ElementsAre(bytes_of("-----A---B")));
  const Unpacked runs = unpack_pdf(
      sized(3, "/Subtype/Image/Width 4/Height 1/BitsPerComponent 8/ColorSpace/DeviceGray/Filter/RunLengthDecode",
            "\xFE"
            "a" +
                std::string("\0b\x80", 3)));
  EXPECT_THAT(runs.images, ElementsAre(bytes_of("aaab")));
}

TEST(Pdf, AttachmentsAreLookedInto) {
  const ByteBuffer image = photo();
  const ByteBuffer zip = zip_of({{"a.jpg", image}});
  const Unpacked found = unpack_pdf(sized(4, "/Type/EmbeddedFile/Filter/FlateDecode", deflated(as_text(zip))));
  EXPECT_THAT(found.lines, ElementsAre(line_of("pdf:4/zip:a.jpg", image)));
}

TEST(Pdf, InlineImages) {
  const std::string content = "q 10 0 0 10 0 0 cm BI /W 2 /H 2 /BPC 8 /CS /G ID abcd EI Q";
  EXPECT_THAT(unpack_pdf(sized(6, "/Filter/FlateDecode", deflated(content))).lines, ElementsAre("pdf:6@19 2x2x1"));
}

TEST(Pdf, WhatCannotBeReadIsTold) {
  EXPECT_THAT(unpack_pdf(sized(3, "/Subtype/Image/Filter/JBIG2Decode", "x")).lines,
              ElementsAre("pdf:3 !unsupported_format"));
  const ByteBuffer locked =
      bytes_of("%PDF-1.4\n" + sized(3, "/Subtype/Image/Filter/DCTDecode", "x") + "trailer<</Encrypt 9 0 R>>");
  EXPECT_THAT(unpack(locked).lines, ElementsAre(" !encrypted_archive"));
}

// --- mail

std::string base64(std::string_view data) {
  static constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < data.size(); i += 3) {
    std::uint32_t group = 0;
    const std::size_t count = std::min<std::size_t>(3, data.size() - i);
    for (std::size_t k = 0; k < 3; ++k) group = group << 8 | (k < count ? static_cast<unsigned char>(data[i + k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k) text += k <= count ? kAlphabet[group >> (18 - 6 * k) & 63] : '=';
    if (i % 57 == 54) text += "\r\n";
  }
  return text;
}
std::string image_part(const ByteBuffer& image, const std::string& name) {
  return "Content-Type: image/jpeg\r\nContent-Disposition: attachment; filename=\"" + name +
         "\"\r\nContent-Transfer-Encoding: BASE64\r\n\r\n" + base64(as_text(image)) + "\r\n";
}
std::string mail(const std::string& rest) {
  return "From: a@example.org\r\nTo: b@example.org\r\nSubject: x\r\nMIME-Version: 1.0\r\n" + rest;
}
std::string multipart(const std::string& boundary, const std::vector<std::string>& parts) {
  std::string text = "Content-Type: multipart/mixed;\r\n boundary=\"" + boundary + "\"\r\n\r\npreamble\r\n";
  for (const std::string& part : parts) text += "--" + boundary + "\r\n" + part;
  return text + "--" + boundary + "--\r\n";
}

TEST(Mail, AttachmentsOfAllDepths) {
  const ByteBuffer one = photo(1), two = photo(2);
  const std::string inner =
      "Content-Type: message/rfc822\r\n\r\n" + mail(multipart("in", {image_part(two, "two.jpg")}));
  const ByteBuffer message = bytes_of(mail(multipart("out", {"\r\ntext\r\n", image_part(one, "one.jpg"), inner})));
  const Unpacked found = unpack(message);
  EXPECT_THAT(found.lines, ElementsAre(line_of("email:one.jpg", one), line_of("email:two.jpg", two)));
  EXPECT_THAT(found.images, ElementsAre(one, two));
  EXPECT_EQ(found.evasions, 0U);
  unpack_cut_everywhere(message);
}

TEST(Mail, BoundariesThatBeginAlike) {
  const ByteBuffer image = photo();
  const Unpacked found = unpack(bytes_of(mail(multipart("b", {multipart("bb", {image_part(image, "a.jpg")})}))));
  EXPECT_THAT(found.lines, ElementsAre(line_of("email:a.jpg", image)));
}

TEST(Mail, QuotedPrintableAndUuencode) {
  const std::string gif = "GIF89a=01=00=01=00=80=00=00=00=00=00=FF=FF=FF=2C=00=00=00=00=01=00=01=00=00=02=02D=01=00;";
  const Unpacked quoted = unpack(bytes_of(
      mail("Content-Type: image/gif; name=a.gif\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" + gif)));
  ASSERT_EQ(quoted.images.size(), 1U);
  EXPECT_EQ(quoted.images[0].size(), 35U);
  const Unpacked uu = unpack(bytes_of(mail("\r\nsee\r\nbegin 644 a.gif\r\n&1TE&.#EA\r\n`\r\nend\r\n")));
  ASSERT_EQ(uu.images.size(), 1U);
  EXPECT_EQ(as_text(uu.images[0]), "GIF89a");
}

TEST(Mail, TwoEncodingsAreTwoReadings) {
  const std::string header =
      "Content-Type: image/jpeg\r\nContent-Transfer-Encoding: 7bit\r\nContent-Transfer-Encoding: base64\r\n\r\n";
  const ByteBuffer image = photo();
  const Unpacked found = unpack(bytes_of(mail(header + base64(as_text(image)))));
  EXPECT_THAT(found.images, ElementsAre(image));
  EXPECT_EQ(found.evasions, bit(Evasion::kContainerFraming));
}

TEST(Mail, AMailboxHasSeveral) {
  const ByteBuffer one = photo(1), two = photo(2);
  const std::string box = "From a@b Thu Jan  1 00:00:00 1970\n" + mail(image_part(one, "1.jpg")) +
                          "\nFrom a@b Thu Jan  1 00:00:00 1970\n" + mail(image_part(two, "2.jpg"));
  EXPECT_THAT(unpack(bytes_of(box)).images, ElementsAre(one, two));
}

// --- compound files

/// One large stream "Data" in sectors of its own, and one small one in the mini stream.
std::string compound_file(std::string_view large, std::string_view small) {
  constexpr std::size_t kSector = 512;
  const auto put = [](std::string& to, std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) to += static_cast<char>(value >> (8 * i) & 0xFF);
  };
  const auto padded = [](std::string text) {
    text.resize((text.size() + kSector - 1) / kSector * kSector);
    return text;
  };
  const std::size_t large_sectors = (large.size() + kSector - 1) / kSector;
  const std::size_t mini_sectors = (small.size() + kSector - 1) / kSector;
  // Sectors: 0 FAT, 1 directory, 2 mini FAT, then the mini stream, then the large one.
  std::string fat;
  put(fat, 0xFFFFFFFD, 4);
  put(fat, 0xFFFFFFFE, 4);
  put(fat, 0xFFFFFFFE, 4);
  const auto chain = [&](std::size_t first, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) put(fat, i + 1 < count ? first + i + 1 : 0xFFFFFFFE, 4);
  };
  chain(3, mini_sectors);
  chain(3 + mini_sectors, large_sectors);
  EXPECT_LE(fat.size(), kSector);
  std::string mini_fat;
  for (std::size_t i = 0, count = (small.size() + 63) / 64; i < count; ++i)
    put(mini_fat, i + 1 < count ? i + 1 : 0xFFFFFFFE, 4);
  const auto entry = [&](std::string_view name, int type, std::size_t start, std::size_t size) {
    std::string text;
    for (const char c : name) put(text, static_cast<unsigned char>(c), 2);
    text.resize(64);
    put(text, 2 * name.size() + 2, 2);
    put(text, static_cast<unsigned>(type), 1);
    text.resize(116);
    put(text, start, 4);
    put(text, size, 8);
    return text;
  };
  const std::string directory = entry("Root Entry", 5, 3, mini_sectors * kSector) +
                                entry("Data", 2, 3 + mini_sectors, large.size()) +
                                entry("__substg1.0_37010102", 2, 0, small.size());
  std::string header("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8);
  header.resize(30);
  put(header, 9, 2);
  put(header, 6, 2);
  header.resize(44);
  put(header, 1, 4);
  put(header, 1, 4);
  put(header, 0, 4);
  put(header, 4096, 4);
  put(header, 2, 4);
  put(header, 1, 4);
  put(header, 0xFFFFFFFE, 4);
  put(header, 0, 4);
  put(header, 0, 4);
  while (header.size() < kSector) put(header, 0xFFFFFFFF, 4);
  return header + padded(fat) + padded(directory) + padded(mini_fat) + padded(std::string(small)) +
         padded(std::string(large));
}

TEST(CompoundFile, ImagesInLargeAndSmallStreams) {
  const ByteBuffer one = encode(draw_picture(300, 200, 1), ".jpg"), two = photo(2);
  ASSERT_LT(two.size(), 4096U);
  std::string data(5000, 'x');
  data += as_text(one);
  const ByteBuffer file = bytes_of(compound_file(data, as_text(two)));
  const Unpacked found = unpack(file);
  EXPECT_THAT(found.lines, ElementsAre(line_of("ole:Data@5000", one), line_of("ole:__substg1.0_37010102", two)));
  EXPECT_THAT(found.images, ElementsAre(one, two));
  unpack_cut_everywhere(file);
}

TEST(CompoundFile, BitmapsAndMetafilesAreTold) {
  std::string data(5000, 'x');
  data.replace(700, 4, "\x80\x7A\x1F\xF0", 4);
  const Unpacked found = unpack(bytes_of(compound_file(data, "y")));
  EXPECT_THAT(found.lines, ElementsAre("ole:Data !unsupported_format"));
}

TEST(CompoundFile, PropertiesOfAMessageAreOfAnyType) {
  const std::string page =
      "<html><body>Hello <img src=\"data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7\"/>";
  EXPECT_THAT(unpack(bytes_of(compound_file(std::string(5000, 'x'), page))).lines,
              ElementsAre("ole:__substg1.0_37010102/base64@1 42"));
}

TEST(CompoundFile, AChainThatTurnsBackEnds) {
  std::string file = compound_file(std::string(8000, 'x'), "y");
  file[512 + 4 * 4] = 4;  // the first sector of the large stream follows itself
  EXPECT_THAT(unpack(bytes_of(file)).lines, ElementsAre("ole:Data !decode_error"));
}

}  // namespace
}  // namespace sallyport::test
