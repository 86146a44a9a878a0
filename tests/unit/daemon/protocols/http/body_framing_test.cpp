#include "daemon/protocols/http/body_framing.h"

#include <gmock/gmock.h>

namespace sallyport::http {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

BodyPlan response(std::string_view head, bool bodiless = false) {
  return plan_body(parse_head(head, false), MessageKind{true, bodiless, false});
}
BodyPlan request(std::string_view head) {
  return plan_body(parse_head(head, false), MessageKind{false, false, false});
}

TEST(PlanBody, FollowsTheRules) {
  EXPECT_EQ(response("").kind, BodyKind::kUntilClose);
  EXPECT_EQ(request("").kind, BodyKind::kNone);
  EXPECT_EQ(request("Content-Length: 7\r\n").length, 7U);
  EXPECT_FALSE(request("Content-Length: 7\r\n").ambiguous);
  EXPECT_FALSE(response("Transfer-Encoding: chunked\r\n").ambiguous);
  EXPECT_TRUE(response("Transfer-Encoding: gzip, chunked\r\n").maybe_chunked);
}

TEST(PlanBody, ContradictionsAreAmbiguous) {
  const BodyPlan lengths = response("Content-Length: 7\r\nContent-Length: 3\r\n");
  EXPECT_EQ(lengths.length, 7U);
  EXPECT_THAT(lengths.other_lengths, ElementsAre(3U));
  EXPECT_TRUE(lengths.ambiguous);
  EXPECT_TRUE(response("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n").ambiguous);
  EXPECT_TRUE(response("Transfer-Encoding: xchunked\r\n").ambiguous);
  EXPECT_TRUE(response("Content-Length: 7;\r\n").ambiguous);
}

TEST(PlanBody, TheSameLengthTwiceIsOne) {
  const BodyPlan plan = response("Content-Length: 7\r\nContent-Length: 7\r\n");
  EXPECT_THAT(plan.other_lengths, IsEmpty());
  EXPECT_FALSE(plan.ambiguous);
}

TEST(PlanBody, HugeLengthsSaturate) {
  EXPECT_EQ(response("Content-Length: 99999999999999999999999999\r\n").length, std::uint64_t{1} << 60);
}

TEST(PlanBody, BodilessByRule) {
  EXPECT_TRUE(response("Content-Length: 7\r\n", true).unexpected);
  EXPECT_FALSE(response("Content-Length: 0\r\n", true).unexpected);
}

}  // namespace
}  // namespace sallyport::http
