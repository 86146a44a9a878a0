#!/usr/bin/python3
"""A real QUIC client and server on both sides of the gateway: the firewall rules queue QUIC, refuse it, or leave it alone."""
import functools
import pathlib
import random
import subprocess
import sys
import tempfile

from harness import expect, need_root  # first: it says where the lab is
from gateway import queue_rules
from namespaces import Network
from servers import wait_until

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


class Site:
    """gtlsserver on the outside, and gtlsclient of the agency."""

    def __init__(self, network, folder):
        self.network, self.folder = network, folder
        self.content = random.Random(1).randbytes(50_000)
        files = folder / "files"
        files.mkdir()
        (files / "lane.bin").write_bytes(self.content)
        key, certificate = folder / "key.pem", folder / "certificate.pem"
        network.outside.run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                            "-subj", "/CN=quic.example", "-days", "2", "-keyout", key, "-out", certificate)
        network.outside.start("gtlsserver", "-q", "-d", files, network.CONTRACTOR, "443", key, certificate,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: ":443" in network.outside.run("ss", "-Hlun").stdout, "gtlsserver")

    def serves(self):
        """Whether the client gets the file."""
        got = self.folder / "got"
        got.mkdir(exist_ok=True)
        path = got / "lane.bin"
        path.unlink(missing_ok=True)
        self.network.agency.run("gtlsclient", "-q", "--exit-on-all-streams-close", "--handshake-timeout=5s", f"--download={got}",
                                self.network.CONTRACTOR, "443", "https://quic.example/lane.bin", check=False)
        return path.exists() and path.read_bytes() == self.content


def main():
    need_root()
    with tempfile.TemporaryDirectory(prefix="sallyport-quic-") as name, Network() as network:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        site = Site(network, folder)
        expect(site.serves(), "the client gets nothing even without rules")
        rules = functools.partial(queue_rules, network.gateway, "up", "--fail-closed", "--ipv4-only")
        rules()
        expect(not site.serves(), "QUIC passes though nobody gives a verdict on the queue")
        rules("--quic", "reject")
        told = network.agency.run("/usr/bin/python3", "-c", DATAGRAM, network.CONTRACTOR)
        expect(told.stdout == "refused\n", "the client is not told that QUIC is refused")
        expect(not site.serves(), "QUIC passes though it is refused")
        rules("--quic", "pass")
        expect(site.serves(), "QUIC does not pass though it is to be left alone")
        queue_rules(network.gateway, "down")
        left = network.gateway.run("iptables-save").stdout
        expect("SALLYPORT" not in left, f"rules were left behind:\n{left}")


if __name__ == "__main__":
    sys.exit(main())
