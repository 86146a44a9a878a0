#!/usr/bin/python3
"""A real QUIC client and server on both sides of the gateway: the firewall rules queue QUIC, refuse it, or leave it alone, and a rule
that names the server blocks it."""
import functools
import pathlib
import random
import sys
import tempfile

from harness import expect, need_root  # first: it says where the lab is
from gateway import Gateway, queue_rules, worker_in
from namespaces import Network
from servers import QuicServer

CONFIG = """
sensor: quic-test
policy: {folder}/policy.yaml
user: nobody
front_end:
  kind: nfqueue
  nfqueue: {{first_queue: 0, queues: 1}}
workers: {{program: {worker}, count: 1}}
events:
  sinks: [{{kind: file, path: {folder}/events.jsonl}}]
control: {{path: {folder}/control.sock}}
"""
POLICY = """
version: 1
name: quic
networks:
  agency: {{cidrs: [192.0.2.0/24]}}
rules:
  - name: not-there
    state: block
    from: [agency]
    to: {{not: [agency]}}
    when: {{hosts: [{host}]}}
"""
DATAGRAM = """
import socket, sys
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.settimeout(20)
client.connect((sys.argv[1], 443))
client.send(bytes(1200))
try:
    client.recv(1)
except ConnectionRefusedError:
    print("refused")
"""


def check_rules(network, serves):
    rules = functools.partial(queue_rules, network.gateway, "up", "--fail-closed", "--ipv4-only")
    rules()
    expect(not serves(), "QUIC passes though nobody gives a verdict on the queue")
    rules("--quic", "reject")
    told = network.agency.run("/usr/bin/python3", "-c", DATAGRAM, network.CONTRACTOR)
    expect(told.stdout == "refused\n", "the client is not told that QUIC is refused")
    expect(not serves(), "QUIC passes though it is refused")
    rules("--quic", "pass")
    expect(serves(), "QUIC does not pass though it is to be left alone")
    queue_rules(network.gateway, "down")
    left = network.gateway.run("iptables-save").stdout
    expect("SALLYPORT" not in left, f"rules were left behind:\n{left}")


def check_names(network, serves, folder):
    policy = folder / "policy.yaml"
    policy.write_text(POLICY.format(host="elsewhere.example"))
    gateway = Gateway(network.gateway, folder, CONFIG.format(folder=folder, worker=worker_in(folder))).start()
    queue_rules(network.gateway, "up", "--ipv4-only")
    expect(serves(), f"a site that no rule names is not served:\n{gateway.log()}")
    policy.write_text(POLICY.format(host="localhost"))
    gateway.command("reload", "--socket", gateway.control)
    expect(not serves(), f"a site that a rule names is served:\n{gateway.log()}")
    event = gateway.wait_for_event(lambda event: event["unmapped"]["action"] == "block")
    expect(event, f"no event tells of the block: {gateway.events()}")
    expect(gateway.stop() == 0, "the daemon did not end well")


def main():
    need_root()
    with tempfile.TemporaryDirectory(prefix="sallyport-quic-") as name, Network() as network:
        folder = pathlib.Path(name)
        folder.chmod(0o777)  # the daemon, which is nobody, writes its events and its socket here
        content = random.Random(1).randbytes(50_000)
        server = QuicServer(network.outside, network.CONTRACTOR, folder / "site")
        (server.files / "lane.bin").write_bytes(content)

        def serves():
            return server.download(network.agency, "lane.bin") == content

        expect(serves(), "the client gets nothing even without rules")
        check_rules(network, serves)
        check_names(network, serves, folder)


if __name__ == "__main__":
    sys.exit(main())
