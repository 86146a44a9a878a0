#!/usr/bin/python3
"""An image of an enrolled camera is told as such past a live tap; `sallyport selftest` sees the alert of its canary, and says why where it does not."""
import pathlib
import struct
import sys
import tempfile

from harness import TAP_CONFIG, expect, need_root  # first: it says where the lab is
from gateway import Gateway, programs, worker_in
from namespaces import Network
from servers import Nginx

SERIAL = "GC-0042-SECRET"
CONFIG = TAP_CONFIG + "ledger: {{path: {folder}/ledger.db}}\n"
POLICY = """
version: 1
name: cameras-and-canaries
networks:
  agency: {{cidrs: [192.0.2.0/24]}}
  everybody: {{cidrs: [198.51.100.0/24, 203.0.113.0/24]}}
{canaries}{cameras}
rules:
  - {{name: lane-images, state: alert, severity: low, from: [agency], to: [everybody], when: {{camera: lane-3}}}}
"""
CANARIES = "fingerprints:\n  planted: {file: planted.spf, canary: true}\n"


def exif(make, model, serial):
    """A little-endian TIFF structure with Make, Model and, in the Exif directory, BodySerialNumber."""
    texts = [(0x010F, make), (0x0110, model)]
    base, values, entries = 8 + 2 + 3 * 12 + 4, b"", b""
    for tag, text in texts:
        text = text.encode() + b"\0"
        entries += struct.pack("<HHII", tag, 2, len(text), base + len(values))
        values += text
    entries += struct.pack("<HHII", 0x8769, 4, 1, base + len(values))
    serial = serial.encode() + b"\0"
    below = struct.pack("<HHHII", 1, 0xA431, 2, len(serial), base + len(values) + 18) + bytes(4) + serial
    return b"Exif\0\0II*\0" + struct.pack("<IH", 8, 3) + entries + bytes(4) + values + below


def with_exif(jpeg, block):
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + jpeg[2:]


class Lab:
    def __init__(self, network, folder):
        self.network, self.folder = network, folder
        self.web = Nginx(network.outside, network.CONTRACTOR, folder / "web")
        self.url = f"http://{network.CONTRACTOR}/upload"

    def sallyport(self, *arguments, check=True, host=None):
        return (host or self.network.agency).run(programs() / "sallyport", *arguments, check=check)

    def draw(self):
        """Two canaries of a set, and two images of a camera that has a serial number."""
        worker = ["--worker", programs() / "sallyport-worker"]
        self.sallyport("canary", "make", *worker, "--set", self.folder / "planted.spf", self.folder / "a.jpg", self.folder / "b.jpg")
        self.sallyport("canary", "make", *worker, "--set", self.folder / "other.spf", self.folder / "c.jpg", self.folder / "d.jpg")
        block = exif("Gatecam", "LX 4", SERIAL)
        for name in ("c", "d"):
            (self.folder / f"lane-{name}.jpg").write_bytes(with_exif((self.folder / f"{name}.jpg").read_bytes(), block))
        enrolled = self.sallyport("camera", "enrol", *worker, "--name", "lane-3", self.folder / "lane-c.jpg", self.folder / "lane-d.jpg")
        expect(f'serial: "{SERIAL}"' in enrolled.stdout, f"no serial number in what is enrolled:\n{enrolled.stdout}")
        expect("weak, for these are libjpeg's own tables at quality 88" in enrolled.stderr, f"not told as weak:\n{enrolled.stderr}")
        return enrolled.stdout

    def write_policy(self, canaries):
        (self.folder / "policy.yaml").write_text(POLICY.format(canaries=canaries, cameras=self.cameras))

    def selftest(self, canary, timeout_seconds=20, host=None):
        return self.sallyport("selftest", "--to", self.url, "--canary", self.folder / canary, "--socket", self.folder / "control.sock",
                              "--timeout", timeout_seconds, check=False, host=host)


def check_camera(lab, gateway):
    checked = lab.sallyport("camera", "check", "--worker", programs() / "sallyport-worker", "--policy", lab.folder / "policy.yaml",
                            lab.folder / "lane-c.jpg", lab.folder / "c.jpg", check=False)
    expect(checked.returncode == 1 and '"camera":"lane-3","sign":"exif"' in checked.stdout and '"cameras":[]' in checked.stdout,
           f"camera check: {checked.returncode}\n{checked.stdout}{checked.stderr}")
    lab.network.agency.run("curl", "-sS", "-o", "/dev/null", "--data-binary", f"@{lab.folder}/lane-d.jpg", lab.url + "/lane.jpg")
    event = gateway.wait_for_event(lambda event: "lane.jpg" in str(event.get("file", {})) and event["unmapped"]["rules"])
    expect(event is not None, f"no event of the lane's image:\n{gateway.log()[-2000:]}")
    expect(event["unmapped"]["findings"]["cameras"] == [{"camera": "lane-3", "sign": "exif"}], f"findings: {event['unmapped']['findings']}")
    expect([rule["rule"] for rule in event["unmapped"]["rules"]] == ["lane-images"], f"rules: {event['unmapped']['rules']}")


def check_canary(lab, gateway):
    seen = lab.selftest("a.jpg")
    expect(seen.returncode == 0 and "critical alert, rule canary.planted, event " in seen.stdout,
           f"selftest: {seen.returncode}\n{seen.stdout}{seen.stderr}\n{gateway.log()[-2000:]}")
    print(seen.stdout.strip())
    metrics = gateway.metrics()
    expect('sallyport_canary_sightings_total{set="planted"} 1' in metrics, "the sighting is not counted")
    event = gateway.wait_for_event(lambda event: any(rule["rule"] == "canary.planted" for rule in event["unmapped"]["rules"]))
    expect(event["severity"] == "Critical", f"severity: {event['severity']}")
    other = lab.selftest("c.jpg", timeout_seconds=5)
    expect(other.returncode == 1 and "the file is in no canary set" in other.stdout, f"another image: {other.stdout}{other.stderr}")
    beside = lab.selftest("a.jpg", timeout_seconds=2, host=lab.network.gateway)
    expect(beside.returncode == 1 and "no packet has reached the daemon" in beside.stdout, f"another way: {beside.stdout}{beside.stderr}")


def check_without(lab, gateway):
    lab.write_policy("")
    lab.sallyport("reload", "--socket", lab.folder / "control.sock")
    without = lab.selftest("a.jpg")
    expect(without.returncode == 1 and "no canary set" in without.stdout, f"without a set: {without.stdout}{without.stderr}")
    ledger = (lab.folder / "ledger.db").read_bytes()
    gateway.stop()
    down = lab.selftest("a.jpg")
    expect(down.returncode == 1 and "is the daemon running?" in down.stdout, f"no daemon: {down.stdout}{down.stderr}")
    for name, text in (("events", (lab.folder / "events.jsonl").read_bytes()), ("ledger", ledger), ("log", gateway.log().encode())):
        expect(SERIAL.encode() not in text, f"the camera's serial number stands in the {name}")


def main():
    need_root()
    with tempfile.TemporaryDirectory(prefix="sallyport-canary-") as name, Network() as network:
        folder = pathlib.Path(name)
        folder.chmod(0o777)
        lab = Lab(network, folder)
        lab.cameras = lab.draw()
        lab.write_policy(CANARIES)
        gateway = Gateway(network.gateway, folder, CONFIG.format(sensor="canary-test", folder=folder, worker=worker_in(folder)))
        gateway.start()
        check_camera(lab, gateway)
        check_canary(lab, gateway)
        check_without(lab, gateway)
        print("cameras and canaries are told")


if __name__ == "__main__":
    sys.exit(main())
