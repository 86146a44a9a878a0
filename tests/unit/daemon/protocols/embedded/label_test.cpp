#include "daemon/protocols/embedded/label.h"

#include <gtest/gtest.h>

namespace sallyport::embedded {
namespace {

TEST(Label, IsTheKeyBeforeTheString) {
  EXPECT_EQ(find_label("{\"id\": 1, \"photo\" : \"").name, "photo");
  EXPECT_EQ(find_label("{\\\"photo\\\":\\\"").name, "photo");
  EXPECT_EQ(find_label("a=1&photo=").name, "photo");
  EXPECT_EQ(find_label("<img width=3 src='").name, "src");
  EXPECT_EQ(find_label("<ns:Photo type=\"a\">\n").name, "ns:Photo");
  EXPECT_EQ(find_label("<Photo><![CDATA[").name, "Photo");
  EXPECT_EQ(find_label("x{background-image: url(\"").name, "background-image");
  EXPECT_EQ(find_label("").name, "");
  EXPECT_EQ(find_label("no key here ").name, "");
}

TEST(Label, HasTheMediaTypeOfADataUri) {
  const Label label = find_label("\"photo\":\"data:image/png;charset=x;base64,");
  EXPECT_EQ(label.name, "photo");
  EXPECT_EQ(label.media_type, "image/png");
  EXPECT_EQ(find_label("src=data:,").media_type, "");
  EXPECT_EQ(find_label("data:image/gif,").media_type, "image/gif");
}

}  // namespace
}  // namespace sallyport::embedded
