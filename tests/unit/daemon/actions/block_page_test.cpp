#include "daemon/actions/block_page.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

namespace sallyport {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string body_of(const std::string& answer) {
  return answer.substr(answer.find("\r\n\r\n") + 4);
}

TEST(BlockPage, SaysHowLongItIsAndThatTheConnectionEnds) {
  for (const bool as_json : {false, true}) {
    const std::string answer = block_answer({"vendors", "0123abcd", "dlp@agency.example"}, as_json);
    EXPECT_THAT(answer, testing::StartsWith("HTTP/1.1 403 Forbidden\r\n"));
    EXPECT_THAT(answer, HasSubstr("\r\nContent-Length: " + std::to_string(body_of(answer).size()) + "\r\n"));
    EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n"));
    EXPECT_THAT(answer, HasSubstr("\r\nCache-Control: no-store\r\n"));
  }
}

TEST(BlockPage, TellsPolicyReferenceAndContact) {
  const std::string page = body_of(block_answer({"vendors", "0123abcd", "dlp@agency.example"}, false));
  for (const char* const text : {"vendors", "0123abcd", "dlp@agency.example"}) EXPECT_THAT(page, HasSubstr(text));
  const auto problem =
      nlohmann::json::parse(body_of(block_answer({"vendors", "0123abcd", "dlp@agency.example"}, true)));
  EXPECT_EQ(problem["status"], 403);
  EXPECT_EQ(problem["policy"], "vendors");
  EXPECT_EQ(problem["reference"], "0123abcd");
  EXPECT_EQ(problem["contact"], "dlp@agency.example");
}

TEST(BlockPage, NamesAreTextAndNothingElse) {
  const BlockNotice notice{"<script>\"x\"&\\", "0", "a\nb"};
  EXPECT_THAT(body_of(block_answer(notice, false)), Not(HasSubstr("<script>")));
  EXPECT_EQ(nlohmann::json::parse(body_of(block_answer(notice, true)))["policy"], notice.policy);
  EXPECT_EQ(nlohmann::json::parse(body_of(block_answer(notice, true)))["contact"], notice.contact);
}

TEST(BlockPage, NobodyIsNamedWhereNobodyIsConfigured) {
  EXPECT_THAT(block_answer({"vendors", "0", ""}, false), Not(HasSubstr("contact")));
}

}  // namespace
}  // namespace sallyport
