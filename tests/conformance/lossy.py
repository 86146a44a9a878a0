#!/usr/bin/python3
"""Takes packets out of captures at random, as a sensor that is too slow does, and looks whether sallyport stays honest.

    lossy.py --cases FOLDER [--seeds 100] [--percent 1] [--only 'smb-clients/*'] [--first-seed 0]

For each case that is marked `lossy` and each seed, so many percent of the packets are taken out. Then
  * an object told as whole must be, byte for byte, one of the untouched capture;
  * of an object told as incomplete, all bytes outside its missing ranges must be those of the object at the same place;
  * where no bytes of a connection were taken out, nothing of it may be incomplete;
  * an object of the untouched capture of which nothing is told must have a trace: something else that its connection could not
    bring whole, or that was not inspected.
Everything else is "silent". Prints a table and, of each silent one, seed and reason; exits 1 if there is any.
"""
import argparse
import collections
import dataclasses
import fnmatch
import json
import os
import pathlib
import random
import struct
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from generate import load_cases  # noqa: E402  after the path

PROGRAMS = pathlib.Path(os.environ.get("SALLYPORT_BIN", HERE.parents[1] / "build/release/bin"))
SEEDS_AT_ONCE = 20  # captures that one call of the program reads, and that lie on the disk at once
SAMPLE_BYTES = 24   # of noise, enough to find the only place where they are


# --- captures


