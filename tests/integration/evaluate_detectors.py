#!/usr/bin/env python3
"""Asks a real worker, in its sandbox, about labelled pictures and prints recall, false alarms and times.

  evaluate_detectors.py --worker build/release/bin/sallyport-worker --images DIR [--model-dir DIR] [--score 0.7]

DIR holds truth.jsonl; a line is {"kind": "faces"|"plates"|"nothing"|"documents", "file": ..., "faces_min": n,
"plates": [{"box": [x, y, width, height]}]}. "nothing" and "documents" hold no faces.
"""
import argparse
import collections
import fcntl
import json
import os
import pathlib
import socket
import struct
import subprocess
import time

FACE, PLATE = 1, 2
SEALS = 0x1 | 0x2 | 0x4 | 0x8  # F_SEAL_SEAL, SHRINK, GROW, WRITE
F_ADD_SEALS = 1033


def varint(value):
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(encoded) + bytes([value])


def encode_request(number, size, wanted):
    fields = [(1, number), (2, size), *((3, kind) for kind in wanted), (4, 1 << 27)]
    return b"".join(varint(field << 3) + varint(value) for field, value in fields)


def read_varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if not data[at - 1] & 0x80:
            return value, at


def decode_fields(data):
    """Field number -> list of raw values: numbers, bytes, or four bytes of a float."""
    fields, at = collections.defaultdict(list), 0
    while at < len(data):
        key, at = read_varint(data, at)
        if key & 7 == 0:
            value, at = read_varint(data, at)
        else:
            size, at = (4, at) if key & 7 == 5 else read_varint(data, at)
            value, at = data[at:at + size], at + size
        fields[key >> 3].append(value)
    return fields


def decode_detection(data):
    fields = decode_fields(data)
    box = [(value >> 1) ^ -(value & 1) for value in (fields[n][0] if fields[n] else 0 for n in (1, 2, 3, 4))]
    return box, struct.unpack("<f", fields[5][0])[0] if fields[5] else 0.0


class Worker:
    def __init__(self, program, model_dir):
        self.channel, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        arguments = [program, "--fd", str(other.fileno())] + (["--model-dir", model_dir] if model_dir else [])
        self.process = subprocess.Popen(arguments, pass_fds=[other.fileno()])
        other.close()
        hello = decode_fields(self.channel.recv(65536))
        self.detectors = {FACE: hello[2][0].decode(), PLATE: hello[3][0].decode()}
        self.layers = [layer.decode() for layer in hello[4]]

    def ask(self, number, path, wanted):
        content = path.read_bytes()
        memfd = os.memfd_create("image", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.write(memfd, content)
        fcntl.fcntl(memfd, F_ADD_SEALS, SEALS)
        began = time.monotonic()
        socket.send_fds(self.channel, [encode_request(number, len(content), [wanted])], [memfd])
        os.close(memfd)
        reply = decode_fields(self.channel.recv(65536))
        seconds = time.monotonic() - began
        found = reply[7 if wanted == FACE else 8]
        return [decode_detection(item) for item in found], reply[2][0], seconds


def overlap(a, b):
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    common = max(width, 0) * max(height, 0)
    return common / (a[2] * a[3] + b[2] * b[3] - common)


def evaluate(worker, wanted, truth, folder, score):
    tally, seconds, failed = collections.Counter(), [], 0
    for number, case in enumerate(truth, 1):
        found, outcome, took = worker.ask(number, folder / case["file"], wanted)
        boxes = [box for box, certainty in found if certainty >= score]
        seconds.append(took)
        failed += outcome != 1
        tally[case["kind"], "pictures"] += 1
        tally[case["kind"], "with a detection"] += bool(boxes)
        for plate in case.get("plates", []):
            tally["plate boxes", "all"] += 1
            tally["plate boxes", "found"] += any(overlap(plate["box"], box) > 0.3 for box in boxes)
        if "faces_min" in case and case["kind"] == "faces":
            tally["face count", "all"] += case["faces_min"]
            tally["face count", "found"] += min(len(boxes), case["faces_min"])
    return tally, seconds, failed


def report(title, tally, seconds, failed):
    print(title)
    for kind in ("faces", "plates", "nothing", "documents"):
        if tally[kind, "pictures"]:
            print(f"  {kind:<12}{tally[kind, 'with a detection']:>4} of {tally[kind, 'pictures']:>4} pictures with a detection")
    for kind in ("face count", "plate boxes"):
        if tally[kind, "all"] and tally[kind, "found"]:
            print(f"  {kind:<12}{tally[kind, 'found']:>4} of {tally[kind, 'all']:>4} found")
    ordered = sorted(seconds)
    print(f"  median {ordered[len(ordered) // 2] * 1000:.1f} ms, 99th percentile {ordered[len(ordered) * 99 // 100] * 1000:.1f} ms, "
          f"not whole {failed}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worker", required=True)
    parser.add_argument("--images", required=True, type=pathlib.Path)
    parser.add_argument("--model-dir")
    parser.add_argument("--score", type=float, default=0.7)
    arguments = parser.parse_args()
    truth = [json.loads(line) for line in (arguments.images / "truth.jsonl").read_text().splitlines()]
    runs = [(FACE, None), (PLATE, None)] + ([(FACE, arguments.model_dir)] if arguments.model_dir else [])
    for wanted, model_dir in runs:
        worker = Worker(arguments.worker, model_dir)
        without_cars = [case for case in truth if wanted == PLATE or case["kind"] != "plates"]
        results = evaluate(worker, wanted, without_cars, arguments.images, arguments.score)
        report(f"{'faces' if wanted == FACE else 'plates'} by {worker.detectors[wanted]}, score >= {arguments.score}", *results)
    print("sandbox:", ", ".join(worker.layers))


main()
