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

/// Rules of one table: its chains have to be declared before any of them.
class Table {
 public:
  explicit Table(AddressFamily family) : family_(family) {}

  void chain(const std::string& name) { chains_ += ':' + name + " - [0:0]\n"; }
  void comment(std::string_view text) { rules_ += "# " + std::string(text) + '\n'; }
  void rule(const std::string& text) { rules_ += text + '\n'; }

  /// From the chain `from` what the address (-s or -d) fits goes on in the chain `to`.
  void match(const std::string& from, const std::string& address, const AddressMatch& match, const std::string& to) {
    comment((match.outside ? "all but " : "") + match.networks);
    for (const AddressRange& range : match.ranges) {
      for (const policy::Cidr& cidr : policy::cidrs_of(range)) {
        rule("-A " + from + ' ' + address + ' ' + cidr_text(cidr, family_) +
             (match.outside ? " -j RETURN" : " -g " + to));
      }
    }
    if (match.outside) rule("-A " + from + " -g " + to);
  }

  std::string text(const std::string& name) const { return '*' + name + '\n' + chains_ + rules_ + "COMMIT\n"; }

 private:
  AddressFamily family_;
  std::string chains_;
  std::string rules_;
};

/// Chains that bring what is steered from SALLYPORT_STEER to the chain `to`.
void add_pairs(Table& table, const policy::FamilySteering& steering, const std::string& to) {
  std::size_t number = 0;
  for (const policy::SteeredConnections& one : steering.connections) {
    const std::string clients = "SALLYPORT_STEER_FROM_" + std::to_string(++number);
    const std::string servers = "SALLYPORT_STEER_TO_" + std::to_string(number);
    table.chain(clients);
    table.chain(servers);
    table.rule("-A SALLYPORT_STEER -j " + clients);
    table.match(clients, "-s", one.clients, servers);
    table.match(servers, "-d", one.servers, to);
  }
}

/// "-i NAME " of each interface, or of none.
std::vector<std::string> entrances(const SteeringOptions& options) {
  std::vector<std::string> all;
  for (const std::string& name : options.interfaces) all.push_back("-i " + name + ' ');
  return all.empty() ? std::vector<std::string>{""} : all;
}

std::string mangle_table(const policy::FamilySteering& steering, AddressFamily family, const SteeringOptions& options) {
  const std::string mark = mark_text(options) + '/' + mark_text(options);
  Table table(family);
  for (const char* chain : {"SALLYPORT_STEER", "SALLYPORT_STEER_DIVERT", "SALLYPORT_STEER_RELAYED"}) table.chain(chain);
  table.comment("What opens a connection comes before what is asked of sockets: one in TIME_WAIT would take it.");
  for (const std::string& entrance : entrances(options)) {
    table.rule("-A PREROUTING " + entrance + "-p tcp --syn -j SALLYPORT_STEER");
  }
  table.comment("Packets of connections that are relayed.");
  table.rule("-A PREROUTING -p tcp -m socket --transparent -j SALLYPORT_STEER_RELAYED");
  table.rule("-A SALLYPORT_STEER_RELAYED -j MARK --set-xmark " + mark);
  table.rule("-A SALLYPORT_STEER_RELAYED -j ACCEPT");
  table.comment("Where nobody listens this drops.");
  table.rule("-A SALLYPORT_STEER_DIVERT -p tcp -j TPROXY --on-port " + std::to_string(options.port) +
             " --tproxy-mark " + mark);
  table.comment("Addressed to this host, which ip6tables takes for unicast too.");
  table.rule("-A SALLYPORT_STEER -m addrtype --dst-type LOCAL,ANYCAST -j RETURN");
  add_pairs(table, steering, "SALLYPORT_STEER_DIVERT");
  return table.text("mangle");
}

std::string filter_table(const policy::FamilySteering& steering, AddressFamily family, const SteeringOptions& options) {
  Table table(family);
  for (const char* chain : {"SALLYPORT_STEER", "SALLYPORT_STEER_DENY"}) table.chain(chain);
  table.comment("Before the host's own rules, which may accept it.");
  for (const std::string& entrance : entrances(options)) {
    table.rule("-I FORWARD " + entrance + "-p tcp -m conntrack --ctdir ORIGINAL -j SALLYPORT_STEER");
  }
  table.comment("Who asks the listener itself would be relayed to it again and again.");
  table.rule("-I INPUT -p tcp --dport " + std::to_string(options.port) + " -m mark ! --mark " + mark_text(options) +
             '/' + mark_text(options) + " -j SALLYPORT_STEER_DENY");
  table.comment("Its sender tries again, and notices nothing of a restart.");
  table.rule("-A SALLYPORT_STEER_DENY -p tcp --syn -j DROP");
  table.comment("Open before these rules were: opened anew, it is steered.");
  table.rule("-A SALLYPORT_STEER_DENY -p tcp -j REJECT --reject-with tcp-reset");
  add_pairs(table, steering, "SALLYPORT_STEER_DENY");
  return table.text("filter");
}

}  // namespace

std::string iptables_ruleset(const Steering& steering, AddressFamily family, const SteeringOptions& options) {
  const bool v4 = family == AddressFamily::kIpv4;
  const policy::FamilySteering& pairs = of_family(steering, family);
  return steering_head(steering, options, v4 ? "iptables-restore --noflush" : "ip6tables-restore --noflush", {family}) +
         mangle_table(pairs, family, options) + filter_table(pairs, family, options);
}

}  // namespace sallyport::cli
