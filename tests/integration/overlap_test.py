#!/usr/bin/python3
"""A sender that sends bytes of its upload a second time with other content: past the gateway comes the first reading alone, its object
is exact, and the second is told of."""
import hashlib
import importlib.util
import pathlib
import sys
import tempfile

import numpy
from PIL import Image

from harness import expect, need_root, skip  # first: it says where the lab is
from gateway import Gateway, queue_rules, worker_in
from namespaces import Network, end
from servers import Nginx, wait_until

PEER = pathlib.Path(__file__).with_name("forging_peer.py")
LAST_WORDS = b"nothing more is sent"  # of the peer, in its RST
SENDER = "192.0.2.66"  # of no host: the peer speaks for it
SEGMENT = 1000
AT = 7 * SEGMENT
CONFIG = """
sensor: overlap-test
policy: {folder}/policy.yaml
user: nobody
front_end:
  kind: nfqueue
  nfqueue: {{first_queue: 0, queues: 1}}
workers: {{program: {worker}, count: 1}}
events:
  sinks: [{{kind: file, path: {folder}/events.jsonl}}]
metrics: {{listen: "127.0.0.1:9464"}}
control: {{path: {folder}/control.sock}}
"""
POLICY = """
version: 1
name: record-images
record: {what: images}
rules:
  - {name: plates, state: alert, when: {plates: {at_least: 1}}}  # so that content is kept, and the second reading made of it
"""


class Receiver:
    """A real server outside, and all packets that reach it."""

    def __init__(self, network, folder):
        self.network, self.folder = network, folder
        self.web = Nginx(network.outside, network.CONTRACTOR, folder / "web")

    def capture(self, work):
        """What `work` gives, and the bytes of all packets that came meanwhile."""
        path, log = self.folder / "seen.pcap", self.folder / "tcpdump.log"
        with open(log, "w") as output:
            dump = self.network.outside.start("tcpdump", "-i", "wan0", "--immediate-mode", "-U", "-s", "262144", "-w", path, "tcp",
                                              stderr=output)
        wait_until(lambda: "listening on" in log.read_text(), "tcpdump")
        done = work()
        wait_until(lambda: LAST_WORDS in path.read_bytes(), "the last packet")
        end(dump)
        return done, path.read_bytes()

    def stored(self):
        return (self.web.uploads / "forged.jpg").read_bytes()


def make_files(folder):
    """A photo, and what is to stand for one segment of it in the second reading."""
    noise = numpy.random.default_rng(1).integers(0, 256, (120, 160, 3), dtype=numpy.uint8)
    photo, other = folder / "photo.jpg", folder / "other.bin"
    Image.fromarray(noise).save(photo, quality=90)
    content = photo.read_bytes()
    other.write_bytes(bytes(byte ^ 0x15 for byte in content[AT:AT + SEGMENT]))
    expect(len(content) > AT + 3 * SEGMENT, f"the photo has only {len(content)} bytes")
    return photo, other


def let_peer_speak(network):
    """The gateway sends what is for SENDER to the agency's host, whose kernel leaves it alone."""
    agency_mac = network.agency.run("cat", "/sys/class/net/lan0/address").stdout.strip()
    network.gateway.run("ip", "neighbour", "replace", SENDER, "lladdr", agency_mac, "dev", "inside0", "nud", "permanent")
    return network.gateway.run("cat", "/sys/class/net/inside0/address").stdout.strip()


def sum_of(metrics, start):
    return sum(float(line.split()[-1]) for line in metrics.splitlines() if line.startswith(start))


def check_events(gateway, content, other):
    digest, second = (hashlib.sha256(body).hexdigest() for body in (content, content[:AT] + other + content[AT + SEGMENT:]))

    def event_of(wanted):
        event = gateway.wait_for_event(lambda event: wanted in (one["value"] for one in event.get("file", {}).get("hashes", [])))
        expect(event, f"no event of {wanted}: {gateway.events()}")
        return event["unmapped"]["transfer"]

    expect(event_of(digest)["complete"], "the first reading is not whole")
    expect("tcp_overlap" in event_of(digest)["evasions"], "the first reading is not flagged")
    expect("tcp_overlap" in event_of(second)["evasions"], "the second reading is not flagged")


def main():
    need_root()
    if importlib.util.find_spec("scapy") is None:
        skip("needs python3-scapy")
    with tempfile.TemporaryDirectory(prefix="sallyport-overlap-") as name, Network() as network:
        folder = pathlib.Path(name)
        folder.chmod(0o777)  # the daemon, which is nobody, writes its events and its socket here
        photo, other = make_files(folder)
        content, forged = photo.read_bytes(), other.read_bytes()
        receiver = Receiver(network, folder)
        mac = let_peer_speak(network)

        def lie():
            return network.agency.run("/usr/bin/python3", PEER, "lan0", mac, SENDER, network.CONTRACTOR, photo, AT, other).stdout

        told, seen = receiver.capture(lie)
        expect(told == "201 alive\n" and forged in seen, f"without a gateway the second reading does not come: {told}")

        (folder / "policy.yaml").write_text(POLICY)
        gateway = Gateway(network.gateway, folder, CONFIG.format(folder=folder, worker=worker_in(folder))).start()
        queue_rules(network.gateway, "up", "--fail-closed", "--ipv4-only")
        told, seen = receiver.capture(lie)
        expect(told in ("201 alive\n", "204 alive\n"), f"the upload did not go well: {told}\n{gateway.log()}")
        expect(forged not in seen, "the second reading has come to the receiver")
        expect(seen.count(content[AT:AT + SEGMENT]) == 2, "the same bytes were not let through a second time")
        expect(receiver.stored() == content, "the receiver has something else")
        metrics = gateway.metrics()
        refused = sum_of(metrics, 'sallyport_packets_contradicting_total{part="stream"}')
        expect(refused == 1, f"{refused} packets are counted as contradicting")
        expect(sum_of(metrics, "sallyport_packets_dropped_total") == 1, "more was dropped")
        check_events(gateway, content, forged)
        expect(gateway.stop() == 0, "the daemon did not end well")


if __name__ == "__main__":
    sys.exit(main())
