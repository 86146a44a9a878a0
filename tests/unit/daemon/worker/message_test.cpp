#include "daemon/worker/message.h"

#include <gtest/gtest.h>

#include "daemon/base/limits.h"
#include "proto/sallyport/worker/v1/worker.pb.h"

namespace sallyport {
namespace {

namespace wire = worker::v1;

TEST(Message, RequestWithKindsKnownAndUnknown) {
  wire::ClassifyRequest sent;
  sent.set_id(9);
  sent.set_size_bytes(1000);
  sent.set_pixels_max(77);
  sent.mutable_plates_enough()->set_count(3);
  sent.mutable_plates_enough()->set_score(0.5F);
  sent.add_wanted(wire::FINDING_KIND_PLATE);
  sent.add_wanted(static_cast<wire::FindingKind>(99));
  const std::string text = sent.SerializeAsString();
  const auto request = parse_request(as_byte_span(text));
  ASSERT_TRUE(request);
  EXPECT_EQ(request->id, 9U);
  EXPECT_EQ(request->size_bytes, 1000U);
  EXPECT_EQ(request->inspection.pixels_max, 77U);
  EXPECT_EQ(request->inspection.wanted, bit(FindingKind::kPlate));
  EXPECT_EQ(request->inspection.plates, (Enough{3, 0.5F}));
  EXPECT_EQ(request->inspection.faces, Enough());
  EXPECT_FALSE(parse_request(as_byte_span("\xFF")));
}

TEST(Message, RequestWithOverlaysUpToTheirLimit) {
  wire::ClassifyRequest sent;
  for (std::size_t i = 0; i < limits::kOverlayRegionsMax; ++i) sent.add_overlays()->set_image_height(480);
  const auto request = parse_request(as_byte_span(sent.SerializeAsString()));
  ASSERT_TRUE(request);
  EXPECT_EQ(request->inspection.overlays.size(), limits::kOverlayRegionsMax);
  EXPECT_EQ(request->inspection.overlays.back().image_height, 480U);
  sent.add_overlays();
  EXPECT_FALSE(parse_request(as_byte_span(sent.SerializeAsString())));
}

TEST(Message, ReplyCarriesEverything) {
  Findings findings;
  findings.format = ContentType::kPng;
  findings.width = 640;
  findings.height = 480;
  findings.looked_for = bit(FindingKind::kFace) | bit(FindingKind::kFingerprint);
  findings.faces = {{{1, 2, 3, 4}, 0.5F}};
  findings.pdq = PdqHash{0xAB};
  findings.pdq_quality = 88;
  wire::ClassifyReply reply;
  ASSERT_TRUE(reply.ParseFromString(encode_reply(5, findings)));
  EXPECT_EQ(reply.id(), 5U);
  EXPECT_EQ(reply.outcome(), wire::OUTCOME_OK);
  EXPECT_EQ(reply.format(), "png");
  EXPECT_EQ(reply.looked_for_size(), 2);
  ASSERT_EQ(reply.faces_size(), 1);
  EXPECT_EQ(reply.faces(0).height(), 4);
  EXPECT_EQ(reply.pdq().size(), 32U);
  EXPECT_EQ(reply.pdq_quality(), 88U);
}

TEST(Message, EveryReasonHasItsOutcome) {
  const auto outcome = [](NotInspected reason) {
    Findings findings;
    findings.not_inspected = reason;
    wire::ClassifyReply reply;
    EXPECT_TRUE(reply.ParseFromString(encode_reply(1, findings)));
    return reply.outcome();
  };
  EXPECT_EQ(outcome(NotInspected::kTooLarge), wire::OUTCOME_TOO_LARGE);
  EXPECT_EQ(outcome(NotInspected::kUnsupportedFormat), wire::OUTCOME_UNSUPPORTED_FORMAT);
  EXPECT_EQ(outcome(NotInspected::kDetectorMissing), wire::OUTCOME_DETECTOR_MISSING);
  EXPECT_EQ(outcome(NotInspected::kDecodeError), wire::OUTCOME_DECODE_ERROR);
}

TEST(Message, TheFullestReplyFitsOnePacket) {
  Findings findings;
  findings.faces.assign(limits::kDetectionsMax, {{1 << 26, 1 << 26, 1 << 26, 1 << 26}, 0.9F});
  findings.plates = findings.faces;
  EXPECT_LT(encode_reply(~0ULL, findings).size(), limits::kWorkerMessageBytes);
}

}  // namespace
}  // namespace sallyport
