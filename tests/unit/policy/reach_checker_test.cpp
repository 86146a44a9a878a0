// Warnings about what never applies are held against what rules say of every transfer that there can be.
#include "policy/reach_checker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <vector>

#include "policy/loader.h"

namespace sallyport::policy {
namespace {

constexpr std::array kNetworks{"wide", "narrow", "far", "claimed", "named", "trusted"};
const std::string kHead =
    "version: 1\nname: t\nnetworks:\n"
    "  wide: {cidrs: [10.0.0.0/8]}\n"
    "  narrow: {cidrs: [10.20.0.0/16]}\n"
    "  far: {cidrs: [203.0.113.0/24]}\n"
    "  claimed: {cidrs: [198.51.100.0/24], hosts: [claimed.example]}\n"
    "  named: {hosts: [named.example]}\n"
    "  trusted: {cidrs: [192.0.2.0/24], hosts: [trusted.example], trust: hosts}\n"
    "rules:\n";
constexpr std::array kAddresses{"10.1.1.1", "10.20.1.1", "203.0.113.1", "198.51.100.1", "192.0.2.1", "8.8.8.8"};
constexpr std::array kHosts{"", "claimed.example", "named.example", "trusted.example", "other.example"};

/// A policy of one rule, as text.
struct Drawn {
  std::string rule;
  std::vector<std::string> exceptions;

  std::string text(std::size_t without) const {
    std::string items;
    for (std::size_t i = 0; i < exceptions.size(); ++i) {
      if (i != without) items += (items.empty() ? "" : ", ") + exceptions[i];
    }
    return kHead + "  - {name: r, state: block" + rule + (items.empty() ? "" : ", exceptions: [" + items + "]") + "}\n";
  }
};
constexpr std::size_t kNone = 99;

class Dice {
 public:
  bool one_in(unsigned n) { return std::uniform_int_distribution<unsigned>(1, n)(random_) == 1; }

  Drawn policy() {
    Drawn drawn{ends(), {}};
    if (one_in(3)) drawn.rule += std::string(", when: {opened_by: ") + (one_in(2) ? "sender" : "receiver") + '}';
    for (int i = 0; i < 3; ++i) {
      std::string exception = ends();
      if (exception.empty()) continue;
      if (one_in(4)) exception += one_in(2) ? ", paths: [\"/a/*\"]" : ", paths: [\"/*\"]";
      drawn.exceptions.push_back("{reason: x" + exception + '}');
    }
    return drawn;
  }

 private:
  std::string ends() { return end("from") + end("to"); }
  std::string end(const std::string& key) {
    std::string any;
    std::string excluded;
    for (const char* network : kNetworks) {
      std::string& list = one_in(2) ? any : excluded;
      if (one_in(4)) list += (list.empty() ? "" : ", ") + std::string(network);
    }
    if (any.empty() && excluded.empty()) return {};
    const std::string first = any.empty() ? "" : "any: [" + any + "]";
    const std::string second = excluded.empty() ? "" : "not: [" + excluded + "]";
    return ", " + key + ": {" + first + (any.empty() || excluded.empty() ? "" : ", ") + second + '}';
  }

  std::mt19937 random_{20260101};  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same policies each time
};

template <class Visitor>
void for_each_transfer(const Visitor& visit) {
  Transfer transfer;
  transfer.ended = true;
  transfer.content = ContentType::kJpeg;
  for (const char* sender : kAddresses) {
    transfer.facts.sender.address = *IpAddress::parse(sender);
    for (const char* receiver : kAddresses) {
      transfer.facts.receiver.address = *IpAddress::parse(receiver);
      for (const char* host : kHosts) {
        transfer.facts.host = host;
        for (const char* path : {"/a/1.jpg", "/b/1.jpg"}) {
          transfer.facts.path = path;
          for (const bool upload : {false, true}) {
            transfer.facts.upload = upload;
            visit(transfer);
          }
        }
      }
    }
  }
}

/// One bit for each transfer: the rule matches.
std::vector<bool> matches(const Policy& policy) {
  std::vector<bool> all;
  for_each_transfer(
      [&](const Transfer& transfer) { all.push_back(!policy.evaluate(transfer, Findings()).matches.empty()); });
  return all;
}

std::size_t count_of(const LoadResult& result, std::string_view code) {
  const auto has_code = [code](const Diagnostic& diagnostic) { return diagnostic.code == code; };
  return static_cast<std::size_t>(std::count_if(result.diagnostics.begin(), result.diagnostics.end(), has_code));
}

/// What was told of the policies.
struct Told {
  int unreachable_rule = 0;
  int excused_rule = 0;
  int unreachable_exception = 0;
  int shadowed_exception = 0;
};

/// Without its last exception the policy matches the same transfers.
void expect_idle(const Drawn& drawn, const std::vector<bool>& hits) {
  const LoadResult less = load_policy_text(drawn.text(drawn.exceptions.size() - 1), "t");
  ASSERT_NE(less.policy, nullptr);
  EXPECT_EQ(matches(*less.policy), hits) << drawn.text(kNone);
}

void check(const Drawn& drawn, Told& told) {
  const LoadResult result = load_policy_text(drawn.text(kNone), "t");
  ASSERT_NE(result.policy, nullptr) << to_text(result);
  const std::vector<bool> hits = matches(*result.policy);
  const bool never = std::find(hits.begin(), hits.end(), true) == hits.end();
  const bool unreachable = count_of(result, "unreachable-rule") != 0;
  const bool excused = count_of(result, "excused-rule") != 0;
  const bool impossible = count_of(result, "unreachable-exception") != 0 && drawn.exceptions.size() == 1;
  const bool shadowed = count_of(result, "shadowed-exception") != 0 && drawn.exceptions.size() == 2;
  EXPECT_TRUE(never || !(unreachable || excused)) << to_text(result);
  EXPECT_TRUE(unreachable || !never || !drawn.exceptions.empty()) << drawn.text(kNone);
  if (impossible || shadowed) expect_idle(drawn, hits);
  told.unreachable_rule += static_cast<int>(unreachable);
  told.excused_rule += static_cast<int>(excused);
  told.unreachable_exception += static_cast<int>(impossible);
  told.shadowed_exception += static_cast<int>(shadowed);
}

TEST(ReachChecker, WhatIsSaidToBeUselessIs) {
  Dice dice;
  Told told;
  for (std::size_t i = 0; i < 900; ++i) {
    Drawn drawn = dice.policy();
    drawn.exceptions.resize(std::min(drawn.exceptions.size(), i % 3));
    check(drawn, told);
  }
  EXPECT_GT(told.unreachable_rule, 5) << "the policies must be such that something is told of some";
  EXPECT_GT(told.excused_rule, 5);
  EXPECT_GT(told.unreachable_exception, 5);
  EXPECT_GT(told.shadowed_exception, 5);
}

}  // namespace
}  // namespace sallyport::policy
