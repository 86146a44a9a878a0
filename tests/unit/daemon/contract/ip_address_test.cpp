#include "daemon/contract/ip_address.h"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

TEST(IpAddress, ParsesAndPrints) {
  EXPECT_EQ(IpAddress::parse("192.0.2.1")->to_string(), "192.0.2.1");
  EXPECT_EQ(IpAddress::parse("2001:DB8:0::1")->to_string(), "2001:db8::1");
  EXPECT_FALSE(IpAddress::parse("192.0.2.256"));
  EXPECT_FALSE(IpAddress::parse(""));
}

TEST(IpAddress, MappedAddressIsTheIpv4Address) {
  EXPECT_EQ(*IpAddress::parse("::ffff:192.0.2.1"), *IpAddress::parse("192.0.2.1"));
  EXPECT_TRUE(IpAddress::parse("::ffff:192.0.2.1")->is_v4());
}

TEST(Endpoint, PrintsAsInUrls) {
  EXPECT_EQ((Endpoint{*IpAddress::parse("192.0.2.1"), 80}).to_string(), "192.0.2.1:80");
  EXPECT_EQ((Endpoint{*IpAddress::parse("2001:db8::1"), 445}).to_string(), "[2001:db8::1]:445");
}

}  // namespace
}  // namespace sallyport
