#include "daemon/cli/findings_json.h"

#include <gtest/gtest.h>

namespace sallyport::cli {
namespace {

TEST(FindingsJson, NothingFoundHasAllKeysButNoHash) {
  EXPECT_EQ(findings_to_json({}).dump(),
            R"({"format":"unknown","width":0,"height":0,"faces":[],"plates":[],"matches":[],)"
            R"("face_detector":"","plate_detector":"","not_inspected":null})");
}

TEST(FindingsJson, ScoresHaveThreeDigitsAndBoxesFourNumbers) {
  Findings findings;
  findings.format = ContentType::kJpeg;
  findings.faces.push_back({{1, 2, 30, 40}, 0.98765F});
  findings.plates.push_back({{5, 6, 7, 8}, 0.5F});
  const auto json = findings_to_json(findings);
  EXPECT_EQ(json["format"], "jpeg");
  EXPECT_EQ(json["faces"].dump(), R"([{"box":[1,2,30,40],"score":0.988}])");
  EXPECT_EQ(json["plates"].dump(), R"([{"box":[5,6,7,8],"score":0.5}])");
}

TEST(FindingsJson, SaysWhyItWasNotInspected) {
  Findings findings;
  findings.not_inspected = NotInspected::kWorkerCrash;
  EXPECT_EQ(findings_to_json(findings)["not_inspected"], "worker_crash");
}

TEST(FindingsJson, HashIsHexadecimalWithItsQuality) {
  Findings findings;
  findings.pdq = PdqHash{0x0f, 0xa0};
  findings.pdq_quality = 77;
  const auto json = findings_to_json(findings);
  EXPECT_EQ(json["pdq"], "0fa0" + std::string(60, '0'));
  EXPECT_EQ(json["pdq_quality"], 77);
}

TEST(FindingsJson, MatchesNameSetAndItem) {
  EXPECT_EQ(matches_to_json({{"lanes", "lane 4", false, 12}}).dump(),
            R"([{"set":"lanes","item":"lane 4","exact":false,"distance":12}])");
}

}  // namespace
}  // namespace sallyport::cli
