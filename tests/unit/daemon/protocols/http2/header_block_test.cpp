#include "daemon/protocols/http2/header_block.h"

#include <gtest/gtest.h>

#include "tests/support/feed_all_ways.h"
#include "tests/support/http2_builder.h"

namespace sallyport::http2 {
namespace {

constexpr std::size_t kFieldsBytesMax = 4096;

class HeaderBlockTest : public testing::Test {
 protected:
  FieldSection read(const std::string& block) {
    blocks_.push(as_byte_span(block));
    return blocks_.end();
  }
  HeaderBlocks blocks_{kFieldsBytesMax};
  test::HeaderEncoder encoder_;
};

TEST_F(HeaderBlockTest, GivesTheSameHoweverItIsCut) {
  const std::string block = encoder_.put("/a.jpg", {{"content-type", "image/jpeg"}, {"x", std::string(300, 'x')}});
  test::feed_all_ways(as_byte_span(block), [](const test::Feeder& feeder) {
    HeaderBlocks blocks(kFieldsBytesMax);
    feeder([&](Bytes piece) { blocks.push(piece); });
    const FieldSection section = blocks.end();
    EXPECT_EQ(section.head.value("host"), "store.example");
    EXPECT_EQ(section.head.value("content-type"), "image/jpeg");
    return section.method + " " + section.path + (section.incomplete ? "!" : "") + (section.odd ? "?" : "");
  });
}

TEST_F(HeaderBlockTest, TheTableGrowsAndShrinksAsTheSenderSays) {
  test::HeaderEncoder large(65536);
  large.set_table_size(65536);
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 50; ++i) {
      const std::string value = std::string(100, 'v') + std::to_string(i);
      const FieldSection section = read(large.put("/" + std::to_string(i), {{"x-value", value}}));
      ASSERT_EQ(section.head.value("x-value"), value);
      ASSERT_FALSE(section.incomplete);
    }
    large.set_table_size(round == 0 ? 0 : 200);
  }
}

TEST_F(HeaderBlockTest, BehindALossEveryFieldThatIsGivenIsRight) {
  read(encoder_.put("/first", {{"x-old", "old"}}));
  encoder_.put("/lost", {{"x-lost", "lost"}});
  blocks_.lose();
  const FieldSection second = read(encoder_.block({{":method", "GET"}, {":path", "/second"}, {"x-old", "old"}}));
  EXPECT_EQ(second.method, "GET");
  EXPECT_EQ(second.path, "/second");
  EXPECT_TRUE(second.incomplete);
  EXPECT_EQ(second.head.value("x-old"), "") << "an entry that nobody has";
  const FieldSection third = read(encoder_.block({{":method", "GET"}, {":path", "/third"}, {"x-new", "new"}}));
  EXPECT_EQ(third.path, "/third");
  EXPECT_FALSE(third.incomplete);
  const FieldSection fourth = read(encoder_.block({{":path", "/third"}, {"x-new", "new"}}));
  EXPECT_EQ(fourth.path + std::string(fourth.head.value("x-new")), "/thirdnew");
}

TEST_F(HeaderBlockTest, ALossInsideOfABlockKeepsWhatCameBefore) {
  const std::string block = encoder_.block({{":method", "GET"}, {":path", "/cut"}, {"x-a", "a"}});
  blocks_.push(as_byte_span(block).first(block.size() - 3));
  blocks_.lose();
  const FieldSection section = blocks_.end();
  EXPECT_EQ(section.path, "/cut");
  EXPECT_TRUE(section.incomplete);
}

TEST_F(HeaderBlockTest, FieldsBeyondTheLimitAreNotKeptButFollowed) {
  test::HeaderEncoder::Fields fields{{":path", "/flood"}};
  for (int i = 0; i < 100; ++i) fields.emplace_back("x-" + std::to_string(i), std::string(100, 'v'));
  const FieldSection section = read(encoder_.block(fields));
  EXPECT_TRUE(section.incomplete);
  EXPECT_LT(section.head.fields.size(), 40U);
  EXPECT_FALSE(read(encoder_.put("/next", {{"x-99", std::string(100, 'v')}})).incomplete) << "the table was followed";
}

TEST_F(HeaderBlockTest, FieldsThatSmuggleAreOdd) {
  EXPECT_FALSE(read(encoder_.put("/", {{"x", "a"}})).odd);
  EXPECT_TRUE(read(encoder_.put("/", {{"x", "a\r\nhost: evil"}})).odd);
  EXPECT_TRUE(read(encoder_.put("/", {{"transfer-encoding", "chunked"}})).odd);
  EXPECT_TRUE(read(encoder_.put("/", {{":path", "/other"}})).odd);
  EXPECT_TRUE(read(encoder_.put("/", {{"bad name", "a"}})).odd);
}

TEST_F(HeaderBlockTest, StatusIsThreeDigits) {
  EXPECT_EQ(read(encoder_.block({{":status", "206"}})).status, 206);
  const FieldSection bad = read(encoder_.block({{":status", "2x"}}));
  EXPECT_EQ(bad.status, 0);
  EXPECT_TRUE(bad.odd);
}

}  // namespace
}  // namespace sallyport::http2
