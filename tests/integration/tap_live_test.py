#!/usr/bin/python3
"""200 mixed uploads and downloads by real clients past a live tap give 200 objects with the right SHA-256."""
import collections
import concurrent.futures
import hashlib
import pathlib
import random
import sys
import tempfile
import time

from harness import expect, need_root  # first: it says where the lab is
from gateway import Gateway, worker_in
from namespaces import Network
from servers import Nginx, Samba, smbclient

COUNT = 200
SIZE_MIN, SIZE_MAX = 1_000, 20_000_000
CLIENTS = 4
CONFIG = """
sensor: tap-test
policy: {folder}/policy.yaml
user: {user}
front_end:
  kind: tap
  tap: {{interface: inside0, filter: tcp, threads: 2, ring_bytes: 256MiB}}
workers: {{program: {worker}, count: 1}}
events:
  sinks: [{{kind: file, path: {folder}/events.jsonl}}]
control: {{path: {folder}/control.sock}}
"""
POLICY = """
version: 1
name: record-all
record: {what: all}
"""


def make_file(path, seed):
    """Bytes that differ in every file; sizes spread evenly over the orders of magnitude, both ends included."""
    generator = random.Random(seed)
    size = {0: SIZE_MIN, 1: SIZE_MAX}.get(seed, int(SIZE_MIN * (SIZE_MAX / SIZE_MIN) ** generator.random() ** 2))
    path.write_bytes(generator.randbytes(size))
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Clients:
    """The ways in which a file can move, one of them for each number."""

    def __init__(self, network, web, smb, sources):
        self.network, self.web, self.smb, self.sources = network, web, smb, sources
        self.ways = [self.put, self.form, self.get, self.get_compressed, self.smb_put, self.smb_get]

    def move(self, number):
        source = self.sources / f"file-{number}.bin"
        way = self.ways[number % len(self.ways)]
        way(source)
        return way.__name__

    def _curl(self, *arguments):
        self.network.agency.run("curl", "-sS", "--fail", "-o", "/dev/null", *arguments)

    def _url(self, path):
        return f"http://{self.network.CONTRACTOR}/{path}"

    def put(self, source):
        self._curl("-T", source, self._url(f"put/{source.name}"))

    def form(self, source):
        self._curl("-F", f"photo=@{source}", self._url("upload"))

    def get(self, source):
        (self.web.files / source.name).write_bytes(source.read_bytes())
        self._curl(self._url(source.name))

    def get_compressed(self, source):
        (self.web.files / source.name).write_bytes(source.read_bytes())
        self._curl("--compressed", self._url(f"gzip/{source.name}"))

    def smb_put(self, source):
        smbclient(self.network.agency, self.network.CONTRACTOR, f"put {source} {source.name}")

    def smb_get(self, source):
        (self.smb.files / source.name).write_bytes(source.read_bytes())
        smbclient(self.network.agency, self.network.CONTRACTOR, f"get {source.name} /dev/null")


def digests(gateway):
    found = collections.Counter()
    for event in gateway.events():
        for value in event.get("file", {}).get("hashes", []):
            if value["algorithm_id"] == 3:
                found[value["value"]] += 1
    return found


def wait_for_digests(gateway, wanted, patience_seconds=60):
    """What was found when all were there, or when patience ended."""
    last = time.monotonic() + patience_seconds
    while True:
        found = digests(gateway)
        if all(found[digest] for digest in wanted.values()) or time.monotonic() > last:
            return found
        time.sleep(0.2)


def main():
    need_root()
    with tempfile.TemporaryDirectory(prefix="sallyport-tap-") as name, Network() as network:
        folder = pathlib.Path(name)
        folder.chmod(0o777)
        sources = folder / "sources"
        sources.mkdir()
        wanted = {number: make_file(sources / f"file-{number}.bin", number) for number in range(COUNT)}
        web = Nginx(network.outside, network.CONTRACTOR, folder / "web")
        smb = Samba(network.outside, network.CONTRACTOR, folder / "smb")
        (folder / "policy.yaml").write_text(POLICY)
        gateway = Gateway(network.gateway, folder, CONFIG.format(folder=folder, worker=worker_in(folder), user="nobody"))
        gateway.start()
        clients = Clients(network, web, smb, sources)
        with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
            ways = collections.Counter(pool.map(clients.move, range(COUNT)))
        found = wait_for_digests(gateway, wanted)
        print("moved:", dict(ways))
        missing = [number for number, digest in wanted.items() if found[digest] != 1]
        for number in missing:
            size = (sources / f"file-{number}.bin").stat().st_size
            print(f"file {number} ({clients.ways[number % len(clients.ways)].__name__}, {size} bytes): "
                  f"{found[wanted[number]]} objects instead of 1")
        expect(not missing, f"{len(missing)} of {COUNT} objects are not there exactly once:\n{gateway.log()[-3000:]}")
        print(f"{COUNT} of {COUNT} objects with the right SHA-256")


if __name__ == "__main__":
    sys.exit(main())
