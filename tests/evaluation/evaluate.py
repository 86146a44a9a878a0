#!/usr/bin/python3
"""Asks a real worker, in its sandbox, about labelled pictures: recall, precision, false alarms by kind, milliseconds by stage.

  evaluate.py [--worker PROGRAM] [--images DIR] [--model-dir DIR] [--only plates] [--score 0.5 | --sweep]

DIR holds truth.jsonl; a line is {"kind": "faces"|"plates"|"nothing"|"documents", "file": ..., "faces_min": n,
"plates": [{"box": [x, y, width, height]}]}. "nothing" and "documents" hold no faces; only "plates" hold plates.
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
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/integration"))
from harness import SHARED, skip  # first: it says where the lab is
from gateway import programs

IMAGES = SHARED / "corpus/images"
FACE, PLATE, FINGERPRINT = 1, 2, 3  # worker.proto
KINDS = ("faces", "plates", "nothing", "documents")
OVERLAP_MIN = 0.3  # intersection over union from which a plate counts as found
SCORE_DEFAULT = 0.5  # what a policy asks for unless it says otherwise
SWEEP = [0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9]
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
    def __init__(self, program, model_dir=None, shipped_dir=None):
        self.channel, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        arguments = [program, "--fd", str(other.fileno())]
        for option, folder in (("--model-dir", model_dir), ("--shipped-dir", shipped_dir)):
            arguments += [option, folder] if folder else []
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
        socket.send_fds(self.channel, [encode_request(number, len(content), wanted)], [memfd])
        os.close(memfd)
        reply = self.last_reply(number)
        seconds = time.monotonic() - began
        found = reply[7 if FACE in wanted else 8]
        return [decode_detection(item) for item in found], reply[2][0], seconds

    def last_reply(self, number):
        """What is said of the picture itself; replies about pictures inside it, such as previews, come before."""
        while True:
            reply = decode_fields(self.channel.recv(65536))
            if reply[1][0] != number:
                raise SystemExit(f"the worker answered request {reply[1][0]}, not {number}")
            if not reply[11]:
                return reply


def overlap(a, b):
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    common = max(width, 0) * max(height, 0)
    return common / (a[2] * a[3] + b[2] * b[3] - common)


class Answers:
    """What one detector said of every picture, so that thresholds can be compared without asking again."""

    def __init__(self, worker, wanted, truth, folder):
        self.wanted, self.name, self.answers = wanted, worker.detectors.get(wanted, "none"), []
        self.milliseconds = {"decode and hash": [], "decode, hash and detect": []}
        self.failed = 0
        for number, case in enumerate(truth, 1):
            _, _, base = worker.ask(2 * number, folder / case["file"], [FINGERPRINT])
            found, outcome, whole = worker.ask(2 * number + 1, folder / case["file"], [FINGERPRINT, wanted])
            self.milliseconds["decode and hash"].append(base * 1000)
            self.milliseconds["decode, hash and detect"].append(whole * 1000)
            self.failed += outcome != 1
            self.answers.append((case, found))

    def figures(self, score):
        """Figures at this threshold, as one flat dictionary."""
        tally = collections.Counter()
        for case, found in self.answers:
            boxes = [box for box, certainty in found if certainty >= score]
            tally[case["kind"], "pictures"] += 1
            tally[case["kind"], "firing"] += bool(boxes)
            if self.wanted == PLATE and "plates" in case:
                count_plates(tally, case, boxes)
            elif self.wanted == FACE and "faces_min" in case:
                tally["wanted", "all"] += case["faces_min"]
                tally["found", "all"] += min(len(boxes), case["faces_min"])
        return tally


def count_plates(tally, case, boxes):
    """A truth box is found by one that overlaps it by more than OVERLAP_MIN; a box that does so with none is false."""
    subset = subset_of(case)
    for plate in case["plates"]:
        hit = any(overlap(plate["box"], box) > OVERLAP_MIN for box in boxes)
        for group in {"all", subset}:
            tally["wanted", group] += 1
            tally["found", group] += hit
    right = sum(any(overlap(plate["box"], box) > OVERLAP_MIN for plate in case["plates"]) for box in boxes)
    tally["boxes", "right"] += right
    tally["boxes", "false"] += len(boxes) - right


def subset_of(case):
    """The country in the file's name, such as plates/us-012.jpg, where it tells one."""
    word = pathlib.PurePath(case["file"]).name.split("-")[0].split("_")[0].lower()
    return word if word in ("us", "eu", "br") else "all"


def percent(part, whole):
    return f"{100 * part / whole:5.1f} %" if whole else "    -  "


def line(answers, score):
    tally = answers.figures(score)
    columns = [f"{score:5.2f}"]
    for group in ("all", "us", "eu", "br"):
        if tally["wanted", group]:
            columns.append(f"recall{'' if group == 'all' else ' ' + group} {percent(tally['found', group], tally['wanted', group])}")
    if answers.wanted == PLATE:
        right, false = tally["boxes", "right"], tally["boxes", "false"]
        columns.append(f"precision {percent(right, right + false)}")
        columns.append(f"false boxes a car photo {false / max(tally['plates', 'pictures'], 1):.3f}")
    for kind in KINDS:
        if tally[kind, "pictures"] and kind != ("plates" if answers.wanted == PLATE else "faces"):
            columns.append(f"{kind} {percent(tally[kind, 'firing'], tally[kind, 'pictures'])}")
    return "  ".join(columns)


def report(answers, scores):
    print(f"{'faces' if answers.wanted == FACE else 'plates'} by {answers.name}: {len(answers.answers)} pictures, {answers.failed} not whole")
    for score in scores:
        print("  score >=", line(answers, score))
    for stage, values in answers.milliseconds.items():
        ordered = sorted(values)
        print(f"  {stage}: median {ordered[len(ordered) // 2]:.1f} ms, 99th percentile {ordered[len(ordered) * 99 // 100]:.1f} ms")


def read_truth(folder):
    if not (folder / "truth.jsonl").exists():
        skip(f"needs {folder}/truth.jsonl, which is not part of the project")
    return [json.loads(row) for row in (folder / "truth.jsonl").read_text().splitlines()]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worker", default=programs() / "sallyport-worker")
    parser.add_argument("--images", type=pathlib.Path, default=IMAGES)
    parser.add_argument("--model-dir")
    parser.add_argument("--shipped-dir", help="another folder with plates.onnx than the one beside the worker")
    parser.add_argument("--only", choices=["faces", "plates"])
    parser.add_argument("--score", type=float, default=SCORE_DEFAULT)
    parser.add_argument("--sweep", action="store_true", help="the figures over thresholds")
    arguments = parser.parse_args()
    truth = read_truth(arguments.images)
    worker = Worker(arguments.worker, arguments.model_dir, arguments.shipped_dir)
    for wanted, word in ((FACE, "faces"), (PLATE, "plates")):
        if arguments.only in (None, word):
            # What is a car photo to one may well show a face to the other.
            cases = [case for case in truth if wanted == PLATE or case["kind"] != "plates"]
            report(Answers(worker, wanted, cases, arguments.images), SWEEP if arguments.sweep else [arguments.score])
    print("sandbox:", ", ".join(worker.layers))


if __name__ == "__main__":
    main()
