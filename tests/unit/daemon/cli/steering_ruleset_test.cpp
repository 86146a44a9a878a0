// The printed rules against golden files, and, read by a reader of their own, against the policy.
#include "daemon/cli/steering_ruleset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <sstream>

#include "policy/loader.h"
#include "tests/support/golden_file.h"
#include "tests/unit/policy/drawn_policy.h"

namespace sallyport::cli {
namespace {

using policy::AddressFamily;
using policy::AddressRange;
using policy::SteeredRules;
using testing::HasSubstr;
using testing::Not;
const std::filesystem::path kGoldens = SALLYPORT_SOURCE_DIR "/tests/golden/steering";
using Policy = std::shared_ptr<const policy::Policy>;

Steering steering_of(const Policy& policy, SteeredRules rules = SteeredRules::kAll) {
  return {{policy->name(), policy->digest()},
          policy::steering(*policy, AddressFamily::kIpv4, rules),
          policy::steering(*policy, AddressFamily::kIpv6, rules)};
}

TEST(SteeringRuleset, IsAsExpected) {
  const Policy policy = policy::load_policy_file((kGoldens / "policy.yaml").string()).policy;
  ASSERT_NE(policy, nullptr);
  const Steering steering = steering_of(policy);
  test::expect_golden(kGoldens / "closed.nft", nft_ruleset(steering, {}));
  test::expect_golden(kGoldens / "iptables", iptables_ruleset(steering, AddressFamily::kIpv4, {}));
  test::expect_golden(kGoldens / "ip6tables", iptables_ruleset(steering, AddressFamily::kIpv6, {}));
  SteeringOptions open;
  open.fail_open = true;
  open.interfaces = {"inside0"};
  test::expect_golden(kGoldens / "open.nft", nft_ruleset(steering_of(policy, SteeredRules::kBlocking), open));
}

TEST(SteeringRuleset, OfAPolicyThatIsInterestedInNothing) {
  const Policy policy = policy::load_policy_text("version: 1\nname: t\n", "t").policy;
  ASSERT_NE(policy, nullptr);
  const std::string rules = nft_ruleset(steering_of(policy), {});
  EXPECT_THAT(rules, HasSubstr("IPv4: 0 of 1; IPv6: 0 of 1"));
  EXPECT_THAT(rules, Not(HasSubstr("goto"))) << "but what is relayed already goes on";
  EXPECT_THAT(rules, HasSubstr("socket transparent 1"));
}

AddressRange range(const std::string& text) {
  const std::size_t dash = text.find('-');
  if (dash != std::string::npos)
    return {*IpAddress::parse(text.substr(0, dash)), *IpAddress::parse(text.substr(dash + 1))};
  const policy::Cidr cidr = policy::parse_cidr(text).value();
  std::array<std::byte, 16> last{};
  for (unsigned i = 0; i < 128; ++i) {
    const unsigned bit = i < cidr.prefix ? cidr.address.bytes()[i / 8] >> (7 - i % 8) & 1U : 1;
    last[i / 8] |= static_cast<std::byte>(bit << (7 - i % 8));
  }
  return {cidr.address, IpAddress::from_v6(last)};
}

bool holds(const AddressRange& range, const IpAddress& address) {
  return range.first <= address && address <= range.last;
}

/// What the nft rules do with a packet, as far as sets of addresses decide.
class NftReader {
 public:
  explicit NftReader(const std::string& rules) {
    std::istringstream lines(rules);
    std::string line, set, chain;
    while (std::getline(lines, line)) {
      std::istringstream stream(line);
      const std::vector<std::string> words{std::istream_iterator<std::string>(stream), {}};
      if (words.empty() || words[0] == "#") continue;
      if (words[0] == "set") set = words[1];
      if (words[0] == "chain") chain = words[1];
      if (words[0] == "}") set.clear();
      if (words.size() == 1 && !set.empty() && words[0] != "}")
        sets_[set].push_back(range(words[0].substr(0, words[0].find(','))));
      if (words[0] == "ip" || words[0] == "ip6") rules_[chain].push_back(words);
    }
  }

  bool matches(const std::string& chain, const IpAddress& client, const IpAddress& server) const {
    const auto found = rules_.find(chain);
    if (found == rules_.end()) return false;
    return std::any_of(found->second.begin(), found->second.end(), [&](std::vector<std::string> words) {
      if ((words[0] == "ip") != client.is_v4()) return false;
      // ip saddr [!=] @set ip daddr [!=] @set goto chain
      const bool is_client = take(words, "saddr", client);
      return is_client && take(words, "daddr", server);
    });
  }

 private:
  bool take(std::vector<std::string>& words, const std::string& field, const IpAddress& address) const {
    EXPECT_EQ(words.at(1), field);
    const bool outside = words.at(2) == "!=";
    const auto& set = sets_.at(words.at(outside ? 3 : 2).substr(1));
    words.erase(words.begin(), words.begin() + (outside ? 4 : 3));
    return std::any_of(set.begin(), set.end(), [&](const AddressRange& one) { return holds(one, address); }) != outside;
  }

  std::map<std::string, std::vector<AddressRange>> sets_;
  std::map<std::string, std::vector<std::vector<std::string>>> rules_;
};

/// The same of one table of the iptables rules.
class IptablesReader {
 public:
  IptablesReader(const std::string& rules, const std::string& table) {
    std::istringstream lines(rules);
    std::string current;
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with('*')) current = line.substr(1);
      std::istringstream stream(line);
      const std::vector<std::string> words{std::istream_iterator<std::string>(stream), {}};
      if (current == table && line.starts_with("-A ") && line.find("addrtype") == std::string::npos)
        rules_[words[1]].push_back(words);
    }
  }

