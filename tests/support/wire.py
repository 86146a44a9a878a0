"""What a link carried: captured by tcpdump, taken apart without help, and compared with an object byte by byte."""
import os
import select
import struct
import time

import numpy

from namespaces import end

WINDOW = 8  # bytes: so many in a row that are the object's are no accident


class Wire:
    """Captures all TCP of one interface of a namespace while it is open."""

    def __init__(self, namespace, interface, path):
        self.path = path
        self.process = namespace.start("tcpdump", "-i", interface, "-s", "0", "-B", "65536", "--immediate-mode", "-U", "-w", path, "tcp",
                                       stdout=-3, stderr=-1)
        self._wait_for(b"listening on")

    def _wait_for(self, text, seconds=20):
        heard, last = b"", time.monotonic() + seconds
        while text not in heard:
            if time.monotonic() > last or self.process.poll() is not None:
                raise RuntimeError(f"tcpdump did not begin: {heard!r}")
            if select.select([self.process.stderr], [], [], 0.1)[0]:
                heard += os.read(self.process.stderr.fileno(), 4096)

    def close(self):
        """Ends the capture; gives the payload of all segments by the address that they went to."""
        end(self.process)
        return payloads(self.path.read_bytes())


def payloads(pcap):
    """Destination address (IPv4 text) -> payload bytes of its segments, in the order in which they were seen."""
    found, at = {}, 24
    while at + 16 <= len(pcap):
        size = struct.unpack_from("<I", pcap, at + 8)[0]
        frame = pcap[at + 16:at + 16 + size]
        at += 16 + size
        if frame[12:14] != b"\x08\x00" or frame[23] != 6:
            continue
        ip = frame[14:]
        # A super-packet that was never cut has no length in its header.
        total = struct.unpack_from("!H", ip, 2)[0] or len(ip)
        head = (ip[0] & 15) * 4
        payload = ip[head + (ip[head + 12] >> 4) * 4:total]
        found.setdefault(".".join(map(str, ip[16:20])), []).append(payload)
    return {address: b"".join(parts) for address, parts in found.items()}


def windows(data):
    return numpy.lib.stride_tricks.sliding_window_view(numpy.frombuffer(data, numpy.uint8), WINDOW).copy().view(numpy.uint64).ravel()


def bytes_of(content, payload):
    """How many bytes of `payload` are in runs of eight and more that `content` has too."""
    if len(payload) < WINDOW or len(content) < WINDOW:
        return 0
    hits = numpy.isin(windows(payload), windows(content))
    # Zeros and a few ones are in every head and table.
    places = numpy.flatnonzero(hits)
    for place in places[:100_000]:
        hits[place] = len(set(payload[place:place + WINDOW])) >= 4
    covered = numpy.zeros(len(payload), bool)
    for i in range(WINDOW):
        covered[i:len(hits) + i] |= hits
    return int(covered.sum())
