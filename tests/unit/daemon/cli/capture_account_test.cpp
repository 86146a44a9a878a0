#include "daemon/cli/capture_account.h"

#include <gtest/gtest.h>

namespace sallyport::cli {
namespace {

struct Told {
  bool stands;
  std::string text;
};

Told tell(const Result<PcapFileSummary>& read) {
  testing::internal::CaptureStderr();
  const bool stands = tell_reading("a.pcap", read);
  return {stands, testing::internal::GetCapturedStderr()};
}

TEST(CaptureAccount, AWholeCaptureNeedsNoWord) {
  PcapFileSummary summary;
  summary.packets = 22;
  const Told told = tell(summary);
  EXPECT_TRUE(told.stands);
  EXPECT_EQ(told.text, "");
}

TEST(CaptureAccount, AShortSnapshotLengthIsAnError) {
  PcapFileSummary summary;
  summary.packets = 22;
  summary.truncated = 13;
  summary.lost = 15773;
  const Told told = tell(summary);
  EXPECT_FALSE(told.stands);
  EXPECT_EQ(told.text,
            "sallyport: 'a.pcap' holds 13 of 22 packets without their end, 15773 bytes in all: what lies there was not "
            "looked at. Capture whole packets (tcpdump -s 0)\n");
}

TEST(CaptureAccount, ACaptureThatCannotBeReadSaysWhy) {
  const Told told = tell(fail(ErrorCode::kNotFound, "'a.pcap' is not there"));
  EXPECT_FALSE(told.stands);
  EXPECT_EQ(told.text, "sallyport: 'a.pcap' is not there\n");
}

TEST(CaptureAccount, ACaptureThatBreaksOffStandsForWhatItHolds) {
  PcapFileSummary summary;
  summary.warning = "'a.pcap' is broken behind packet 6: truncated";
  const Told told = tell(summary);
  EXPECT_TRUE(told.stands);
  EXPECT_EQ(told.text, "sallyport: 'a.pcap' is broken behind packet 6: truncated\n");
}

}  // namespace
}  // namespace sallyport::cli