  /// Whether a packet of these comes from the chain to the one named `to`.
  bool comes(const std::string& chain, const std::string& to, const IpAddress& client, const IpAddress& server) const {
    if (chain == to) return true;
    const auto found = rules_.find(chain);
    if (found == rules_.end()) return false;
    for (const std::vector<std::string>& words : found->second) {
      const bool asks = words[2] == "-s" || words[2] == "-d";
      if (asks && !holds(range(words[3]), words[2] == "-s" ? client : server)) continue;
      const std::string& verb = words.at(words.size() - 2);
      if (words.back() == "RETURN") return false;
      const bool came = comes(words.back(), to, client, server);
      if (came || verb == "-g") return came;
    }
    return false;
  }

 private:
  std::map<std::string, std::vector<std::vector<std::string>>> rules_;
};

class Addresses {
 public:
  IpAddress draw(AddressFamily family) {
    return family == AddressFamily::kIpv4
               ? near({"10.0.0.0", "10.20.0.0", "10.20.30.0", "203.0.113.0", "192.0.2.0"}, 12)
               : near({"2001:db8::", "2001:db8:1::", "2001:db8:2::", "::"}, 0);
  }

 private:
  /// One of them or any, with lower bits set and cleared by chance, or the last address before it.
  IpAddress near(const std::vector<const char*>& places, std::size_t first) {
    std::array<std::byte, 16> bytes{};
    const IpAddress base = *IpAddress::parse(places[random_() % places.size()]);
    const std::size_t kept = first + random_() % (17 - first);
    const bool before = random_() % 4 == 0;
    for (std::size_t i = 0; i < 16; ++i) {
      bytes[i] = i < kept ? std::byte{base.bytes()[i]} : static_cast<std::byte>(random_());
    }
    for (std::size_t i = 16; before && i-- > first;) {
      bytes[i] = static_cast<std::byte>(static_cast<unsigned>(bytes[i]) - 1);
      if (bytes[i] != std::byte{0xFF}) break;
    }
    return IpAddress::from_v6(bytes);
  }

  std::mt19937 random_{20261129};  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same addresses each time
};

Policy drawn_policy(policy::Dice& dice) {
  std::string text =
      "version: 1\nname: t\nnetworks:\n"
      "  wide: {cidrs: [10.0.0.0/8, \"2001:db8::/32\"]}\n"
      "  narrow: {cidrs: [10.20.0.0/16, \"2001:db8:1::/48\", \"2001:db8:2::7\"]}\n"
      "  far: {cidrs: [203.0.113.0/24, 10.20.30.0/25, \"2000::/3\"]}\n"
      "  claimed: {cidrs: [198.51.100.0/24]}\n"
      "  named: {cidrs: [0.0.0.0/2]}\n"
      "  trusted: {cidrs: [192.0.2.1], hosts: [trusted.example]}\n"
      "rules:\n";
  for (const char* state : {"block", "alert", "shadow"}) {
    text += std::string("  - {name: ") + state + ", state: " + state + dice.ends() + "}\n";
  }
  const policy::LoadResult result = policy::load_policy_text(text, "t");
  EXPECT_NE(result.policy, nullptr) << to_text(result);
  return result.policy;
}

bool is_of_interest(const Policy& policy, const IpAddress& client, const IpAddress& server) {
  Flow flow;
  flow.client.address = client;
  flow.server.address = server;
  return policy->interest(flow) != Interest::kNone;
}

struct Decisions {
  std::size_t steered = 0;
  std::size_t forwarded = 0;
};

void compare(const Policy& policy, Addresses& addresses, Decisions& decisions) {
  const Steering steering = steering_of(policy);
  const NftReader nft(nft_ruleset(steering, {}));
  for (const AddressFamily family : {AddressFamily::kIpv4, AddressFamily::kIpv6}) {
    const std::string rules = iptables_ruleset(steering, family, {});
    const IptablesReader mangle(rules, "mangle");
    const IptablesReader filter(rules, "filter");
    for (int i = 0; i < 200; ++i) {
      const IpAddress client = addresses.draw(family), server = addresses.draw(family);
      const bool wanted = is_of_interest(policy, client, server);
      const std::string what = client.to_string() + " to " + server.to_string() + "\n" + policy->text();
      ASSERT_EQ(nft.matches("steer", client, server), wanted) << what;
      ASSERT_EQ(nft.matches("unsteered", client, server), wanted) << what;
      ASSERT_EQ(mangle.comes("SALLYPORT_STEER", "SALLYPORT_STEER_DIVERT", client, server), wanted) << what;
      ASSERT_EQ(filter.comes("SALLYPORT_STEER", "SALLYPORT_STEER_DENY", client, server), wanted) << what;
      ++(wanted ? decisions.steered : decisions.forwarded);
    }
  }
}

TEST(SteeringRuleset, DecidesAsThePolicyDoes) {
  policy::Dice dice;
  Addresses addresses;
  Decisions decisions;
  for (int i = 0; i < 100 && !testing::Test::HasFatalFailure(); ++i) compare(drawn_policy(dice), addresses, decisions);
  EXPECT_GT(decisions.steered, 4000U);
  EXPECT_GT(decisions.forwarded, 4000U);
}

}  // namespace
}  // namespace sallyport::cli
