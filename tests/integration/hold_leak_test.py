#!/usr/bin/python3
"""Hold mode: of a blocked image not one byte is on the wire behind the gateway nor on the receiver's disk; an allowed one
arrives byte by byte.

  hold_leak_test.py [--repetitions 1] [--sizes 2K,50K,490K,3M] [--only put,get]
"""
import argparse
import gzip
import io
import pathlib
import subprocess
import sys
import tempfile

from harness import ROOT, expect, need_root  # first: it says where the lab is

sys.path.insert(0, str(ROOT / "tests/support"))
import images
import numpy
from gateway import Gateway, programs, steer_to_relay, worker_in
from namespaces import Network
from PIL import Image
from servers import Nginx, Samba, accepts, smbclient, wait_until
from transfers import curl
from wire import Wire, bytes_of

CONFIG = """
sensor: lab-gateway
policy: {folder}/policy.yaml
user: nobody
front_end:
  kind: tproxy
  tproxy: {{port: 15001, contact: dlp@agency.example}}
workers: {{program: {worker}, count: 2}}
events:
  sinks: [{{kind: file, path: {folder}/events.jsonl}}]
control: {{path: {folder}/control.sock}}
metrics: {{listen: "off"}}
"""
PART_SERVER = """
import http.server, pathlib, sys
class Parts(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_PUT(self):
        body, first = self.rfile.read(int(self.headers["Content-Length"])), int(self.headers["Content-Range"].split()[1].split("-")[0])
        path = pathlib.Path(sys.argv[2]) / self.path.rsplit("/", 1)[1]
        path.touch()
        with open(path, "r+b") as file:
            file.seek(first)
            file.write(body)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
http.server.ThreadingHTTPServer((sys.argv[1], 8080), Parts).serve_forever()
"""
SIZES = {"2K": 2_000, "50K": 50_000, "490K": 490_000, "3M": 3_000_000, "30M": 30_000_000}
SMB_USER = ("nobody", "a long password")  # smbd wants one that the system knows


def jpeg(picture, quality):
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality)
    return out.getvalue()


def padded(data, size, seed):
    """Comment segments behind SOI (ITU-T T.81 B.2.4.5) up to `size`: what decides comes last."""
    filling = numpy.random.default_rng(seed).integers(0, 256, max(size - len(data), 0), dtype=numpy.uint8).tobytes()
    segments = [filling[i:i + 60_000] for i in range(0, len(filling), 60_000)]
    return data[:2] + b"".join(b"\xff\xfe" + (len(part) + 2).to_bytes(2, "big") + part for part in segments) + data[2:]


def photo(size, folder):
    """A drawn car with a plate; for the smallest, the registered picture as small as it is still known."""
    if size < 20_000:
        registered = Image.open(folder / "pictures/registered.png").convert("RGB")
        return padded(jpeg(registered.resize((128, 96)), 60), size, size)
    picture = Image.open(folder / "pictures/lane-3.jpg")
    small_enough = next(data for quality in (90, 60, 40, 25, 15) if len(data := jpeg(picture, quality)) <= size)
    return padded(small_enough, size, size)


class Lab:
    """agency -- gateway with the daemon -- outside with partner and contractor, both with nginx and smbd."""

    def __init__(self, network, folder):
        self.network, self.folder = network, folder
        images.write_set(folder / "pictures")
        subprocess.run([programs() / "sallyport", "fingerprint", "add", "--set", folder / "registered.spf",
                        folder / "pictures/registered.png"], check=True, capture_output=True)
        policy = (ROOT / "deploy/lab/policy.yaml").read_text().replace("to: {not: [agency]}", "to: {not: [agency, partner]}")
        (folder / "policy.yaml").write_text(policy)
        self.web = {where: Nginx(network.outside, where, folder / where / "web") for where in (network.PARTNER, network.CONTRACTOR)}
        self.smb = {where: Samba(network.outside, where, folder / where / "smb", user=SMB_USER)
                    for where in (network.PARTNER, network.CONTRACTOR)}
        for where, web in self.web.items():
            network.outside.start("/usr/bin/python3", "-c", PART_SERVER, where, web.uploads, stderr=subprocess.DEVNULL)
            wait_until(lambda at=where: accepts(network.outside, at, 8080), f"the server of parts on {where}")
        self.inside = Nginx(network.agency, network.AGENCY, folder / "inside")
        self.inside_smb = Samba(network.agency, network.AGENCY, folder / "inside-smb", user=SMB_USER)
        self.gateway = Gateway(network.gateway, folder, CONFIG.format(folder=folder, worker=worker_in(folder))).start()
        steer_to_relay(network.gateway, folder / "policy.yaml", folder / "steer.nft")


