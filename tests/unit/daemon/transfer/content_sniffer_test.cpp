#include "daemon/transfer/content_sniffer.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "daemon/base/limits.h"
#include "daemon/contract/content_signs.h"

namespace sallyport {
namespace {

using namespace std::string_literals;

std::string bmp_start() {
  return "BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0"s;
}
std::string ftyp(const std::string& brands) {
  return "\0\0\0"s + static_cast<char>(12 + brands.size()) + "ftyp" + brands.substr(0, 4) + "\0\0\0\0"s +
         brands.substr(4);
}

const std::vector<std::pair<std::string, ContentType>>& samples() {
  static const std::vector<std::pair<std::string, ContentType>> all{
      {"\xff\xd8\xff\xe0"s, ContentType::kJpeg},
      {"\x89PNG\r\n\x1a\n"s, ContentType::kPng},
      {"GIF89a"s, ContentType::kGif},
      {"GIF87a"s, ContentType::kGif},
      {bmp_start(), ContentType::kBmp},
      {"II*\0"s, ContentType::kTiff},
      {"MM\0*"s, ContentType::kTiff},
      {"II+\0"s, ContentType::kTiff},
      {"MM\0+"s, ContentType::kTiff},
      {"RIFF\1\2\3\4WEBPVP8 "s, ContentType::kWebp},
      {"\0\0\0\x0cjP  \r\n\x87\n"s, ContentType::kJpeg2000},
      {"\xff\x4f\xff\x51"s, ContentType::kJpeg2000},
      {ftyp("heicmif1"), ContentType::kHeif},
      {ftyp("mif1mif1heic"), ContentType::kHeif},
      {ftyp("mif1mif1avif"), ContentType::kAvif},
      {ftyp("avifmif1"), ContentType::kAvif},
      {ftyp("isommp42"), ContentType::kVideo},
      {"\xff\x0a"s, ContentType::kJpegXl},
      {"\0\0\0\x0cJXL \r\n\x87\n"s, ContentType::kJpegXl},
      {"PK\3\4"s, ContentType::kZip},
      {"PK\5\6"s, ContentType::kZip},
      {"\x1f\x8b\x08"s, ContentType::kGzip},
      {"7z\xbc\xaf\x27\x1c"s, ContentType::kSevenZip},
      {"Rar!\x1a\7\0"s, ContentType::kRar},
      {"\xfd"s + "7zXZ\0"s, ContentType::kXz},
      {"BZh91AY"s, ContentType::kBzip2},
      {"\x28\xb5\x2f\xfd"s, ContentType::kZstd},
      {"070701"s, ContentType::kCpio},
      {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"s, ContentType::kOle},
      {"\0\0\1\0\1\0\x20\x20"s, ContentType::kIcon},
      {"RIFF....AVI "s, ContentType::kVideo},
      {"%PDF-1.7"s, ContentType::kPdf},
      {"junk before\n%PDF-1.4"s, ContentType::kPdf},
  };
  return all;
}

TEST(ContentSniffer, KnowsEachTypeByItsFirstBytesAlone) {
  for (const auto& [start, type] : samples()) {
    EXPECT_EQ(sniff_content(as_byte_span(start), false), type) << start;
  }
}

// Whatever way the bytes come, the first answer is the last one.
TEST(ContentSniffer, NeverTakesAnAnswerBack) {
  auto all = samples();
  all.push_back({"BMW is a car, not a picture. ", ContentType::kText});
  all.push_back({"RIFF\1\2\3\4WAVEfmt "s, ContentType::kOther});
  all.push_back({"\0\0\0\0\0\0"s, ContentType::kOther});
  for (const auto& [start, type] : all) {
    std::string whole = start;
    whole.resize(kIsoSniffBytes + 10, type == ContentType::kText ? 'a' : '\0');
    ContentType answer = ContentType::kUnknown;
    for (std::size_t size = 0; size <= whole.size(); size += 1 + size / 64) {
      const ContentType now = sniff_content(as_byte_span(whole).first(size), false);
      ASSERT_TRUE(answer == ContentType::kUnknown || now == answer) << start << " at " << size;
      answer = now;
    }
    EXPECT_TRUE(answer == ContentType::kUnknown || answer == type) << start;
    EXPECT_EQ(sniff_content(as_byte_span(whole), false), type) << start;
  }
}

TEST(ContentSniffer, ContainersThatShowFurtherIn) {
  std::string tar("a.pdf");
  tar.resize(257);
  tar += "ustar";
  tar.resize(512);
  EXPECT_EQ(sniff_content(as_byte_span(tar + "%PDF-1.4"), true), ContentType::kTar);
  EXPECT_EQ(sniff_content(as_byte_span("#!/bin/sh\nexit\n" + "PK\3\4"s), true), ContentType::kZip);
  EXPECT_EQ(sniff_content(as_byte_span(std::string(128, '\0') + "DICM"), true), ContentType::kDicom);
  EXPECT_EQ(sniff_content(as_byte_span("<?xml?>\n<SVG xmlns='x'>"), true), ContentType::kSvg);
  EXPECT_EQ(sniff_content(as_byte_span("Received: by x\r\nMIME-Version: 1.0\r\n\r\n"), true), ContentType::kEmail);
  EXPECT_EQ(sniff_content(as_byte_span("From: nobody\nin particular"), true), ContentType::kText)
      << "one field is no mail";
  EXPECT_EQ(sniff_content(as_byte_span("GET / HTTP/1.1\r\nHost: x\r\nDate: y\r\nFrom: z\r\n"), true),
            ContentType::kText);
}

TEST(ContentSniffer, AnIsoImageShowsBehindItsSystemArea) {
  std::string image(kIsoSniffBytes - 5, '\0');
  image += "CD001";
  EXPECT_EQ(sniff_content(as_byte_span(image).first(limits::kSniffBytes), false), ContentType::kUnknown);
  EXPECT_EQ(sniff_content(as_byte_span(image), false), ContentType::kIso);
  EXPECT_EQ(sniff_content(as_byte_span(image).first(limits::kSniffBytes), true), ContentType::kOther);
  image.back() = '2';
  EXPECT_EQ(sniff_content(as_byte_span(image), false), ContentType::kOther);
}

TEST(ContentSniffer, WhatNothingDecodesIsAnImageAllTheSame) {
  EXPECT_EQ(sniff_content(as_byte_span("FUJIFILMCCD-RAW 0201"), false), ContentType::kOtherImage);
  EXPECT_EQ(sniff_content(as_byte_span("P3\n1 1\n255\n1 2 3\n"), true), ContentType::kOtherImage) << "written as text";
}

TEST(ContentSniffer, DecidesAtTheEndByWhatThereIs) {
  EXPECT_EQ(sniff_content({}, true), ContentType::kEmpty);
  EXPECT_EQ(sniff_content(as_byte_span("hello, world\n"), true), ContentType::kText);
  EXPECT_EQ(sniff_content(as_byte_span("caf\xc3\xa9"), true), ContentType::kText);
  EXPECT_EQ(sniff_content(as_byte_span("caf\xe9 "), true), ContentType::kOther) << "not UTF-8";
  EXPECT_EQ(sniff_content(as_byte_span("\x01\x02"), true), ContentType::kOther);
  EXPECT_EQ(sniff_content(as_byte_span("\xff\xd8"), true), ContentType::kOther) << "too short for a JPEG";
  EXPECT_EQ(sniff_content(as_byte_span("hello"), false), ContentType::kUnknown);
}

TEST(ContentSniffer, CallsOnlyClearLiesALie) {
  EXPECT_TRUE(claims_no_image(ContentType::kJpeg, "report.TXT", ""));
  EXPECT_TRUE(claims_no_image(ContentType::kPng, "a.jpg", "text/plain; charset=utf-8"));
  EXPECT_TRUE(claims_no_image(ContentType::kPng, "dir\\notes.docx. ", ""));
  EXPECT_FALSE(claims_no_image(ContentType::kJpeg, "report.dat", "application/octet-stream"));
  EXPECT_FALSE(claims_no_image(ContentType::kJpeg, "photo.png", "image/png"))
      << "another image type is no hiding place";
  EXPECT_FALSE(claims_no_image(ContentType::kJpeg, "a.txt/photo", ""));
  EXPECT_FALSE(claims_no_image(ContentType::kPdf, "report.txt", "")) << "only images are looked for";
}

}  // namespace
}  // namespace sallyport
