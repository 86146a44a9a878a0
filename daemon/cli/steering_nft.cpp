#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/cli/steering_ruleset.h"
#include "daemon/cli/steering_text.h"

namespace sallyport::cli {
namespace {

using policy::AddressFamily;
using policy::AddressMatch;
using policy::AddressRange;

/// $entrance: "iifname { ... } " or nothing. $steered: a rule for each pair of sets.
constexpr const char* kSteering = R"(	chain prerouting {
		type filter hook prerouting priority mangle; policy accept;
		meta l4proto != tcp return
		# What opens a connection comes before what is asked of sockets: one in TIME_WAIT would take it.
		$entrancetcp flags & (fin | syn | rst | ack) == syn jump steer
		# The listener, which a packet to its port finds wherever it goes. Of a handshake "wildcard" says neither 0 nor 1.
		socket wildcard 1 return
		# Packets of connections that are relayed.
		socket transparent 1 meta mark set meta mark | $mark accept
	}

	chain steer {
		# Addressed to this host.
		fib daddr type != unicast return
$steered	}

	chain divert {
		# Where nobody listens this rule ends before the packet is marked.
		meta l4proto tcp tproxy to :$port meta mark set meta mark | $mark accept
	}

	chain input {
		type filter hook input priority filter - 10; policy accept;
		# Who asks the listener itself would be relayed to it again and again.
		tcp dport $port meta mark & $mark != $mark drop
	}
)";

constexpr const char* kDenying = R"(
	chain forward {
		type filter hook forward priority filter - 10; policy accept;
		$entrancemeta l4proto tcp ct direction original jump unsteered
	}

	chain unsteered {
$denied	}

	chain deny {
		# Its sender tries again, and notices nothing of a restart.
		tcp flags & (fin | syn | rst | ack) == syn drop
		# Open before these rules were: opened anew, it is steered.
		meta l4proto tcp reject with tcp reset
	}
)";

std::string range_text(const AddressRange& range, AddressFamily family) {
  const auto cidrs = policy::cidrs_of(range);
  if (cidrs.size() == 1) return cidr_text(cidrs.front(), family);
  return address_text(range.first, family) + '-' + address_text(range.last, family);
}

/// Each set of addresses once: clients of one connection are servers of another.
class Sets {
 public:
  explicit Sets(AddressFamily family) : family_(family) {}

  /// "ip saddr @ipv4_1", for which the set is declared.
  std::string test(std::string_view field, const AddressMatch& match) {
    const bool v4 = family_ == AddressFamily::kIpv4;
    const std::size_t number = names_.size() + 1;
    const auto [name, is_new] = names_.try_emplace(match.ranges, (v4 ? "ipv4_" : "ipv6_") + std::to_string(number));
    if (is_new) declare(name->second, match);
    return (v4 ? "ip " : "ip6 ") + std::string(field) + (match.outside ? " != @" : " @") + name->second;
  }
  const std::string& text() const { return text_; }

 private:
  void declare(const std::string& name, const AddressMatch& match) {
    const char* const type = family_ == AddressFamily::kIpv4 ? "ipv4_addr" : "ipv6_addr";
    text_ += "\t# " + match.networks + "\n\tset " + name + " {\n\t\ttype " + type +
             "\n\t\tflags interval\n\t\telements = {\n";
    for (const AddressRange& range : match.ranges) {
      text_ += "\t\t\t" + range_text(range, family_) + (&range == &match.ranges.back() ? "\n" : ",\n");
    }
    text_ += "\t\t}\n\t}\n\n";
  }

  AddressFamily family_;
  std::map<std::vector<AddressRange>, std::string> names_;
  std::string text_;
};

/// What decides who is steered.
struct Pairs {
  std::string sets;
  std::vector<std::string> tests;  ///< "ip saddr @ipv4_1 ip daddr != @ipv4_2"
};

Pairs pairs_of(const Steering& steering) {
  Pairs pairs;
  for (const AddressFamily family : {AddressFamily::kIpv4, AddressFamily::kIpv6}) {
    Sets sets(family);
    for (const policy::SteeredConnections& one : of_family(steering, family).connections) {
      const std::string clients = sets.test("saddr", one.clients);
      pairs.tests.push_back(clients + ' ' + sets.test("daddr", one.servers));
    }
    pairs.sets += sets.text();
  }
  return pairs;
}

std::string rules(const Pairs& pairs, std::string_view chain) {
  std::string text;
  for (const std::string& test : pairs.tests) text += "\t\t" + test + " goto " + std::string(chain) + '\n';
  return text;
}

std::string interfaces(const SteeringOptions& options) {
  if (options.interfaces.empty()) return {};
  std::string names;
  for (const std::string& name : options.interfaces) names += (names.empty() ? "\"" : ", \"") + name + '"';
  return "iifname { " + names + " } ";
}

std::string filled(std::string text, const std::map<std::string, std::string>& values) {
  for (const auto& [name, value] : values) {
    for (std::size_t at = 0; (at = text.find(name, at)) != std::string::npos; at += value.size()) {
      text.replace(at, name.size(), value);
    }
  }
  return text;
}

std::string chains(const Pairs& pairs, const SteeringOptions& options) {
  return filled(std::string(kSteering) + (options.fail_open ? "" : kDenying), {{"$entrance", interfaces(options)},
                                                                               {"$steered", rules(pairs, "divert")},
                                                                               {"$denied", rules(pairs, "deny")},
                                                                               {"$port", std::to_string(options.port)},
                                                                               {"$mark", mark_text(options)}});
}

}  // namespace

std::string nft_ruleset(const Steering& steering, const SteeringOptions& options) {
  const Pairs pairs = pairs_of(steering);
  return steering_head(steering, options, "nft -f", {AddressFamily::kIpv4, AddressFamily::kIpv6}) +
         "table inet sallyport_steer\n"
         "delete table inet sallyport_steer\n\n"
         "table inet sallyport_steer {\n" +
         pairs.sets + chains(pairs, options) + "}\n";
}

}  // namespace sallyport::cli