def put(lab, where, path, name):
    return curl(lab.network.agency, "-T", path, f"http://{where}/put/{name}"), lambda: (lab.web[where].uploads / name)


def chunked(lab, where, path, name):
    sent = curl(lab.network.agency, "-T", path, "-H", "Transfer-Encoding: chunked", f"http://{where}/put/{name}")
    return sent, lambda: lab.web[where].uploads / name


def post(lab, where, path, name):
    sent = curl(lab.network.agency, "-F", "comment=as agreed", "-F", f"photo=@{path};filename={name}", f"http://{where}/upload")
    return sent, lambda: newest(lab.web[where].bodies)


def zipped(lab, where, path, name):
    packed = path.with_suffix(".gz")
    packed.write_bytes(gzip.compress(path.read_bytes(), 1, mtime=0))
    sent = curl(lab.network.agency, "-T", packed, "-H", "Content-Encoding: gzip", f"http://{where}/put/{name}")
    return sent, lambda: lab.web[where].uploads / name


def pipelined(lab, where, path, name):
    """Two requests and the upload between them, sent at once."""
    body = path.read_bytes()
    request = (f"GET / HTTP/1.1\r\nHost: {where}\r\n\r\nPUT /put/{name} HTTP/1.1\r\nHost: {where}\r\nContent-Length: {len(body)}\r\n\r\n").encode()
    tail = f"GET / HTTP/1.1\r\nHost: {where}\r\nConnection: close\r\n\r\n".encode()
    (lab.folder / "pipelined").write_bytes(request + body + tail)
    script = ("import socket,sys\ns=socket.create_connection((sys.argv[1],80),timeout=15)\n"
              "s.sendall(open(sys.argv[2],'rb').read())\nwhile s.recv(65536): pass\n")
    sent = lab.network.agency.run("/usr/bin/python3", "-c", script, where, lab.folder / "pipelined", check=False)
    return sent, lambda: lab.web[where].uploads / name


