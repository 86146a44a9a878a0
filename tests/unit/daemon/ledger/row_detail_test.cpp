#include "daemon/ledger/row_detail.h"

#include <gtest/gtest.h>

#include "tests/support/sample_event.h"

namespace sallyport {
namespace {

TEST(RowDetail, ADamagedBlobNeverCrashes) {
  const std::string whole = encode_detail(test::sample_event());
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const int bit : {0, 3, 7}) {
      std::string damaged = whole;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
      Event event;
      if (!decode_detail(as_byte_span(damaged), event)) continue;
      EXPECT_LE(static_cast<int>(event.verdict.matches.size()), 8);
    }
  }
  for (std::size_t size = 0; size < whole.size(); ++size) {
    Event event;
    decode_detail(as_byte_span(std::string_view(whole).substr(0, size)), event);
  }
}

TEST(RowDetail, KeepsWhichCameraAndNeverWhatTellsIt) {
  Event event = test::sample_event();
  event.findings.cameras = {{"lane-3", CameraSign::kOverlay}};
  event.findings.parts[0].camera_unreadable = true;
  event.findings.camera_set = 17;
  event.findings.camera.emplace().serial.text = "GC-SECRET";
  const std::string bytes = encode_detail(event);
  EXPECT_EQ(bytes.find("GC-SECRET"), std::string::npos);
  Event read;
  ASSERT_TRUE(decode_detail(as_byte_span(bytes), read));
  ASSERT_EQ(read.findings.cameras.size(), 1U);
  EXPECT_EQ(read.findings.cameras[0].camera, "lane-3");
  EXPECT_EQ(read.findings.cameras[0].sign, CameraSign::kOverlay);
  EXPECT_TRUE(read.findings.parts[0].camera_unreadable);
  EXPECT_EQ(read.findings.camera_set, 17U);
}

TEST(RowDetail, AReasonOfANewerVersionIsStillAReason) {
  // Field 10 (not_inspected), 3 bytes, a word that nobody knows.
  Event event;
  ASSERT_TRUE(decode_detail(as_byte_span(std::string_view("\x52\x03new")), event));
  EXPECT_TRUE(event.transfer.not_inspected.has_value());
}

}  // namespace
}  // namespace sallyport
