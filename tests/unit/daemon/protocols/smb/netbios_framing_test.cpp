#include "daemon/protocols/smb/netbios_framing.h"

#include <gtest/gtest.h>

#include "daemon/protocols/smb/smb_parser.h"
#include "daemon/protocols/smb/utf16.h"
#include "tests/support/smb_builder.h"

namespace sallyport::smb {
namespace {

using namespace std::string_view_literals;

TEST(NetbiosFraming, SkipsSessionServiceMessages) {
  SmbConfig config;
  SmbStats stats;
  NetbiosFraming framing(config, stats);
  Bytes bytes = as_byte_span("\x85\x00\x00\x00\x81\x00\x00\x02xx\x00\x00\x00\x40"sv);
  EXPECT_EQ(framing.next(bytes).size, 64U);
  EXPECT_EQ(stats.session_messages.value(), 2U);
  EXPECT_EQ(stats.resyncs.value(), 0U);
}

TEST(NetbiosFraming, ScansForTheNextPlausibleMessage) {
  SmbConfig config;
  SmbStats stats;
  NetbiosFraming framing(config, stats);
  // The first candidate says it is shorter than its own header.
  Bytes bytes = as_byte_span("garbage\x00\x00\x00\x10\xfeSMB\x00\x00\x00\x50\xfeSMBrest"sv);
  const MessageStart start = framing.next(bytes);
  EXPECT_EQ(start.size, 0x50U);
  EXPECT_EQ(start.magic, 0xfe534d42U);
  EXPECT_EQ(as_text(bytes), "rest");
}

TEST(NetbiosFraming, FailsWhenNothingIsFound) {
  SmbConfig config;
  config.resync_bytes_max = 100;
  SmbStats stats;
  NetbiosFraming framing(config, stats);
  const std::string garbage(200, 'x');
  Bytes bytes = as_byte_span(garbage);
  EXPECT_EQ(framing.next(bytes).size, 0U);
  EXPECT_TRUE(framing.failed());
}

TEST(RecogniseSmb, ByTheFirstEightBytes) {
  const auto recognise = [](std::string_view text) {
    return recognise_smb(Direction::kClientToServer, as_byte_span(text));
  };
  EXPECT_EQ(recognise("\x00\x00\x00\x40\xfeSMB"sv), Recognition::kYes);
  EXPECT_EQ(recognise("\x00\x00\x00\x40\xffSMB"sv), Recognition::kYes);
  EXPECT_EQ(recognise("\x00\x00\x00\x40\xfeS"sv), Recognition::kMaybe);
  EXPECT_EQ(recognise("\x00\x00"sv), Recognition::kMaybe);
  EXPECT_EQ(recognise("\x00\x00\x00\x40\xfeX"sv), Recognition::kNo);
  EXPECT_EQ(recognise("\x00\x00\x00\x10\xfeSMB"sv), Recognition::kNo) << "shorter than its header";
  EXPECT_EQ(recognise("\x81\x00\x00\x44 CKFDE"sv), Recognition::kYes);
  EXPECT_EQ(recognise("GET / HTTP/1.1"sv), Recognition::kNo);
  EXPECT_EQ(recognise("\x16\x03\x01\x02\x00\x01\x00\x01"sv), Recognition::kNo);
}

TEST(Utf16, ReplacesWhatIsNoneAndCutsAtACharacter) {
  EXPECT_EQ(utf8_from_utf16(as_byte_span("a\0\xe9\0\x3d\xd8\x00\xde"sv), 100), "a\xc3\xa9\xf0\x9f\x98\x80");
  EXPECT_EQ(utf8_from_utf16(as_byte_span("\x3d\xd8x\0"sv), 100), "\xef\xbf\xbdx") << "a lone surrogate";
  EXPECT_EQ(utf8_from_utf16(as_byte_span("a\0\xe9\0"sv), 2), "a");
}

}  // namespace
}  // namespace sallyport::smb
