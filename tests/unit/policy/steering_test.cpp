#include "policy/steering.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/loader.h"

namespace sallyport::policy {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::shared_ptr<const Policy> load(const std::string& rest) {
  const LoadResult result = load_policy_text(
      "version: 1\nname: t\nnetworks:\n"
      "  agency: {cidrs: [10.0.0.0/8, \"2001:db8::/32\"]}\n"
      "  kiosks: {cidrs: [10.1.0.0/16]}\n"
      "  partner: {cidrs: [203.0.113.0/24], hosts: [partner.example]}\n" +
          rest,
      "t");
  EXPECT_NE(result.policy, nullptr) << to_text(result);
  return result.policy;
}

std::string rule(const std::string& state, const std::string& places) {
  return "rules: [{name: r, state: " + state + ", " + places + ", when: {faces: {}}}]\n";
}

std::string text(const AddressMatch& match) {
  std::string text = match.outside ? "not" : "in";
  for (const AddressRange& range : match.ranges) {
    for (const Cidr& cidr : cidrs_of(range)) text += ' ' + to_string(cidr);
  }
  return text;
}

/// "clients > servers", a line each.
std::vector<std::string> steered(const std::string& rest, AddressFamily family = AddressFamily::kIpv4,
                                 SteeredRules rules = SteeredRules::kAll) {
  std::vector<std::string> lines;
  const auto policy = load(rest);
  for (const auto& one : steering(*policy, family, rules).connections) {
    lines.push_back(text(one.clients) + " > " + text(one.servers));
  }
  return lines;
}

TEST(Steering, TakesBothDirections) {
  EXPECT_THAT(
      steered(rule("block", "from: [agency], to: {not: [agency, partner]}")),
      ElementsAre("not 10.0.0.0/8 203.0.113.0/24 > in 10.0.0.0/8", "in 10.0.0.0/8 > not 10.0.0.0/8 203.0.113.0/24"));
}

TEST(Steering, KeepsNetworksInsideOthersApart) {
  const auto lines = steered(rule("block", "from: {any: [agency], not: [kiosks]}, to: [kiosks]"));
  EXPECT_THAT(lines, ElementsAre("in 10.0.0.0/16 10.2.0.0/15 10.4.0.0/14 10.8.0.0/13 10.16.0.0/12 10.32.0.0/11 "
                                 "10.64.0.0/10 10.128.0.0/9 > in 10.1.0.0/16",
                                 "in 10.1.0.0/16 > in 10.0.0.0/16 10.2.0.0/15 10.4.0.0/14 10.8.0.0/13 10.16.0.0/12 "
                                 "10.32.0.0/11 10.64.0.0/10 10.128.0.0/9"));
}

TEST(Steering, OfAHostThatMayBeAnywhereIsEverything) {
  EXPECT_THAT(steered(rule("block", "from: [kiosks], to: [partner]")),
              ElementsAre("in 10.1.0.0/16 > in 0.0.0.0/0", "in 203.0.113.0/24 > in 10.1.0.0/16"));
}

TEST(Steering, OfARuleWithoutPlacesIsEverything) {
  EXPECT_THAT(steered(rule("alert", "severity: low")), ElementsAre("in 0.0.0.0/0 > in 0.0.0.0/0"));
  EXPECT_THAT(steered(rule("alert", "severity: low"), AddressFamily::kIpv6), ElementsAre("in ::/0 > in ::/0"));
}

TEST(Steering, KnowsIpv6) {
  const std::string inside = rule("block", "from: [agency], to: [agency]");
  EXPECT_THAT(steered(inside, AddressFamily::kIpv6), ElementsAre("in 2001:db8::/32 > in 2001:db8::/32"));
  EXPECT_THAT(steered(rule("block", "from: [kiosks], to: [kiosks]"), AddressFamily::kIpv6), IsEmpty());
}

TEST(Steering, OfRulesThatDoNotBlock) {
  const std::string places = "from: [kiosks], to: [kiosks]";
  EXPECT_THAT(steered(rule("off", places)), IsEmpty());
  for (const char* state : {"shadow", "alert", "block"}) {
    EXPECT_EQ(steered(rule(state, places)).size(), 1U) << state;
    const std::size_t blocking = std::string(state) == "block" ? 1 : 0;
    const auto lines = steered(rule(state, places), AddressFamily::kIpv4, SteeredRules::kBlocking);
    EXPECT_EQ(lines.size(), blocking) << state;
  }
}

TEST(Steering, OfWhatIsRecordedOrACanary) {
  const std::string record = "record: {what: all, from: [kiosks], to: [kiosks]}\n";
  EXPECT_THAT(steered(record), ElementsAre("in 10.1.0.0/16 > in 10.1.0.0/16"));
  const std::string canary = "fingerprints: {planted: {file: planted.spf, canary: true}}\n";
  EXPECT_THAT(steered(canary), ElementsAre("in 0.0.0.0/0 > in 0.0.0.0/0"));
  EXPECT_THAT(steered(canary, AddressFamily::kIpv4, SteeredRules::kBlocking), IsEmpty()) << "it only alerts";
}

TEST(Steering, CountsPairs) {
  const auto policy = load(rule("block", "from: [kiosks], to: [kiosks]"));
  const FamilySteering ipv4 = steering(*policy, AddressFamily::kIpv4);
  EXPECT_EQ(ipv4.pairs, 1U);
  EXPECT_EQ(ipv4.pairs_of, 16U) << "agency, kiosks, partner, elsewhere";
  EXPECT_EQ(steering(*policy, AddressFamily::kIpv6).pairs_of, 4U);
}

TEST(Steering, NamesWhatIsInASet) {
  const auto policy = load(rule("block", "from: [kiosks], to: [kiosks]"));
  EXPECT_EQ(steering(*policy, AddressFamily::kIpv4).connections.front().clients.networks, "agency+kiosks");
}

/// IPv4-mapped IPv6 addresses are IPv4 to a policy, and are never on the wire as such.
TEST(Steering, DoesNotCutIpv6WhereIpv4IsKept) {
  const auto policy = load(rule("block", "from: [agency], to: {not: [agency]}"));
  const auto pairs = steering(*policy, AddressFamily::kIpv6).connections;
  ASSERT_EQ(pairs.size(), 2U);
  EXPECT_EQ(text(pairs[0].clients), "not 2001:db8::/32");
  EXPECT_EQ(text(pairs[0].servers), "in 2001:db8::/32");
}

}  // namespace
}  // namespace sallyport::policy
