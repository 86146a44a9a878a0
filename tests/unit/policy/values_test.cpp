#include "policy/values.h"

#include <gtest/gtest.h>

#include <random>

#include "policy/diagnostic.h"
#include "policy/glob.h"
#include "policy/networks.h"
#include "policy/suggest.h"

namespace sallyport::policy {
namespace {

TEST(Values, UnitsAreNeeded) {
  EXPECT_EQ(parse_size("20MiB"), 20U << 20);
  EXPECT_EQ(parse_duration("1500ms"), std::chrono::milliseconds(1500));
  EXPECT_EQ(parse_duration("7d"), std::chrono::hours(7 * 24));
  EXPECT_EQ(duration_text(std::chrono::hours(7 * 24)), "7d");
  EXPECT_EQ(duration_text(std::chrono::hours(25)), "25h");
  EXPECT_EQ(parse_duration("2").error().suggestion, "2s");
  EXPECT_EQ(parse_size("10 kb").error().suggestion, "10KiB");
  EXPECT_EQ(parse_size("99999999999GiB").error().code, "out-of-range");
}

TEST(Values, NumbersAreDecimal) {
  EXPECT_EQ(parse_integer("0"), 0U);
  EXPECT_EQ(parse_integer("010").error().suggestion, "10");
  EXPECT_FALSE(parse_integer("0x10"));
  EXPECT_FALSE(parse_integer("-1"));
  EXPECT_FALSE(parse_integer("99999999999999999999"));
  EXPECT_EQ(parse_score("0.7"), 0.7F);
  EXPECT_EQ(parse_score("70%").error().suggestion, "0.7");
  EXPECT_FALSE(parse_score("1.5"));
  EXPECT_FALSE(parse_score(".5"));
  EXPECT_FALSE(parse_score("nan"));
}

TEST(Values, MomentsAreDaysThatExist) {
  EXPECT_EQ(moment_text(parse_moment("2024-02-29").value()), "2024-02-29T00:00:00Z");
  EXPECT_EQ(moment_text(parse_moment("1970-01-01T00:00:01Z").value()), "1970-01-01T00:00:01Z");
  EXPECT_EQ(moment_text(parse_moment("2200-12-31T23:59:59Z").value()), "2200-12-31T23:59:59Z");
  for (const char* text : {"", "2026-02-29", "2026-13-01", "2026-00-01", "2026-1-01", "2201-01-01", "1969-12-31",
                           "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:60Z",
                           "2026-01-01T00:00:00", "2026-01-01 00:00:00Z", "2026-01-01T00:00:00Z ", "+026-01-01"}) {
    EXPECT_FALSE(parse_moment(text)) << text;
  }
}

TEST(Values, CidrsAreNetworks) {
  EXPECT_EQ(to_string(*parse_cidr("10.10.0.0/16")), "10.10.0.0/16");
  EXPECT_EQ(to_string(*parse_cidr("192.0.2.1")), "192.0.2.1/32");
  EXPECT_EQ(to_string(*parse_cidr("2001:db8::/32")), "2001:db8::/32");
  EXPECT_EQ(to_string(*parse_cidr("0.0.0.0/0")), "0.0.0.0/0");
  EXPECT_EQ(to_string(*parse_cidr("::/0")), "::/0");
  EXPECT_EQ(parse_cidr("10.10.3.7/16").error().suggestion, "10.10.0.0/16");
  EXPECT_FALSE(parse_cidr("10.0.0.0/33"));
  EXPECT_FALSE(parse_cidr("10.0.0/8"));
}

TEST(Glob, FitsTheWholeName) {
  EXPECT_TRUE(Glob("*.Partner.example").matches("a.b.partner.EXAMPLE"));
  EXPECT_FALSE(Glob("*.partner.example").matches("partner.example"));
  EXPECT_TRUE(
      Glob("a?c").matches("a\xC3\xBC"
                          "c"))
      << "one character, two bytes";
  EXPECT_TRUE(Glob("lab/*").matches("LAB\\ada"));
  EXPECT_TRUE(Glob("**").matches(""));
  EXPECT_FALSE(Glob("a*b*c").matches("acb"));
  EXPECT_FALSE(Glob("?").matches(""));
}

/// By its definition, at any cost.
bool fits(std::string_view pattern, std::string_view name) {
  if (pattern.empty()) return name.empty();
  if (pattern[0] == '*') {
    return fits(pattern.substr(1), name) || (!name.empty() && fits(pattern, name.substr(1)));
  }
  return !name.empty() && (pattern[0] == '?' || pattern[0] == name[0]) && fits(pattern.substr(1), name.substr(1));
}

TEST(Glob, FitsWhatItsDefinitionFits) {
  std::mt19937 random(7);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same each time
  const auto draw = [&random](std::string_view letters, std::size_t size_max) {
    std::string text(random() % (size_max + 1), ' ');
    for (char& c : text) c = letters[random() % letters.size()];
    return text;
  };
  int fitting = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string pattern = draw("ab*?", 7);
    const std::string name = draw("ab", 9);
    ASSERT_EQ(Glob(pattern).matches(name), fits(pattern, name)) << pattern << ' ' << name;
    fitting += fits(pattern, name) ? 1 : 0;
  }
  EXPECT_GT(fitting, 1000);
}

TEST(Glob, DecodesPercent) {
  EXPECT_EQ(percent_decoded("/%70a%2Fb%zz%4"), "/pa/b%zz%4");
}

TEST(Suggest, FindsTheNearestWord) {
  static constexpr std::string_view kWords[] = {"block", "alert", "off"};
  EXPECT_EQ(nearest("blokc", kWords), "block");
  EXPECT_EQ(nearest("Alert", kWords), "alert");
  EXPECT_EQ(nearest("quarantine", kWords), "");
  EXPECT_EQ(edit_distance("ab", "ba"), 1U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
}

TEST(AddressIndex, AgreesWithAPlainSearch) {
  std::mt19937 engine(11);
  const auto random = [&engine] { return static_cast<std::uint32_t>(engine()); };
  std::vector<AddressIndex::Member> members;
  for (int i = 0; i < 300; ++i) {
    const unsigned prefix = 8 + random() % 25;
    const std::uint32_t address = random() & (prefix == 32 ? ~0U : ~(~0U >> prefix)) & 0x0F0F0F0FU;
    const std::uint32_t network = address & (prefix == 32 ? ~0U : ~(~0U >> prefix));
    const std::uint8_t bytes[4] = {static_cast<std::uint8_t>(network >> 24), static_cast<std::uint8_t>(network >> 16),
                                   static_cast<std::uint8_t>(network >> 8), static_cast<std::uint8_t>(network)};
    members.push_back({{IpAddress::from_v4(as_byte_span(bytes, 4)), prefix + 96}, random() % 5});
  }
  const AddressIndex index(members);
  for (int i = 0; i < 300; ++i) {
    const std::uint32_t address = random() & 0x0F0F0F0FU;
    const std::uint8_t bytes[4] = {static_cast<std::uint8_t>(address >> 24), static_cast<std::uint8_t>(address >> 16),
                                   static_cast<std::uint8_t>(address >> 8), static_cast<std::uint8_t>(address)};
    const IpAddress ip = IpAddress::from_v4(as_byte_span(bytes, 4));
    NetworkSet expected;
    for (const auto& [cidr, network] : members) {
      const std::string text = ip.to_string() + '/' + std::to_string(cidr.prefix - 96);
      const auto parsed = parse_cidr(text);
      const std::string base = parsed ? text : parsed.error().suggestion;
      if (base == to_string(cidr)) expected.set(network);
    }
    ASSERT_EQ(index.networks(index.group(ip)), expected) << ip.to_string();
  }
}

TEST(AddressIndex, WholeSpaceAndItsLastAddress) {
  const AddressIndex index(
      {{*parse_cidr("::/0"), 0}, {*parse_cidr("255.255.255.255"), 1}, {*parse_cidr("ffff::/16"), 2}});
  EXPECT_EQ(index.networks(index.group(*IpAddress::parse("255.255.255.255"))).to_ulong(), 3U);
  EXPECT_EQ(index.networks(index.group(*IpAddress::parse("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"))).to_ulong(), 5U);
  EXPECT_EQ(index.networks(index.group(*IpAddress::parse("192.0.2.1"))).to_ulong(), 1U);
}

TEST(HostIndex, ExactSuffixAndGlob) {
  const HostIndex index({{"a.example", 0}, {"*.example", 1}, {"img-?.*", 2}});
  EXPECT_EQ(index.networks(normal_host("A.Example:443")).to_ulong(), 3U);
  EXPECT_EQ(index.networks("img-1.test").to_ulong(), 4U);
  EXPECT_EQ(index.networks("example").to_ulong(), 0U);
  EXPECT_EQ(normal_host("[2001:db8::1]:80"), "[2001:db8::1]");
  EXPECT_EQ(normal_host("\\\\SERVER"), "server");
  EXPECT_EQ(normal_host("x.example."), "x.example");
}

TEST(Diagnostic, TextAndJson) {
  const SourceText source(
      "name: t\r\n    action: \xC3\xBC"
      "blokc\n");
  Diagnostics diagnostics("policy.yaml", source);
  diagnostics.error({2, 15, 5}, "unknown-word", "unknown action 'blokc'", {"block", ""});
  const auto list = diagnostics.sorted();
  EXPECT_EQ(to_text(list.at(0)),
            "policy.yaml:2:14: error: unknown action 'blokc'; did you mean 'block'? [unknown-word]\n"
            "    2 |     action: \xC3\xBC"
            "blokc\n"
            "      |              ^~~~~\n");
  EXPECT_EQ(
      to_json(list),
      "[\n {\"level\": \"error\", \"code\": \"unknown-word\", \"file\": \"policy.yaml\", \"line\": 2, \"column\": 14, "
      "\"width\": 5, \"message\": \"unknown action 'blokc'\", \"suggestion\": \"block\", \"hint\": \"\"}\n]\n");
  EXPECT_EQ(summary_line(2, 1), "2 errors, 1 warning: not loaded.");
}

TEST(Diagnostic, IsToldOnce) {
  const SourceText source("x\ny\n");
  Diagnostics diagnostics("p", source);
  for (const std::uint32_t line : {1U, 1U, 2U}) diagnostics.error({line, 1, 1}, "c", "m");
  EXPECT_EQ(diagnostics.sorted().size(), 2U);
  EXPECT_EQ(diagnostics.error_count(), 2U);
}

TEST(Diagnostic, IsBounded) {
  const SourceText source("x\n");
  Diagnostics diagnostics("p", source);
  for (std::size_t i = 0; i < 1000; ++i) diagnostics.error({1, 1, 1}, "c", "m" + std::to_string(i));
  EXPECT_EQ(diagnostics.sorted().size(), limits::kPolicyDiagnosticsMax + 1);
  EXPECT_EQ(diagnostics.error_count(), 1000U);
}

}  // namespace
}  // namespace sallyport::policy