def range_parts(lab, where, path, name):
    """Three requests with a Content-Range each (RFC 9110 14.4) on connections of their own, side by side."""
    size, running = path.stat().st_size, []
    for number, (first, last) in enumerate(((0, size // 3), (size // 3, size // 2), (size // 2, size))):
        part = lab.folder / f"part-{number}"
        part.write_bytes(path.read_bytes()[first:last])
        running.append(lab.network.agency.start("curl", "-sS", "--fail", "--max-time", "15", "-T", part, "-H",
                                                f"Content-Range: bytes {first}-{last - 1}/{size}", f"http://{where}:8080/{name}",
                                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
    worst = max(process.wait() for process in running)
    return subprocess.CompletedProcess("curl", worst, "", ""), lambda: lab.web[where].uploads / name


def speak_as(lab, where):
    """Whose address programs outside have that ask for something inside."""
    router = where.rsplit(".", 1)[0] + ".1"
    lab.network.outside.run("ip", "route", "replace", "192.0.2.0/24", "via", router, "src", where)


def get(lab, where, path, name):
    (lab.inside.files / name).write_bytes(path.read_bytes())
    taken = lab.web[where].folder / f"pulled-{name}"
    speak_as(lab, where)
    sent = curl(lab.network.outside, "-o", taken, f"http://{lab.network.AGENCY}/{name}")
    return sent, lambda: taken


def smb_put(lab, where, path, name, options=()):
    sent = smbclient(lab.network.agency, where, f"put {path} {name}", check=False, user=SMB_USER, options=options)
    return sent, lambda: lab.smb[where].files / name


def smb_put_signed(lab, where, path, name):
    return smb_put(lab, where, path, name, ["--client-protection=sign"])


def smb_get(lab, where, path, name):
    (lab.inside_smb.files / name).write_bytes(path.read_bytes())
    taken = lab.web[where].folder / f"pulled-{name}"
    speak_as(lab, where)
    sent = smbclient(lab.network.outside, lab.network.AGENCY, f"get {name} {taken}", check=False, user=SMB_USER)
    return sent, lambda: taken


IMPACKET = """
import sys
from impacket.smbconnection import SMBConnection
server, user, password, path, name = sys.argv[1:]
connection = SMBConnection(server, server, timeout=30, preferredDialect=0x0210)  # SMB 3 would be encrypted
connection.login(user, password)
with open(path, "rb") as file:
    connection.putFile("files", name, file.read)
connection.logoff()
"""


def impacket_put(lab, where, path, name):
    sent = lab.network.agency.run("/usr/bin/python3", "-c", IMPACKET, where, *SMB_USER, path, name, check=False)
    return sent, lambda: lab.smb[where].files / name


WAYS = {"put": put, "chunked": chunked, "post": post, "gzip": zipped, "pipelined": pipelined, "range-parts": range_parts, "get": get, "smb-put": smb_put,
        "smb-put-signed": smb_put_signed, "smb-get": smb_get, "impacket-put": impacket_put}


def newest(folder):
    files = [path for path in folder.rglob("*") if path.is_file()]
    return max(files, key=lambda path: path.stat().st_mtime_ns) if files else folder / "none"


def transfer(lab, way, where, content, name):
    """Sends it; gives the bytes that went to `where` on the wire behind the gateway, and what the receiver has."""
    path = lab.folder / name
    path.write_bytes(content)
    wire = Wire(lab.network.gateway, "outside0", lab.folder / "wire.pcap")
    sent, received = WAYS[way](lab, where, path, name)
    event = lab.gateway.wait_for_event(lambda one: one.get("file", {}).get("name") == name and one["dst_endpoint"]["ip"] == where)
    seen = wire.close().get(where, b"")
    got = received().read_bytes() if received().exists() else b""
    return sent, seen, got, event


def check(lab, way, size, turn, content):
    label = f"{way} {size} ({turn + 1})"
    network = lab.network
    sent, seen, got, event = transfer(lab, way, network.CONTRACTOR, content, f"b{way}-{size}-{turn}.jpg")
    wanted = gzip.compress(content, 1, mtime=0) if way == "gzip" else content
    leaked, on_disk = bytes_of(wanted, seen), bytes_of(wanted, got)
    print(f"{label:24} blocked: {leaked} bytes on the wire, {on_disk} on the disk, client {sent.returncode}", flush=True)
    expect(event and event["unmapped"]["action"] == "block", f"{label}: no block: {event and event['unmapped']}\n{lab.gateway.log()[-2000:]}")
    expect(leaked == 0, f"{label}: {leaked} bytes of the object left")
    expect(on_disk == 0, f"{label}: {on_disk} bytes of the object are on the receiver's disk")
    expect(event["unmapped"]["bytes"]["delivered_before_verdict"] == 0, f"{label}: the event says {event['unmapped']['bytes']}")
    sent, seen, got, event = transfer(lab, way, network.PARTNER, content, f"a{way}-{size}-{turn}.jpg")
    # That the other figure is zero says something only while this one is not.
    expect(bytes_of(wanted, seen) > 0.9 * len(wanted), f"{label}: the capture has {bytes_of(wanted, seen)} of {len(wanted)} bytes of the allowed one")
    expect(sent.returncode == 0, f"{label}: the allowed client ended with {sent.returncode}: {sent.stdout}{sent.stderr}")
    expect(wanted in got if way == "post" else got == wanted, f"{label}: the allowed one differs: {len(got)} of {len(wanted)} bytes")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=1)
    parser.add_argument("--sizes", default="2K,50K,3M")
    parser.add_argument("--only", default=",".join(WAYS))
    options = parser.parse_args()
    need_root()
    with tempfile.TemporaryDirectory(prefix="sallyport-hold-") as name, Network() as network:
        folder = pathlib.Path(name)
        folder.chmod(0o777)
        lab = Lab(network, folder)
        for size in options.sizes.split(","):
            content = photo(SIZES[size], folder)
            for way in options.only.split(","):
                for turn in range(options.repetitions):
                    check(lab, way, size, turn, content)
    print("no byte of a blocked image left, and every allowed one arrived whole")


main()
