#include "policy/cidr_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace sallyport::policy {
namespace {

std::vector<Cidr> cidrs(const std::vector<std::string>& texts) {
  std::vector<Cidr> all;
  for (const std::string& text : texts) all.push_back(parse_cidr(text).value());
  return all;
}

std::vector<std::string> without_text(const std::vector<std::string>& from, const std::vector<std::string>& taken) {
  std::vector<std::string> texts;
  for (const Cidr& cidr : without(cidrs(from), cidrs(taken))) texts.push_back(to_string(cidr));
  return texts;
}

TEST(CidrSet, LeavesWhatIsNotTaken) {
  using Texts = std::vector<std::string>;
  EXPECT_EQ(without_text({"10.0.0.0/8"}, {"10.128.0.0/9"}), Texts{"10.0.0.0/9"});
  EXPECT_EQ(without_text({"10.0.0.0/8"}, {"10.0.0.0/9", "10.128.0.0/9"}), Texts{});
  EXPECT_EQ(without_text({"10.1.0.0/16"}, {"10.0.0.0/8"}), Texts{});
  EXPECT_EQ(without_text({"10.1.0.0/16", "10.1.2.0/24"}, {}), Texts{"10.1.0.0/16"});
  EXPECT_EQ(without_text({"192.0.2.0/30"}, {"192.0.2.1"}), (Texts{"192.0.2.0/32", "192.0.2.2/31"}));
  EXPECT_EQ(without_text({"::/0"}, {"8000::/1", "0.0.0.0/0"}).size(), 95U);
}

std::vector<std::string> cover_text(const char* first, const char* last) {
  std::vector<std::string> texts;
  for (const Cidr& cidr : cidrs_of({*IpAddress::parse(first), *IpAddress::parse(last)}))
    texts.push_back(to_string(cidr));
  return texts;
}

TEST(CidrSet, CoversARange) {
  using Texts = std::vector<std::string>;
  EXPECT_EQ(cover_text("0.0.0.0", "255.255.255.255"), Texts{"0.0.0.0/0"});
  EXPECT_EQ(cover_text("10.0.0.1", "10.0.0.1"), Texts{"10.0.0.1/32"});
  EXPECT_EQ(cover_text("10.0.0.1", "10.0.0.6"), (Texts{"10.0.0.1/32", "10.0.0.2/31", "10.0.0.4/31", "10.0.0.6/32"}));
  EXPECT_EQ(cover_text("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), Texts{"::/0"});
  EXPECT_EQ(cover_text("2001:db8::1", "2001:db8::3"), (Texts{"2001:db8::1/128", "2001:db8::2/127"}));
}

/// Every address of 10.0.0.0/24 against a plain search.
TEST(CidrSet, AgreesWithAPlainSearch) {
  std::mt19937 random(1);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same networks each time
  const auto draw = [&random] {
    std::vector<std::string> texts;
    for (auto i = random() % 6; i > 0; --i) {
      const auto prefix = 24 + random() % 9;
      const auto host = random() % 256 >> (32 - prefix) << (32 - prefix);
      texts.push_back("10.0.0." + std::to_string(host) + '/' + std::to_string(prefix));
    }
    return texts;
  };
  const auto holds = [](const std::vector<Cidr>& set, const IpAddress& address) {
    return std::any_of(set.begin(), set.end(), [&](const Cidr& cidr) { return without({{address}}, {cidr}).empty(); });
  };
  for (int i = 0; i < 100; ++i) {
    const auto from = cidrs(draw());
    const auto taken = cidrs(draw());
    const auto left = without(from, taken);
    for (unsigned host = 0; host < 256; ++host) {
      const IpAddress address = *IpAddress::parse("10.0.0." + std::to_string(host));
      ASSERT_EQ(holds(left, address), holds(from, address) && !holds(taken, address)) << i << ' ' << host;
    }
  }
}

}  // namespace
}  // namespace sallyport::policy
