#!/usr/bin/env python3
"""Makes a capture of a given size: real clients and servers (curl and nginx, smbclient and smbd) that move files at once.

    make_mixed_capture.py --to FILE [--bytes 1G] [--no-offload]

Six clients side by side: HTTP PUT, HTTP multipart, HTTP GET, HTTP GET with gzip, SMB put, SMB get. Each takes small files (4 to
256 KiB) and, but for gzip, one large one of 20 MB, round after round until the capture is large enough. Gzip is 2 to 3 % of the
bytes on the wire: a third of it text, the rest pictures that do not become smaller. With offloads as they are, tcpdump sees segments
of up to 64 KiB; with --no-offload they have the size of a link with an MTU of 1500. Needs root, ethtool and what the lab needs.
"""
import argparse
import concurrent.futures
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "deploy/lab"))
from namespaces import Network  # noqa: E402
from servers import Nginx, Samba, smbclient, wait_until  # noqa: E402

LARGE_BYTES = 20_000_000
SMALL_BYTES = (4 << 10, 256 << 10)
SMALL_FILES = 100  # of each client and round
GZIP_FILES = 12    # of each sort and round
LINKS = (("agency", "lan0"), ("gateway", "inside0"), ("gateway", "outside0"), ("outside", "wan0"))
QUIET_SECONDS = 1.5
JPEG_START = bytes.fromhex("ffd8ffe000104a46494600010100000100010000")


def size_of(text):
    number, unit = re.fullmatch(r"(\d+)([KMG]?)", text).groups()
    return int(number) * {"": 1, "K": 10**3, "M": 10**6, "G": 10**9}[unit]


def make_files(folder, large_bytes):
    """The files that travel; the names of the small ones, the large one, and the texts."""
    draw = random.Random(1)
    smalls, texts = [], []
    for number in range(SMALL_FILES):
        size = int(SMALL_BYTES[0] * (SMALL_BYTES[1] / SMALL_BYTES[0]) ** draw.random())
        (folder / f"small{number:03}.jpg").write_bytes(JPEG_START + draw.randbytes(size - len(JPEG_START)))
        smalls.append(f"small{number:03}.jpg")
    (folder / "large.jpg").write_bytes(JPEG_START + draw.randbytes(large_bytes - len(JPEG_START)))
    for number in range(GZIP_FILES):
        lines = (f"{draw.randrange(10**6)},{draw.choice(('red', 'green', 'blue'))},{draw.random():.4f}\n" for _ in range(8000))
        (folder / f"table{number:03}.csv").write_text("".join(lines))
        texts.append(f"table{number:03}.csv")
    return smalls, "large.jpg", texts


class Clients:
    """One method a client; each is one run of a real program on one connection or a few."""

    def __init__(self, network, folder, large_bytes):
        self.network, self.here = network, folder / "here"
        self.here.mkdir()
        self.smalls, self.large, self.texts = make_files(self.here, large_bytes)
        self.nginx = Nginx(network.outside, network.CONTRACTOR, folder / "nginx")
        self.samba = Samba(network.outside, network.CONTRACTOR, folder / "samba")
        for name in [*self.smalls, self.large, *self.texts]:
            for served in (self.nginx.files, self.samba.files):
                (served / name).write_bytes((self.here / name).read_bytes())
        self.files = [self.large, *self.smalls]
        self.url = f"http://{network.CONTRACTOR}"

    def curl(self, *arguments):
        self.network.agency.run("curl", "-sS", "--fail", "--noproxy", "*", *arguments, cwd=self.here)

    def http_put(self):
        self.curl("-T", "{" + ",".join(self.files) + "}", "-o", "/dev/null", f"{self.url}/put/")

    def http_multipart(self):
        arguments = []
        for name in self.files:
            arguments += ["--next", "-sS", "--fail", "-F", "note=for the record", "-F", f"file=@{name}", "-o", "/dev/null", f"{self.url}/upload"]
        self.curl(*arguments[1:])
        for body in self.nginx.bodies.iterdir():
            body.unlink(missing_ok=True)

    def http_get(self):
        self.curl(*sum((["-o", "/dev/null", f"{self.url}/{name}"] for name in self.files), []))

    def http_gzip(self):
        names = [*self.texts, *self.smalls[:GZIP_FILES * 3]]
        self.curl("--compressed", *sum((["-o", "/dev/null", f"{self.url}/gzip/{name}"] for name in names), []))

    def smb(self, verb):
        smbclient(self.network.agency, self.network.CONTRACTOR, f"lcd {self.here}", "prompt off",
                  *(f"{verb} {name} {'put-' + name if verb == 'put' else '/dev/null'}" for name in self.files))

    def all(self):
        return [self.http_put, self.http_multipart, self.http_get, self.http_gzip, lambda: self.smb("put"), lambda: self.smb("get")]


class Capture:
    def __init__(self, network, path):
        self.path = path
        self.process = network.gateway.start("tcpdump", "-n", "-i", "inside0", "-s", "262144", "-B", "262144", "-Z", "root", "-w", path, "tcp",
                                             stderr=subprocess.PIPE, text=True)
        # It says that it listens when the ring is there.
        while "listening on" not in (line := self.process.stderr.readline()):
            if not line:
                raise RuntimeError("tcpdump did not start")

    def size(self):
        return self.path.stat().st_size

    def settle(self):
        """Until nothing came for longer than a ring block waits to be full (1 s)."""
        size, since = -1, 0.0
        def quiet():
            nonlocal size, since
            if self.size() != size:
                size, since = self.size(), time.monotonic()
            return time.monotonic() - since > QUIET_SECONDS
        wait_until(quiet, "the end of the capture")

    def finish(self):
        """What tcpdump counted: packets, and those that the kernel dropped."""
        self.process.send_signal(signal.SIGINT)
        report = self.process.communicate()[1]
        return tuple(int(re.search(rf"(\d+) packets? {what}", report).group(1)) for what in ("captured", "dropped by kernel"))


def make_capture(path, wanted_bytes, offload):
    """Returns (packets, dropped packets, bytes of the file)."""
    with tempfile.TemporaryDirectory(prefix="sallyport-mixed-") as folder, Network() as network:
        os.chmod(folder, 0o755)
        if not offload:
            for namespace, link in LINKS:
                getattr(network, namespace).run("ethtool", "-K", link, "tso", "off", "gso", "off", "gro", "off")
        clients = Clients(network, pathlib.Path(folder), max(SMALL_BYTES[1], min(LARGE_BYTES, wanted_bytes // 20)))
        capture = Capture(network, path)
        with concurrent.futures.ThreadPoolExecutor() as pool:
            while capture.size() < wanted_bytes:
                for run in [pool.submit(client) for client in clients.all()]:
                    run.result()
        capture.settle()
        packets, dropped = capture.finish()
        return packets, dropped, capture.size()


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--to", type=pathlib.Path, required=True)
    options.add_argument("--bytes", type=size_of, default=size_of("1G"), help="the capture is at least that large: 300M, 1G (default)")
    options.add_argument("--no-offload", action="store_true", help="packets no larger than the MTU")
    chosen = options.parse_args()
    if os.geteuid() != 0:
        sys.exit("make_mixed_capture.py: needs root, to make network namespaces")
    packets, dropped, size = make_capture(chosen.to.absolute(), chosen.bytes, not chosen.no_offload)
    print(f"{chosen.to}: {size} bytes, {packets} packets, {dropped} dropped by the kernel")
    if dropped:
        sys.exit("make_mixed_capture.py: the capture has holes; make it again on a machine that is less busy")


if __name__ == "__main__":
    main()
