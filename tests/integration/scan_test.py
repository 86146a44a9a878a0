#!/usr/bin/python3
"""`sallyport scan` inspects a capture as the daemon would: exit status, sentences, OCSF lines, policy of one's own, broken captures."""
import json
import pathlib
import struct
import subprocess
import sys
import tempfile

from harness import expect, need_root  # first: it says where the lab is
import images
from gateway import programs
from namespaces import Network, end
from servers import Nginx, wait_until

POLICY = """
version: 1
name: scan
networks:
  agency: {cidrs: [192.0.2.0/24]}
rules:
  - {name: plates-out, state: block, severity: high, from: [agency], to: {not: [agency]}, when: {plates: {at_least: 1}}}
"""


def capture(network, folder, photo):
    """What tcpdump on the gateway sees of one upload."""
    path = folder / "upload.pcap"
    log = folder / "tcpdump.log"
    with open(log, "w") as output:
        tcpdump = network.gateway.start("tcpdump", "-i", "inside0", "-U", "-s", "262144", "-w", path, "tcp", stderr=output)
    wait_until(lambda: "listening on" in log.read_text(), "tcpdump")
    network.agency.run("curl", "-sS", "-o", "/dev/null", "-F", f"photo=@{photo}", f"http://{network.CONTRACTOR}/upload")
    wait_until(lambda: path.stat().st_size > photo.stat().st_size, "the capture")
    end(tcpdump)
    return path


def cut_packets(capture, path, snaplen):
    """The same capture as one with a short snapshot length would have it."""
    content = capture.read_bytes()
    out, at = content[:24], 24
    while at < len(content):
        seconds, fraction, captured, size = struct.unpack("<IIII", content[at:at + 16])
        out += struct.pack("<IIII", seconds, fraction, min(captured, snaplen), size) + content[at + 16:at + 16 + min(captured, snaplen)]
        at += 16 + captured
    path.write_bytes(out)
    return path


def scan(*arguments):
    return subprocess.run([programs() / "sallyport", "scan", *arguments], capture_output=True, text=True)


def main():
    need_root()
    with tempfile.TemporaryDirectory(prefix="sallyport-scan-") as name, Network() as network:
        folder = pathlib.Path(name)
        folder.chmod(0o777)
        photo, plain = folder / "lane.jpg", folder / "scene.jpg"
        images.car_with_plate(1).save(photo, quality=90)
        images.checkpoint(11).save(plain, quality=85)
        Nginx(network.outside, network.CONTRACTOR, folder / "web")
        with_plate = capture(network, folder, photo)
        with_plate = with_plate.rename(folder / "plate.pcap")
        without = capture(network, folder, plain)
        policy = folder / "policy.yaml"
        policy.write_text(POLICY)

        told = scan("--policy", policy, with_plate)
        print(told.stdout + told.stderr)
        expect(told.returncode == 1 and "plates-out" in told.stdout and "lane.jpg" in told.stdout, f"exit {told.returncode}")
        lines = [json.loads(line) for line in scan("--policy", policy, "--format", "jsonl", with_plate).stdout.splitlines()]
        expect(len(lines) == 1 and lines[0]["class_uid"] == 2006, "not one OCSF finding")
        expect(lines[0]["unmapped"]["disposition"] != "blocked", "a file cannot be blocked, yet the event says so")
        expect(scan("--policy", policy, without).returncode == 0, "a capture without plates is not clean")
        expect(scan(with_plate).returncode == 1, "the built-in policy does not tell of the plate")
        expect(scan("--policy", policy, folder / "absent.pcap").returncode == 2, "a missing file is not an error")
        broken = folder / "broken.pcap"
        broken.write_bytes(with_plate.read_bytes()[:-100])
        told = scan("--policy", policy, broken)
        expect("broken.pcap" in told.stderr, "nothing is said about the end of a broken capture")
        told = scan("--policy", policy, cut_packets(without, folder / "short.pcap", 96))
        expect(told.returncode == 2, "a capture of 96 bytes a packet passes for clean")
        expect("packets without their end" in told.stderr and "tcpdump -s 0" in told.stderr, "a short capture is not told")
        policy.write_text(POLICY.replace("block", "blok"))
        told = scan("--policy", policy, with_plate)
        expect(told.returncode == 2 and "did you mean 'block'" in told.stderr, "the policy error is not told")


if __name__ == "__main__":
    sys.exit(main())
