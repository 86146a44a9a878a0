#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/contract/event.h"

namespace sallyport {
namespace {

TEST(Names, EveryReasonHasAWordThatReadsBack) {
  for (std::size_t i = 0; i < kNotInspectedCount; ++i) {
    const auto reason = static_cast<NotInspected>(i);
    EXPECT_EQ(not_inspected_from(to_string(reason)), reason);
  }
  EXPECT_FALSE(not_inspected_from("clean"));
}

TEST(Names, ContentTypesAndProtocolsReadBack) {
  for (int i = 0; i <= static_cast<int>(ContentType::kOther); ++i) {
    const auto type = static_cast<ContentType>(i);
    EXPECT_EQ(content_type_from(to_string(type)), type);
    EXPECT_FALSE(is_image(type) && is_container(type));
  }
  EXPECT_EQ(content_type_from("seven_zip"), ContentType::kSevenZip);
  EXPECT_EQ(protocol_from(to_string(Protocol::kUnknown)), Protocol::kUnknown);
}

TEST(Names, EvasionSetInOrder) {
  EXPECT_THAT(to_strings(bit(Evasion::kTypeMismatch) | bit(Evasion::kTcpOverlap)),
              ::testing::ElementsAre("tcp_overlap", "type_mismatch"));
}

TEST(Verdict, DecidingIsTheFirstStrictestMatchThatIsNotShadow) {
  Verdict verdict;
  verdict.action = Action::kBlock;
  verdict.matches = {{"shadowed", Severity::kHigh, Action::kBlock, true, "", {}},
                     {"alerting", Severity::kLow, Action::kAlert, false, "", {}},
                     {"blocking", Severity::kHigh, Action::kBlock, false, "", {}}};
  ASSERT_NE(verdict.deciding(), nullptr);
  EXPECT_EQ(verdict.deciding()->rule, "blocking");
  EXPECT_EQ(Verdict{}.deciding(), nullptr);
}

}  // namespace
}  // namespace sallyport