class Capture:
    """A pcap file, its records, and of each which connection it belongs to and how much of a stream it carries."""

    def __init__(self, path):
        self.bytes = pathlib.Path(path).read_bytes()
        order = "<" if self.bytes[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
        self.records, at = [], 24
        while at < len(self.bytes):
            size = struct.unpack_from(order + "I", self.bytes, at + 8)[0]
            self.records.append((at, at + 16 + size))
            at += 16 + size

    def segment(self, record):
        """Sender, receiver, sequence number, SYN and payload; None of what is no TCP."""
        packet = self.bytes[record[0] + 16 + 14:record[1]]
        if packet[0] >> 4 == 4 and packet[9] == 6:
            header, size = (packet[0] & 15) * 4, struct.unpack_from(">H", packet, 2)[0]
            ends = [".".join(map(str, packet[at:at + 4])) for at in (12, 16)]
        else:
            return None
        ports = struct.unpack_from(">HH", packet, header)
        sender, receiver = (f"{end}:{port}" for end, port in zip(ends, ports))
        sequence, syn = struct.unpack_from(">I", packet, header + 4)[0], packet[header + 13] >> 1 & 1
        return sender, receiver, sequence, syn, packet[header + (packet[header + 12] >> 4) * 4:size or len(packet)]

    def streams(self):
        """What each sender sent to each receiver, in the order of the sequence numbers; every connection has ports of its own."""
        first, pieces = {}, collections.defaultdict(dict)
        for sender, receiver, sequence, syn, payload in filter(None, map(self.segment, self.records)):
            start = first.setdefault((sender, receiver), sequence + syn)
            pieces[sender, receiver][(sequence + syn - start) & 0xffffffff] = payload
        return [self.joined(each) for each in pieces.values()]

    @staticmethod
    def joined(pieces):
        stream = bytearray()
        for offset, payload in sorted(pieces.items()):
            stream[offset:offset + len(payload)] = payload
        return bytes(stream)

    def without(self, taken):
        """The capture less these records."""
        parts, begin = [], 0
        for number in taken:
            parts.append(self.bytes[begin:self.records[number][0]])
            begin = self.records[number][1]
        return b"".join(parts) + self.bytes[begin:]


# --- what sallyport finds


@dataclasses.dataclass
class Object:
    told: dict
    content: bytes

    @property
    def whole(self):
        return bool(self.told["complete"])

    @property
    def connection(self):
        return frozenset((self.told["sender"], self.told["receiver"]))

    @property
    def name(self):
        return self.told["name"]

    def is_as(self, other):
        """Whether the same is told of both: whole with the same bytes, or not whole for the same reason with the same holes."""
        return self.whole == other.whole and all(self.told.get(key) == other.told.get(key)
                                                 for key in ("size", "sha256", "missing", "not_inspected"))

    def runs(self):
        """The ranges that are there."""
        at = 0
        for begin, end in self.told.get("missing", []):
            if begin > at:
                yield at, min(begin, len(self.content))
            at = end
        if at < len(self.content):
            yield at, len(self.content)


def extract(captures):
    """What is found in each capture, in the order of the captures."""
    with tempfile.TemporaryDirectory(prefix="sallyport-objects-") as folder:
        done = subprocess.run([PROGRAMS / "sallyport", "extract", "--to", folder, *captures], capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"sallyport ended with {done.returncode}: {done.stderr[-2000:]}")
        found = {str(capture): [] for capture in captures}
        for line in open(pathlib.Path(folder) / "index.jsonl"):
            told = json.loads(line)
            content = (pathlib.Path(folder) / told["file"]).read_bytes() if told.get("file") else b""
            found[told["pcap"]].append(Object(told, content))
        return [found[str(capture)] for capture in captures]


# --- what is honest


def agrees(partial, truth):
    """Whether all that is there of `partial` is at the same place in `truth`, as far as that is known."""
    gone = truth.told.get("missing", [])
    for begin, end in partial.runs():
        if end > len(truth.content):
            return False
        pieces, at = [], begin
        for hole_begin, hole_end in gone:
            if hole_end <= at or hole_begin >= end:
                continue
            pieces.append((at, hole_begin))
            at = hole_end
        pieces.append((at, end))
        if any(partial.content[at:to] != truth.content[at:to] for at, to in pieces if at < to):
            return False
    return True


def is_made_of(content, sources):
    """Whether the bytes are runs of the sources' bytes, in whatever order: replies whose requests were lost have no place."""
    at = 0
    while at < len(content):
        sample = content[at:at + SAMPLE_BYTES]
        places = ((source, source.find(sample)) for source in sources)
        size = max((common_size(content, at, source, place) for source, place in places if place >= 0), default=0)
        if size == 0:
            return False
        at += size
    return True


def common_size(left, left_at, right, right_at):
    size = min(len(left) - left_at, len(right) - right_at)
    if left[left_at:left_at + size] == right[right_at:right_at + size]:
        return size
    low, high = 0, size  # the runs agree to `low` and not to `high`
    while high - low > 1:
        middle = (low + high) // 2
        if left[left_at:left_at + middle] == right[right_at:right_at + middle]:
            low = middle
        else:
            high = middle
    return low


class Judge:
    """Compares what is left of a case with what was in it."""

    def __init__(self, truths, streams, spans):
        self.truths, self.streams, self.spans = truths, streams, spans
        self.paths = {truth.told["path"] for truth in truths}
        self.digests = {truth.told["sha256"] for truth in truths if truth.whole}

    def judge(self, found, lost):
        """Counts of exact, partial and traced objects of the truth, and a list of what is silently wrong."""
        silent = [reason for each in found if not self.is_coding(each, found) and (reason := self.is_wrong(each, lost))]
        left = list(found)
        exact = self.take_exact(left)
        partial, traced = 0, 0
        for truth in [truth for truth in self.truths if id(truth) not in exact]:
            if any(not each.whole and each.name == truth.name for each in left):
                partial += 1
            elif any(not each.whole and each.connection == truth.connection for each in found):
                traced += 1
            # Another try at the same upload: its bytes may have become those of the object that is told under its path.
            elif truth.whole or not any(each.told["path"] == truth.told["path"] for each in found):
                silent.append(f"nothing is told of {truth.name or 'an object'} of {truth.told['size']} bytes")
        return len(exact), partial, traced, silent

    def take_exact(self, left):
        """Ids of the truths that are told of as they are; takes those out of `left`. The same content may have gone over several
        connections: each truth is first looked for on its own."""
        exact = set()
        for on_own in (True, False):
            for truth in self.truths:
                alike = (each for each in left if each.is_as(truth) and (not on_own or each.connection == truth.connection))
                if id(truth) not in exact and (same := next(alike, None)) is not None:
                    left.remove(same)
                    exact.add(id(truth))
        return exact

    def is_coding(self, each, found):
        """Whether it is a body whose Content-Encoding was lost, told as the gzip that it is, with the true object inside."""
        return each.told["content"] == "gzip" and any(inside.told.get("inside") == "gzip" and inside.told["sha256"] in self.digests
                                                      and inside.connection == each.connection for inside in found)

    def is_wrong(self, each, lost):
        what = f"{each.name or 'an object without a name'}, {each.told['size']} bytes"
        # What has no name, lay inside another object, or is told under a path of its own (a part of an upload whose end was lost),
        # has no place in the truth.
        is_placed = each.name and not each.told.get("inside") and each.told["path"] in self.paths and "partNumber=" not in each.told["path"]
        if each.whole:
            is_part = not is_placed and self.spans and is_made_of(each.content, [truth.content for truth in self.truths])
            # A picture at the start of a longer file, found in a stretch whose request was lost: it is whole by itself.
            is_inside = each.told.get("inside") and any(each.content in truth.content for truth in self.truths)
            is_right = each.told["sha256"] in self.digests or is_part or is_inside
            return None if is_right else f"told as whole, but is not: {what}"
        if self.lost_on(each.connection, lost) == 0 and not any(self.is_same(each, truth) for truth in self.truths):
            return f"told as incomplete where nothing was lost: {what}"
        candidates = [truth for truth in self.truths if truth.name == each.name] or self.truths
        if any(agrees(each, truth) for truth in candidates):
            return None
        pieces = [each.content[begin:end] for begin, end in each.runs()]
        sources = [truth.content for truth in self.truths] + self.streams
        if not is_placed and all(is_made_of(piece, sources) for piece in pieces):
            return None
        return f"bytes that are not those of the object: {what}"

    def lost_on(self, connection, lost):
        """Payload that was lost; of an object that several connections bring the connection that is told is only one."""
        return sum(lost.values()) if self.spans else lost[connection]

    @staticmethod
    def is_same(each, truth):
        return all(each.told.get(key) == truth.told.get(key) for key in ("name", "size", "missing", "not_inspected"))


# --- runs


@dataclasses.dataclass
class Sum:
    packets: int = 0
    exact: int = 0
    partial: int = 0
    traced: int = 0
    silent: list = dataclasses.field(default_factory=list)


def take_out(capture, seed, percent):
    """Numbers of the records to take out, at least one, and the payload that each connection loses by it."""
    chance = random.Random(seed)
    taken = [number for number in range(len(capture.records)) if chance.random() * 100 < percent]
    taken = taken or [chance.randrange(len(capture.records))]
    lost = collections.Counter()
    for number in taken:
        if (segment := capture.segment(capture.records[number])) is not None:
            sender, receiver, _, _, payload = segment
            # A lost SYN hides where a stream begins.
            lost[frozenset((sender, receiver))] += max(len(payload), 1)
    return taken, lost


def run_case(path, spans, seeds, percent):
    capture, total = Capture(path), Sum()
    judge = Judge(extract([path])[0], capture.streams(), spans)
    with tempfile.TemporaryDirectory(prefix="sallyport-lossy-") as folder:
        for first in range(0, len(seeds), SEEDS_AT_ONCE):
            captures, losses = [], []
            for seed in seeds[first:first + SEEDS_AT_ONCE]:
                taken, lost = take_out(capture, f"{path.parent.name} {seed}", percent)
                captures.append(pathlib.Path(folder) / f"{seed}.pcap")
                captures[-1].write_bytes(capture.without(taken))
                losses.append(lost)
                total.packets += len(taken)
            for pcap, found, lost in zip(captures, extract(captures), losses):
                exact, partial, traced, silent = judge.judge(found, lost)
                total.exact, total.partial, total.traced = total.exact + exact, total.partial + partial, total.traced + traced
                total.silent += [f"seed {pcap.stem}: {reason}" for reason in silent]
                pcap.unlink()
    return total


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=pathlib.Path, required=True, help="folder that generate.py wrote")
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--percent", type=float, default=1.0, help="of the packets, each by itself")
    parser.add_argument("--only", action="append", help="cases whose name matches this pattern; may be given again")
    options = parser.parse_args()
    cases = load_cases()
    names = [name for name, registered in sorted(cases.items()) if registered.lossy and (options.cases / name).exists()
             and (not options.only or any(fnmatch.fnmatch(name, pattern) for pattern in options.only))]
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    silent = 0
    print(f"{'case':40} {'seeds':>5} {'packets':>7} {'exact':>6} {'partial':>7} {'traced':>6} {'silent':>6}")
    for name in names:
        total = run_case(options.cases / name / "capture.pcap", cases[name].spans, seeds, options.percent)
        print(f"{name:40} {len(seeds):5} {total.packets:7} {total.exact:6} {total.partial:7} {total.traced:6} {len(total.silent):6}")
        print(*(f"    {reason}" for reason in total.silent[:10]), sep="\n", end="\n" if total.silent else "", flush=True)
        silent += len(total.silent)
    print(f"{len(names)} cases, {silent} silent")
    sys.exit(1 if silent or not names else 0)


if __name__ == "__main__":
    main()
