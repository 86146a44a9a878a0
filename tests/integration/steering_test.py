#!/usr/bin/python3
"""What `sallyport policy nft` prints, in force in the kernel: connections that a rule can match come to a transparent listener with both of
their addresses, all others go straight to the real server, and nothing is left behind.

For nft and for iptables, IPv4 and IPv6; what happens while nobody listens is measured, not assumed."""
import pathlib
import subprocess
import sys
import tempfile

from harness import ROOT, expect, need_root  # first: it says where the lab is
from gateway import programs
from namespaces import Network, end

PORT = 15001
POLICY = """
version: 1
name: steering
networks:
  agency: {cidrs: [192.0.2.0/24, "2001:db8:a::/64"]}
  cleared: {cidrs: [192.0.2.200, "2001:db8:a::200"]}
  partner: {cidrs: [203.0.113.0/24, "2001:db8:c::20"]}
rules:
  - name: faces
    state: block
    from: {any: [agency], not: [cleared]}
    to: {not: [agency, partner]}
    when: {faces: {at_least: 1}}
"""
# Sends a line, and tells the one that it was greeted with and the one that came back; where it gets no connection, or none that answers, why.
CLIENT = """
import socket, sys
source, address, port, waits = sys.argv[1:]
connection = None
try:
    connection = socket.create_connection((address, int(port)), 2, (source, 0))
    lines = connection.makefile()
    told = lines.readline().strip()
    if waits == "wait":
        print("open", flush=True)
        sys.stdin.readline()
    connection.sendall(b"ping\\n")
    print(told, lines.readline().strip())
except TimeoutError:
    print("taken, and silence" if connection else "silence")
except ConnectionError:
    print("refused")
"""
SERVER = """
import socket, sys, threading
def serve(connection):
    with connection:
        connection.sendall(sys.argv[1].encode() + b"\\n")
        connection.sendall(connection.recv(100))
listeners = [socket.create_server(("", int(port)), family=socket.AF_INET6, dualstack_ipv6=True) for port in sys.argv[2:]]
print("ready", flush=True)
def accept(listener):
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
for listener in listeners:
    threading.Thread(target=accept, args=(listener,), daemon=True).start()
threading.Event().wait()
"""
FAMILIES = {
    "IPv4": {"agency": "192.0.2.10", "cleared": "192.0.2.200", "gateway": "198.51.100.1", "partner": "203.0.113.10",
             "contractor": "198.51.100.10"},
    "IPv6": {"agency": "2001:db8:a::10", "cleared": "2001:db8:a::200", "gateway": "2001:db8:c::1", "partner": "2001:db8:c::20",
             "contractor": "2001:db8:c::10"},
}
FORMATS = {"nft": ["nft"], "iptables": ["iptables", "ip6tables"]}


class Lab:
    def __init__(self, network, folder):
        self.network, self.folder = network, folder
        self.relay = None
        self.policy = folder / "policy.yaml"
        self.policy.write_text(POLICY)
        network.agency.run("ip", "address", "add", "192.0.2.200/24", "dev", "lan0")
        network.agency.run("ip", "address", "add", "2001:db8:a::200/64", "dev", "lan0", "nodad")
        network.outside.run("ip", "address", "add", "2001:db8:c::20/64", "dev", "wan0", "nodad")
        for namespace, name, *ports in ((network.agency, "agency", 80), (network.outside, "outside", 80, PORT), (network.gateway, "gateway", 80)):
            self.start(namespace, "-c", SERVER, name, *ports)

    @staticmethod
    def start(namespace, *arguments):
        process = namespace.start("/usr/bin/python3", *arguments, stdout=subprocess.PIPE, text=True)
        expect(process.stdout.readline() == "ready\n", f"{arguments[-2:]} did not come up")
        return process

    def listen(self):
        self.relay = self.start(self.network.gateway, ROOT / "tests/integration/transparent_relay.py", PORT)

    def silence(self):
        end(self.relay)

    def namespace_of(self, name):
        return self.network.agency if name in ("agency", "cleared") else self.network.outside

    def client(self, family, source, target, port=80, waits="no"):
        addresses = FAMILIES[family]
        return self.namespace_of(source).command("/usr/bin/python3", "-c", CLIENT, addresses[source], addresses[target], port, waits)

    def ask(self, *connection, **options):
        return subprocess.run(self.client(*connection, **options), capture_output=True, text=True, check=True).stdout.strip()

    def rulesets(self, form, *options):
        """Prints them into files, as an operator would."""
        files = []
        for name in FORMATS[form]:
            files.append(self.folder / f"{name}.rules")
            with open(files[-1], "w") as file:
                subprocess.run([programs() / "sallyport", "policy", "nft", "--format", name, *options, self.policy], stdout=file, check=True)
        return files

    def steer(self, *arguments, check=True):
        return self.network.gateway.run(ROOT / "deploy/nftables/tproxy-steer", *arguments, check=check)

    def up(self, form, *options):
        self.steer("up", *self.rulesets(form, *options))

    def state(self):
        """Every rule and route of the gateway, but for those that come by themselves a while after an interface."""
        commands = ["nft list ruleset inet", "ip rule", "ip -6 rule", "ip route show table all", "ip -6 route show table all"]
        commands += [f"{tool} -t {table} -S" for tool in ("iptables", "ip6tables") for table in ("mangle", "filter")]
        told = {command: self.network.gateway.run(*command.split()).stdout for command in commands}
        return {command: "".join(line for line in text.splitlines(True) if "fe80:" not in line and "ff00:" not in line) for command, text in told.items()}


