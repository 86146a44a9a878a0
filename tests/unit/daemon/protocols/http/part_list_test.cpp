#include "daemon/protocols/http/part_list.h"

#include <gtest/gtest.h>

#include "daemon/base/limits.h"
#include "tests/support/feed_all_ways.h"

namespace sallyport::http {
namespace {

std::string parts_of(PartListForm form, std::string_view text) {
  return test::feed_all_ways(as_byte_span(text), [form](const test::Feeder& feed) {
    PartListParser parser(form);
    feed([&](Bytes bytes) { parser.push(bytes); });
    std::string all;
    EXPECT_EQ(parser.parts().size(), parser.etags().size());
    for (std::size_t i = 0; i < parser.parts().size(); ++i) {
      all += '[' + parser.parts()[i] + (parser.etags()[i].empty() ? "" : ' ' + parser.etags()[i]) + ']';
    }
    return all;
  });
}

TEST(PartList, NumbersInTheirOrder) {
  EXPECT_EQ(parts_of(PartListForm::kS3,
                     "<CompleteMultipartUpload><Part><PartNumber>2</PartNumber><ETag>\"1\"</ETag></Part>"
                     "<Part>\n <ETag/>\n <PartNumber> 001 </PartNumber></Part></CompleteMultipartUpload>"),
            "[2 \"1\"][1]");
}

TEST(PartList, TagsStandBeforeOrBehindTheNumberHoweverQuoted) {
  EXPECT_EQ(parts_of(PartListForm::kS3,
                     "<Part><ETag>&quot;a&quot;</ETag><PartNumber>1</PartNumber></Part>"
                     "<Part><PartNumber>2</PartNumber><ETag> &#34;b&#34; </ETag></Part>"
                     "<Part><ETag>\"lost\"</ETag></Part><Part><PartNumber>3</PartNumber><ETag>c</ETag></Part>"
                     "<PartNumber>4</PartNumber><ETag></ETag>"),
            R"([1 "a"][2 "b"][3 "c"][4])");
}

TEST(PartList, NameSpacesAttributesCommentsAndCdata) {
  EXPECT_EQ(parts_of(PartListForm::kS3,
                     "<?xml version='1.0'?><!-- <PartNumber>9</PartNumber> --><s3:PartNumber x=\"y\">3</s3:PartNumber>"
                     "<PartNumber><![CDATA[4]]></PartNumber><PartNumber>5<!-- > --></PartNumber>"),
            "[3][4][5]");
}

TEST(PartList, BlockNamesOfEachKind) {
  EXPECT_EQ(parts_of(PartListForm::kAzure,
                     "<BlockList><Latest>QUFB</Latest><Committed>QkI=</Committed><Uncommitted>+/8=</Uncommitted>"
                     "<Other>x</Other></BlockList>"),
            "[QUFB][QkI=][+/8=]");
}

TEST(PartList, WhatIsNoNumberIsAPartAllTheSame) {
  EXPECT_EQ(parts_of(PartListForm::kS3, "<PartNumber>x</PartNumber><PartNumber></PartNumber>"), "[x][]");
  const std::string long_name(PartListParser::kNameBytesMax + 100, 'n');
  EXPECT_EQ(parts_of(PartListForm::kAzure, "<Latest>" + long_name + "</Latest>").size(),
            PartListParser::kNameBytesMax + 3);
}

TEST(PartList, IsBounded) {
  PartListParser parser(PartListForm::kAzure);
  for (std::size_t i = 0; i < limits::kPartsPerObjectMax + 10; ++i) parser.push(as_byte_span("<Latest>A</Latest>"));
  EXPECT_EQ(parser.parts().size(), limits::kPartsPerObjectMax + 1);
}

TEST(PartList, BrokenXmlGivesNothing) {
  EXPECT_EQ(parts_of(PartListForm::kS3, "<PartNumber>1"), "");
  EXPECT_EQ(parts_of(PartListForm::kS3, "PartNumber>1</PartNumber>"), "");
}

}  // namespace
}  // namespace sallyport::http
