#include "daemon/events/ocsf_encoder.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "daemon/events/event_builder.h"
#include "daemon/events/proto_encoder.h"
#include "tests/support/sample_event.h"

namespace sallyport {
namespace {

using nlohmann::json;

json encoded(const Event& event) {
  return json::parse(encode_ocsf(event));
}

TEST(OcsfEncoder, ClassifiesAsDataSecurityFinding) {
  const json event = encoded(test::sample_event());
  EXPECT_EQ(event["class_uid"], 2006);
  EXPECT_EQ(event["category_uid"], 2);
  EXPECT_EQ(event["type_uid"], 200601);
  EXPECT_EQ(event["severity_id"], 4);
  EXPECT_EQ(event["time"], 1700000001520);
  EXPECT_EQ(event["metadata"]["profiles"], json::array({"security_control"}));
}

TEST(OcsfEncoder, SenderIsTheSourceWhoeverConnected) {
  Event event = test::sample_event();
  EXPECT_EQ(encoded(event)["src_endpoint"], json({{"ip", "192.0.2.7"}, {"port", 50122}}));
  EXPECT_EQ(encoded(event)["dst_endpoint"]["hostname"], "upload.example");
  event.transfer.facts.upload = false;
  EXPECT_EQ(encoded(event)["src_endpoint"]["hostname"], "upload.example");
  EXPECT_FALSE(encoded(event)["dst_endpoint"].contains("hostname"));
}

TEST(OcsfEncoder, ClaimsNoMoreThanWasDone) {
  const std::vector<std::array<int, 3>> expected = {
      {{0, 1, 1}}, {{1, 3, 19}}, {{2, 2, 2}}, {{3, 99, 21}}, {{4, 3, 99}}};
  for (const auto& [disposition, action_id, disposition_id] : expected) {
    Event event = test::sample_event();
    event.disposition = static_cast<Disposition>(disposition);
    EXPECT_EQ(encoded(event)["action_id"], action_id) << disposition;
    EXPECT_EQ(encoded(event)["disposition_id"], disposition_id) << disposition;
  }
}

TEST(OcsfEncoder, FileHasHashesNamesAndTypeByContent) {
  const json file = encoded(test::sample_event())["file"];
  EXPECT_EQ(file["name"], "cards.jpg");
  EXPECT_EQ(file["ext"], "jpg");
  EXPECT_EQ(file["size"], 1000);
  EXPECT_EQ(file["mime_type"], "image/jpeg");
  EXPECT_EQ(file["hashes"][0]["algorithm_id"], 3);
  EXPECT_EQ(file["hashes"][0]["value"], to_hex(*test::sample_transfer().sha256));
}

TEST(OcsfEncoder, OwnFactsAreUnmapped) {
  const json own = encoded(test::sample_event())["unmapped"];
  EXPECT_EQ(own["bytes"]["delivered_before_verdict"], 400);
  EXPECT_EQ(own["bytes"]["missing_ranges"], json::parse("[[100,150],[200,250]]"));
  EXPECT_EQ(own["not_inspected"], "gap");
  EXPECT_EQ(own["transfer"]["evasions"], json::array({"tcp_overlap", "type_mismatch"}));
  EXPECT_EQ(own["transfer"]["alpn"], "h2,http/1.1");
  EXPECT_EQ(own["transfer"]["other_parties"],
            json::parse(R"([{"sender":{"ip":"192.0.2.8","port":50123},"receiver":{"ip":"2001:db8::a","port":80}}])"));
  EXPECT_EQ(own["findings"]["faces"].size(), 2U);
  EXPECT_EQ(own["findings"]["faces"][0], json::parse(R"({"score":0.875,"box":[10,20,30,40]})"));
  EXPECT_EQ(own["rules"][1]["because_not_inspected"], "gap");
  EXPECT_EQ(own["rules"][0]["shadow"], true);
  EXPECT_EQ(own["rules"][1]["tags"], json::array({"id-documents"}));
  EXPECT_EQ(own["permitted_by"], json::array({"plate-reader-2026"}));
}

TEST(OcsfEncoder, WhatWasNotLookedForIsAbsentNotEmpty) {
  Event event = test::sample_event();
  event.findings = Findings();
  event.findings.looked_for = bit(FindingKind::kFace);
  const json own = encoded(event)["unmapped"]["findings"];
  EXPECT_TRUE(own.contains("faces"));
  EXPECT_FALSE(own.contains("plates"));
}

TEST(OcsfEncoder, WhatWasFoundInPartIsToldAsSuch) {
  Event event = test::sample_event();
  event.findings = Findings();
  event.findings.looked_for = bit(FindingKind::kPlate);
  event.findings.faces = {{{1, 2, 3, 4}, 0.9F}};
  const json own = encoded(event)["unmapped"]["findings"];
  EXPECT_EQ(own["faces"].size(), 1U);
  EXPECT_EQ(own["at_least"], json::parse(R"(["faces"])"));
  EXPECT_EQ(encoded(event)["data_security"]["discovery_details"][0]["count"], 1);
}

TEST(OcsfEncoder, SaysWhichCameraAndNeverWhatTellsIt) {
  Event event = test::sample_event();
  event.findings.looked_for |= bit(FindingKind::kCamera);
  event.findings.cameras = {{"lane-3", CameraSign::kExif}};
  event.findings.camera.emplace().serial.text = "GC-SECRET";
  EXPECT_EQ(encoded(event)["unmapped"]["findings"]["cameras"], json::parse(R"([{"camera":"lane-3","sign":"exif"}])"));
  EXPECT_EQ(encode_ocsf(event).find("GC-SECRET"), std::string::npos);
  EXPECT_EQ(encode_proto(event).find("GC-SECRET"), std::string::npos);
  EXPECT_NE(encode_proto(event).find("lane-3"), std::string::npos);
}

TEST(OcsfEncoder, OneLineAndValidUtf8WhateverTheNames) {
  Event event = test::sample_event();
  event.transfer.facts.file_name = "a\nb\xff\"";
  const std::string line = encode_ocsf(event);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_EQ(json::parse(line)["file"]["name"], "a\nb\uFFFD\"");
}

TEST(OcsfEncoder, BuiltEventsHoldNoSecret) {
  const Event event = EventBuilder("g", "tap")
                          .build(test::sample_transfer(), {}, test::sample_verdict(), Disposition::kAlerted,
                                 test::sample_transfer().last_seen);
  EXPECT_EQ(encode_ocsf(event).find("s3cret"), std::string::npos);
}

TEST(OcsfEncoder, NoFileWhereNothingIsNamed) {
  Event event;
  event.transfer.facts.protocol = Protocol::kTls;
  EXPECT_FALSE(encoded(event).contains("file"));
  EXPECT_FALSE(encoded(event).contains("actor"));
}

}  // namespace
}  // namespace sallyport
