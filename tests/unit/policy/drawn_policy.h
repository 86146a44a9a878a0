// Policies of one rule drawn by chance, and every transfer that can make a difference to them.
#pragma once

#include <array>
#include <random>
#include <string>
#include <vector>

#include "daemon/contract/transfer.h"

namespace sallyport::policy {

inline constexpr std::array kNetworks{"wide", "narrow", "far", "claimed", "named", "trusted"};
inline const std::string kHead =
    "version: 1\nname: t\nnetworks:\n"
    "  wide: {cidrs: [10.0.0.0/8]}\n"
    "  narrow: {cidrs: [10.20.0.0/16]}\n"
    "  far: {cidrs: [203.0.113.0/24]}\n"
    "  claimed: {cidrs: [198.51.100.0/24], hosts: [claimed.example]}\n"
    "  named: {hosts: [named.example]}\n"
    "  trusted: {cidrs: [192.0.2.0/24], hosts: [trusted.example], trust: hosts}\n"
    "rules:\n";
inline constexpr std::array kAddresses{"10.1.1.1", "10.20.1.1", "203.0.113.1", "198.51.100.1", "192.0.2.1", "8.8.8.8"};
inline constexpr std::array kHosts{"", "claimed.example", "named.example", "trusted.example", "other.example"};

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
inline constexpr std::size_t kNone = 99;

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

  /// ", from: {...}, to: {...}", each of them perhaps.
  std::string ends() { return end("from") + end("to"); }

  /// A mapping that asks something.
  std::string condition(int depth) {
    std::string parts;
    const auto add = [&parts](const std::string& part) { parts += (parts.empty() ? "" : ", ") + part; };
    if (one_in(2)) add(std::string("faces: {at_least: ") + (one_in(2) ? "1" : "3") + '}');
    if (one_in(4)) add(std::string("paths: [") + (one_in(2) ? "/a/*" : "\"*\"") + ']');
    if (one_in(6)) add(std::string("opened_by: ") + (one_in(2) ? "sender" : "receiver"));
    if (depth > 0 && one_in(3)) add("not: " + condition(depth - 1));
    if (depth > 0 && one_in(3)) add("any: [" + condition(depth - 1) + (one_in(2) ? ", " + condition(0) : "") + ']');
    return parts.empty() ? "{image: any}" : '{' + parts + '}';
  }

 private:
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

}  // namespace sallyport::policy
