#include "daemon/protocols/http/url_reference.h"

#include <gtest/gtest.h>

namespace sallyport::http {
namespace {

std::string resolved(std::string_view reference) {
  const WebAddress address = resolve_reference({"h:8080", "/a/b/c?q"}, reference);
  return address.site + address.path;
}

TEST(UrlReference, ResolvesAsRfc3986Does) {
  EXPECT_EQ(resolved("http://Other.Example:80/x/../y?z#f"), "other.example/y?z");
  EXPECT_EQ(resolved("https://u:p@o:443"), "o/");
  EXPECT_EQ(resolved("//o:81/x"), "o:81/x");
  EXPECT_EQ(resolved("/x/./y/"), "h:8080/x/y/");
  EXPECT_EQ(resolved("d"), "h:8080/a/b/d");
  EXPECT_EQ(resolved("../d"), "h:8080/a/d");
  EXPECT_EQ(resolved("../../../../d"), "h:8080/d");
  EXPECT_EQ(resolved("?r"), "h:8080/a/b/c?r");
  EXPECT_EQ(resolved(""), "h:8080/a/b/c?q");
  EXPECT_EQ(resolved("d?to=http://o/"), "h:8080/a/b/d?to=http://o/");
}

TEST(UrlReference, QueryParameters) {
  EXPECT_EQ(query_parameter("/a?x=1&UploadId=U%2F+1&y", "uploadid"), "U/+1");
  EXPECT_EQ(query_parameter("/a?uploads", "uploads"), "");
  EXPECT_EQ(query_parameter("/a", "x"), "");
  EXPECT_EQ(query_parameter("/a?x=1#y=2", "y"), "");
}

TEST(UrlReference, NamesAreBounded) {
  EXPECT_LE(
      resolve_reference({"h", "/"}, "http://" + std::string(10000, 'h') + "/" + std::string(10000, 'p')).path.size(),
      4096U);
}

}  // namespace
}  // namespace sallyport::http