def expect_answer(lab, wanted, *connection, **options):
    told = lab.ask(*connection, **options)
    expect(told == wanted, f"{connection} {options}: {told!r}, not {wanted!r}")


def expect_state(lab, wanted, what):
    state = lab.state()
    others = [f"{command}:\n{state[command]}instead of\n{wanted[command]}" for command in state if state[command] != wanted[command]]
    expect(not others, "\n".join([what, *others]))


def relayed(family, source, target, word):
    return f"relay {FAMILIES[family][target]} {FAMILIES[family][source]}: {word} ping"


def check_pairs(lab, family):
    """Who comes to the listener, and who does not."""
    for source, target, word in (("agency", "contractor", "outside"), ("contractor", "agency", "agency")):
        expect_answer(lab, relayed(family, source, target, word), family, source, target)
        expect_answer(lab, relayed(family, source, target, word), family, source, target)
    expect_answer(lab, "outside ping", family, "agency", "partner")
    expect_answer(lab, "outside ping", family, "cleared", "contractor")
    expect_answer(lab, "agency ping", family, "partner", "agency")
    expect_answer(lab, "outside ping", family, "agency", "partner", port=PORT)
    expect_answer(lab, "gateway ping", family, "agency", "gateway")
    expect_answer(lab, "silence", family, "agency", "gateway", port=PORT)


class OpenConnection:
    """One that was there before the rules."""

    def __init__(self, lab, family):
        self.process = subprocess.Popen(lab.client(family, "agency", "contractor", waits="wait"), stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        expect(self.process.stdout.readline() == "open\n", "no connection without rules")

    def go_on(self):
        return self.process.communicate("\n")[0].strip()


def check_older(lab, family, form, fail, wanted):
    older = OpenConnection(lab, family)
    lab.up(form, "--fail", fail)
    told = older.go_on()
    expect(told == wanted, f"{family}, {form}, fails {fail}: an older connection gets {told!r}")
    lab.steer("down")


def check_nobody_listens(lab, family, form, fail, wanted):
    lab.up(form, "--fail", fail)
    expect_answer(lab, wanted, family, "agency", "contractor")
    expect_answer(lab, "outside ping", family, "agency", "partner")
    lab.steer("down")


def check_interfaces(lab, form):
    lab.up(form, "--interface", "inside0")
    expect_answer(lab, relayed("IPv4", "agency", "contractor", "outside"), "IPv4", "agency", "contractor")
    expect_answer(lab, "agency ping", "IPv4", "contractor", "agency")


def check_replacement(lab, form):
    """Loaded again, by another mark and table, in the other form or refused: the last one that was good is in force, and alone."""
    lab.up(form)
    once = lab.state()
    lab.up(form, "--mark", "0x10", "--table", "77")
    lab.up(form, "--port", "15002", "--mark", "0x10")
    lab.up(form)
    expect_state(lab, once, f"{form}: loaded anew the rules are others")
    broken = lab.rulesets(form)[0]
    broken.write_text(broken.read_text().replace("15001", "no-port"))
    expect(lab.steer("up", broken, check=False).returncode != 0, "a ruleset with faults was taken")
    expect_state(lab, once, f"{form}: a ruleset that was refused has changed something")


def check_examples(lab):
    """The kernel takes the rules of every policy there is."""
    for example in sorted((ROOT / "policy/examples").iterdir()):
        lab.policy = example
        for options in ((), ("--blocking-only",)):
            lab.network.gateway.run("nft", "-c", "-f", *lab.rulesets("nft", *options))
            for tool, file in zip(FORMATS["iptables"], lab.rulesets("iptables", *options)):
                lab.network.gateway.run(f"{tool}-restore", "--noflush", "--test", file)
    lab.policy = lab.folder / "policy.yaml"


def check_form(lab, form):
    lab.up(form)
    for family in FAMILIES:
        check_pairs(lab, family)
    check_interfaces(lab, form)
    check_replacement(lab, form)


def check_failure(lab):
    for family in FAMILIES:
        check_nobody_listens(lab, family, "nft", "open", "outside ping")
        check_nobody_listens(lab, family, "nft", "closed", "silence")
        check_nobody_listens(lab, family, "iptables", "closed", "silence")
        check_older(lab, family, "nft", "open", "outside ping")
        check_older(lab, family, "nft", "closed", "refused")
        check_older(lab, family, "iptables", "closed", "refused")


def main():
    need_root()
    with tempfile.TemporaryDirectory(prefix="sallyport-steering-") as name, Network() as network:
        lab = Lab(network, pathlib.Path(name))
        for tool in ("iptables", "ip6tables"):
            network.gateway.run(tool, "-A", "FORWARD", "-p", "udp", "--dport", "9", "-j", "DROP")
        before = lab.state()
        lab.listen()
        for form in FORMATS:
            check_form(lab, form)
        lab.silence()
        lab.steer("down")
        expect_state(lab, before, "something was left behind")
        check_failure(lab)
        check_examples(lab)
        expect_state(lab, before, "something was left behind")


if __name__ == "__main__":
    sys.exit(main())
