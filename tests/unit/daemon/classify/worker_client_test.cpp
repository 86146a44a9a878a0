#include "daemon/classify/worker_client.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "daemon/base/limits.h"
#include "proto/sallyport/worker/v1/worker.pb.h"

namespace sallyport {
namespace {

namespace wire = worker::v1;
constexpr FindingSet kFaceAndPrint = bit(FindingKind::kFace) | bit(FindingKind::kFingerprint);

wire::ClassifyReply good_reply() {
  wire::ClassifyReply reply;
  reply.set_id(7);
  reply.set_outcome(wire::OUTCOME_OK);
  reply.set_format("png");
  reply.set_width(640);
  reply.set_height(480);
  reply.add_looked_for(wire::FINDING_KIND_FACE);
  reply.add_looked_for(wire::FINDING_KIND_FINGERPRINT);
  reply.set_pdq(std::string(32, '\x55'));
  reply.set_pdq_quality(90);
  wire::Detection& face = *reply.add_faces();
  face.set_x(-3);
  face.set_width(50);
  face.set_height(60);
  face.set_score(0.8F);
  return reply;
}

std::optional<Findings> parse(const wire::ClassifyReply& reply) {
  const std::string message = reply.SerializeAsString();
  Findings findings;
  const ReplyKind kind =
      parse_classify_reply(as_byte_span(message), {7, kFaceAndPrint}, {"1", "yunet", "", {}}, findings);
  return kind == ReplyKind::kLast ? std::optional(std::move(findings)) : std::nullopt;
}

wire::ClassifyReply good_part() {
  wire::ClassifyReply reply = good_reply();
  reply.mutable_part()->set_path("zip:a.jpg");
  reply.mutable_part()->set_size_bytes(1234);
  reply.mutable_part()->set_sha256(std::string(32, '\x11'));
  return reply;
}

ReplyKind add(const wire::ClassifyReply& reply, Findings& findings) {
  const std::string message = reply.SerializeAsString();
  return parse_classify_reply(as_byte_span(message), {7, kFaceAndPrint}, {"1", "yunet", "", {}}, findings);
}

/// A reply with camera facts and one overlay, asked for by `expected`.
ReplyKind camera_reply(const std::function<void(wire::CameraFacts&)>& change, Findings& findings,
                       ExpectedReply expected = {7, bit(FindingKind::kCamera), 1}) {
  wire::ClassifyReply reply;
  reply.set_id(7);
  reply.set_outcome(wire::OUTCOME_OK);
  reply.set_format("jpeg");
  wire::CameraFacts& camera = *reply.mutable_camera();
  camera.set_make("Gatecam");
  camera.set_serial_unreadable(true);
  camera.set_quantisation(std::string(32, '\x22'));
  camera.add_overlays(std::string(32, '\x33'));
  change(camera);
  const std::string message = reply.SerializeAsString();
  return parse_classify_reply(as_byte_span(message), expected, {}, findings);
}

TEST(WorkerReply, CameraFactsAreCopied) {
  Findings findings;
  ASSERT_EQ(camera_reply([](wire::CameraFacts&) {}, findings), ReplyKind::kLast);
  ASSERT_TRUE(findings.camera);
  EXPECT_EQ(findings.camera->make.text, "Gatecam");
  EXPECT_TRUE(findings.camera->serial.unreadable);
  EXPECT_EQ(findings.camera->quantisation->at(0), std::byte{0x22});
  EXPECT_EQ(findings.camera->overlays.at(0)->at(31), 0x33);
}

TEST(WorkerReply, EachLieAboutACameraIsRefused) {
  const std::vector<std::pair<const char*, std::function<void(wire::CameraFacts&)>>> lies{
      {"long", [](auto& camera) { camera.set_model(std::string(65, 'a')); }},
      {"control", [](auto& camera) { camera.set_serial("a\nb"); }},
      {"digest", [](auto& camera) { camera.set_quantisation("short"); }},
      {"overlay", [](auto& camera) { camera.set_overlays(0, "short"); }},
      {"one overlay too many", [](auto& camera) { camera.add_overlays(""); }},
      {"one too few", [](auto& camera) { camera.clear_overlays(); }}};
  for (const auto& [what, lie] : lies) {
    Findings findings;
    EXPECT_EQ(camera_reply(lie, findings), ReplyKind::kBad) << what;
  }
  Findings findings;
  EXPECT_EQ(camera_reply([](wire::CameraFacts&) {}, findings, {7, bit(FindingKind::kFace), 1}), ReplyKind::kBad)
      << "nobody asked";
}

TEST(WorkerReply, PartsAreAddedUntilTheLastReply) {
  Findings findings;
  EXPECT_EQ(add(good_part(), findings), ReplyKind::kPart);
  EXPECT_EQ(add(good_part(), findings), ReplyKind::kPart);
  wire::ClassifyReply last;
  last.set_id(7);
  last.set_outcome(wire::OUTCOME_CONTAINER_LIMIT);
  last.set_format("zip");
  last.set_parts_untold(3);
  last.set_trailing_data(true);
  EXPECT_EQ(add(last, findings), ReplyKind::kLast);
  ASSERT_EQ(findings.parts.size(), 2U);
  EXPECT_EQ(findings.parts[1].path, "zip:a.jpg");
  EXPECT_EQ(findings.parts[1].size, 1234U);
  EXPECT_EQ(findings.parts[1].sha256->at(0), std::byte{0x11});
  EXPECT_EQ(findings.parts[1].faces.size(), 1U);
  EXPECT_EQ(findings.not_inspected, NotInspected::kContainerLimit);
  EXPECT_EQ(findings.parts_untold, 3U);
  EXPECT_EQ(findings.evasions, bit(Evasion::kTrailingData));
  EXPECT_EQ(findings.face_detector, "yunet");  // it looked at the parts
}

TEST(WorkerReply, EachLieAboutAPartIsRefused) {
  const std::vector<std::pair<const char*, std::function<void(wire::ClassifyReply&)>>> lies{
      {"no path", [](auto& reply) { reply.mutable_part()->set_path(""); }},
      {"a path that steers a terminal", [](auto& reply) { reply.mutable_part()->set_path("zip:\x1b[2J"); }},
      {"a long path", [](auto& reply) { reply.mutable_part()->set_path(std::string(2000, 'a')); }},
      {"a short digest", [](auto& reply) { reply.mutable_part()->set_sha256("short"); }},
      {"plates nobody asked for", [](auto& reply) { reply.add_plates(); }},
  };
  for (const auto& [name, lie] : lies) {
    wire::ClassifyReply reply = good_part();
    lie(reply);
    Findings findings;
    EXPECT_EQ(add(reply, findings), ReplyKind::kBad) << name;
    EXPECT_TRUE(findings.parts.empty()) << name;
  }
}

TEST(WorkerReply, MorePartsThanThereCanBeAreRefused) {
  Findings findings;
  findings.parts.resize(limits::kPartsMax);
  EXPECT_EQ(add(good_part(), findings), ReplyKind::kBad);
}

TEST(WorkerReply, GoodOneIsCopied) {
  const auto findings = parse(good_reply());
  ASSERT_TRUE(findings);
  EXPECT_EQ(findings->format, ContentType::kPng);
  EXPECT_EQ(findings->faces.at(0).box.x, -3);
  EXPECT_EQ(findings->pdq->at(31), 0x55);
  EXPECT_EQ(findings->face_detector, "yunet");
  EXPECT_EQ(findings->plate_detector, "");
}

TEST(WorkerReply, EachLieIsRefused) {
  const std::vector<std::pair<const char*, std::function<void(wire::ClassifyReply&)>>> lies{
      {"other id", [](auto& reply) { reply.set_id(8); }},
      {"no outcome", [](auto& reply) { reply.set_outcome(wire::OUTCOME_UNSPECIFIED); }},
      {"unknown outcome", [](auto& reply) { reply.set_outcome(static_cast<wire::Outcome>(99)); }},
      {"unknown format", [](auto& reply) { reply.set_format("exe"); }},
      {"huge width", [](auto& reply) { reply.set_width(0xffffffff); }},
      {"looked for more than was asked", [](auto& reply) { reply.add_looked_for(wire::FINDING_KIND_PLATE); }},
      {"plates nobody asked for", [](auto& reply) { reply.add_plates(); }},
      {"score above one", [](auto& reply) { reply.mutable_faces(0)->set_score(1.1F); }},
      {"score not a number",
       [](auto& reply) { reply.mutable_faces(0)->set_score(std::numeric_limits<float>::quiet_NaN()); }},
      {"negative width", [](auto& reply) { reply.mutable_faces(0)->set_width(-1); }},
      {"box far outside", [](auto& reply) { reply.mutable_faces(0)->set_x(std::numeric_limits<std::int32_t>::min()); }},
      {"short hash", [](auto& reply) { reply.set_pdq("short"); }},
      {"quality above 100", [](auto& reply) { reply.set_pdq_quality(101); }},
      {"too many faces",
       [](auto& reply) {
         for (int i = 0; i < 300; ++i) *reply.add_faces() = reply.faces(0);
       }},
  };
  for (const auto& [name, lie] : lies) {
    wire::ClassifyReply reply = good_reply();
    lie(reply);
    EXPECT_FALSE(parse(reply)) << name;
  }
}

TEST(WorkerReply, OutcomesBecomeReasons) {
  wire::ClassifyReply reply = good_reply();
  reply.set_outcome(wire::OUTCOME_TOO_LARGE);
  EXPECT_EQ(parse(reply)->not_inspected, NotInspected::kTooLarge);
  reply.set_outcome(wire::OUTCOME_DETECTOR_MISSING);
  EXPECT_EQ(parse(reply)->not_inspected, NotInspected::kDetectorMissing);
}

TEST(WorkerHello, ControlCharactersAreRefused) {
  wire::Hello hello;
  hello.set_version("1.0");
  hello.set_face_detector("yunet\nforged=1");
  EXPECT_FALSE(parse_worker_hello(as_byte_span(hello.SerializeAsString())));
  hello.set_face_detector("yunet@25a606a1");
  const std::string message = hello.SerializeAsString();
  EXPECT_TRUE(parse_worker_hello(as_byte_span(message)));
}

wire::ClassifyReply reply_with_features() {
  wire::ClassifyReply reply = good_reply();
  reply.set_local_features(std::string(3 * sizeof(LocalFeature), '\x02'));
  reply.set_luma(std::string(std::size_t{96} * 64, '\x40'));
  reply.set_luma_width(96);
  reply.set_pdq_forms(std::string(7 * 32, '\x11'));
  return reply;
}

std::optional<Findings> parse_features(const wire::ClassifyReply& reply) {
  const std::string message = reply.SerializeAsString();
  Findings findings;
  const ExpectedReply expected{7, kFaceAndPrint | bit(FindingKind::kLocalFeatures)};
  const ReplyKind kind = parse_classify_reply(as_byte_span(message), expected, {"1", "yunet", "", {}}, findings);
  return kind == ReplyKind::kLast ? std::optional(std::move(findings)) : std::nullopt;
}

TEST(WorkerReply, LocalFeaturesAreReadWhereTheyWereAskedFor) {
  const auto findings = parse_features(reply_with_features());
  ASSERT_TRUE(findings && findings->local_features);
  EXPECT_EQ(findings->local_features->points.size(), 3U);
  EXPECT_EQ(findings->local_features->luma_height, 64);
  EXPECT_EQ(findings->pdq_forms.size(), 7U);
  EXPECT_FALSE(parse(reply_with_features())) << "nobody asked for them";
}

TEST(WorkerReply, LocalFeaturesOutOfRangeAreRefused) {
  const std::vector<std::function<void(wire::ClassifyReply&)>> faults{
      [](auto& reply) { reply.mutable_local_features()->pop_back(); },
      [](auto& reply) { reply.set_local_features(std::string(1001 * sizeof(LocalFeature), '\x02')); },
      [](auto& reply) { reply.set_local_features(std::string(sizeof(LocalFeature), '\x7f')); },
      [](auto& reply) { reply.set_luma_width(0); },
      [](auto& reply) { reply.set_luma_width(limits::kLumaSide + 1); },
      [](auto& reply) {
        reply.set_luma(std::string((limits::kLumaSide + 1) * 64, '\x40')), reply.set_luma_width(limits::kLumaSide + 1);
      },
      [](auto& reply) { reply.set_luma_width(95); },
      [](auto& reply) { reply.set_luma_width(32); },
      [](auto& reply) { reply.clear_luma(); },
      [](auto& reply) { reply.set_pdq_forms(std::string(6 * 32, '\x11')); },
  };
  for (std::size_t i = 0; i < faults.size(); ++i) {
    wire::ClassifyReply reply = reply_with_features();
    faults[i](reply);
    EXPECT_FALSE(parse_features(reply)) << i;
  }
}

}  // namespace
}  // namespace sallyport
