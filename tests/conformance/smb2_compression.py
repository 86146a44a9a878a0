"""SMB 3.1.1 compression (MS-SMB2 2.2.42), encoders written from MS-XCA 2.1, 2.3 and 2.5; LZ4 by python3-lz4.

    smb = Client(talk, wrap=unchained(LZ77))                       # every message that gets smaller
    smb.write(file, photo, wrap=chained(LZ4))                      # one message
"""
import collections
import heapq
import struct

import lz4.block

NONE, LZNT1, LZ77, LZ77_HUFFMAN, PATTERN_V1, LZ4 = range(6)
NAMES = {LZNT1: "lznt1", LZ77: "lz77", LZ77_HUFFMAN: "lz77-huffman", PATTERN_V1: "pattern-v1", LZ4: "lz4"}


# --- matches

def items(data, distance_max):
    """(position, length, distance); length 0: a literal. Greedy, by the last place with the same four bytes."""
    places, at, size = {}, 0, len(data)
    while at < size:
        key = data[at:at + 4]
        place = places.get(key, -1)
        places[key] = at
        if place < 0 or at - place > distance_max or len(key) < 4:
            yield at, 0, 0
            at += 1
            continue
        length = _common(data, place, at)
        yield at, length, at - place
        for inside in range(at + 1, min(at + length, at + 32)):
            places[data[inside:inside + 4]] = inside
        at += length


def _common(data, left, right):
    length, step = 4, 64
    while data[left + length:left + length + step] == data[right + length:right + length + step] and right + length + step <= len(data):
        length += step
    while right + length < len(data) and data[left + length] == data[right + length]:
        length += 1
    return length


# --- encoders

def plain_lz77(data):
    out, flags, count, flags_at, half_at = bytearray(4), 0, 0, 0, 0
    for at, length, distance in items(data, 8192):
        if length == 0:
            out.append(data[at])
        else:
            code = length - 3
            out += struct.pack("<H", (distance - 1) << 3 | min(code, 7))
            if code >= 7:
                half = min(code - 7, 15)
                if half_at:
                    out[half_at] |= half << 4
                    half_at = 0
                else:
                    half_at = len(out)
                    out.append(half)
                if half == 15:
                    out += _long(code, code - 22)
        flags, count = flags << 1 | (length > 0), count + 1
        if count == 32:
            struct.pack_into("<I", out, flags_at, flags)
            flags, count, flags_at = 0, 0, len(out)
            out += bytes(4)
    struct.pack_into("<I", out, flags_at, flags << (32 - count) | (1 << (32 - count)) - 1)
    return bytes(out)


def _long(code, over):
    """The last fields of a length: one byte, or 255 and two, or 255, zero and four."""
    if over < 255:
        return bytes([over])
    return b"\xff" + (struct.pack("<H", code) if code < 1 << 16 else struct.pack("<HI", 0, code))


def lz77_huffman(data):
    out, block, covered = bytearray(), [], 0
    for item in items(data, 65535):
        block.append(item)
        covered += max(1, item[1])
        if covered >= 65536 and item[0] + max(1, item[1]) < len(data):
            _huffman_block(out, data, block, last=False)
            block, covered = [], 0
    _huffman_block(out, data, block, last=True)
    return bytes(out)


END = 256


def _symbol(data, at, length, distance):
    return 256 + min(length - 3, 15) + 16 * (distance.bit_length() - 1) if length else data[at]


def _huffman_block(out, data, block, last):
    counts = collections.Counter(_symbol(data, *item) for item in block)
    counts[END] += 1
    lengths = _code_lengths(counts)
    codes, code = {}, 0
    for bits in range(1, 16):
        for symbol in sorted(symbol for symbol in lengths if lengths[symbol] == bits):
            codes[symbol] = code
            code += 1
        code <<= 1
    out += bytes(lengths.get(even, 0) | lengths.get(even + 1, 0) << 4 for even in range(0, 512, 2))
    bits = _Bits(out)
    for at, length, distance in block:
        symbol = _symbol(data, at, length, distance)
        bits.put(lengths[symbol], codes[symbol])
        if length:
            if length - 3 >= 15:
                out += _long(length - 3, length - 18)
            high = distance.bit_length() - 1
            bits.put(high, distance - (1 << high))
    if last:
        bits.put(lengths[END], codes[END])
    bits.flush()


def _code_lengths(counts):
    """At most 15 bits: where a code grows longer, the counts are brought nearer to each other."""
    if len(counts) < 2:
        counts = {**counts, 0: 1}
    while True:
        heap = [(count, symbol, (symbol,)) for symbol, count in counts.items()]
        heapq.heapify(heap)
        lengths = dict.fromkeys(counts, 0)
        while len(heap) > 1:
            (few, _, left), (more, tie, right) = heapq.heappop(heap), heapq.heappop(heap)
            for symbol in left + right:
                lengths[symbol] += 1
            heapq.heappush(heap, (few + more, tie, left + right))
        if max(lengths.values()) <= 15:
            return lengths
        counts = {symbol: (count + 1) // 2 for symbol, count in counts.items()}


class _Bits:
    """MS-XCA 2.1.4.3: words of 16 bits, two of them always reserved ahead of the bytes between them."""

    def __init__(self, out):
        self.out, self.first, self.second = out, len(out), len(out) + 2
        self.free, self.word = 16, 0
        out += bytes(4)

    def put(self, count, bits):
        if self.free >= count:
            self.free -= count
            self.word = self.word << count | bits
            return
        over = count - self.free
        struct.pack_into("<H", self.out, self.first, self.word << self.free | bits >> over)
        self.first, self.second = self.second, len(self.out)
        self.out += bytes(2)
        self.free, self.word = 16 - over, bits & (1 << over) - 1

    def flush(self):
        struct.pack_into("<H", self.out, self.first, self.word << self.free)


def lznt1(data):
    return b"".join(_lznt1_chunk(data[begin:begin + 4096]) for begin in range(0, len(data), 4096))


def _lznt1_chunk(data):
    body, at, count, flag_at, places = bytearray(), 0, 0, 0, {}
    while at < len(data):
        if count % 8 == 0:
            flag_at = len(body)
            body.append(0)
        length_bits = 16 - max(4, (at - 1).bit_length() if at else 0)
        place = places.get(data[at:at + 3], -1)
        length = 0
        if place >= 0:
            while length < (1 << length_bits) + 2 and at + length < len(data) and data[place + length] == data[at + length]:
                length += 1
        if length >= 3:
            body[flag_at] |= 1 << count % 8
            body += struct.pack("<H", (at - place - 1) << length_bits | length - 3)
        else:
            body.append(data[at])
            length = 1
        for inside in range(at, at + length):
            places[data[inside:inside + 3]] = inside
        at, count = at + length, count + 1
    if len(body) >= len(data):
        return struct.pack("<H", 0x3000 | len(data) - 1) + data
    return struct.pack("<H", 0xB000 | len(body) - 1) + bytes(body)


def pattern_v1(data):
    """MS-SMB2 2.2.42.2.2, of data that is one byte repeated."""
    assert data == data[:1] * len(data)
    return data[:1] + struct.pack("<3xI", len(data))


def compress(algorithm, data):
    encoders = {NONE: bytes, LZNT1: lznt1, LZ77: plain_lz77, LZ77_HUFFMAN: lz77_huffman, PATTERN_V1: pattern_v1,
                LZ4: lambda plain: lz4.block.compress(plain, store_size=False)}
    return encoders[algorithm](data)


# --- messages

def unchained_message(algorithm, message, offset=0):
    """MS-SMB2 2.2.42.1: `offset` bytes stay as they are."""
    return struct.pack("<4sIHHI", b"\xfcSMB", len(message) - offset, algorithm, 0, offset) + message[:offset] + compress(
        algorithm, message[offset:])


def chained_message(pieces):
    """MS-SMB2 2.2.42.2: `pieces` are pairs of an algorithm and what it compresses."""
    out = struct.pack("<4sI", b"\xfcSMB", sum(len(plain) for _, plain in pieces))
    for number, (algorithm, plain) in enumerate(pieces):
        payload = compress(algorithm, plain)
        if algorithm not in (NONE, PATTERN_V1):
            payload = struct.pack("<I", len(plain)) + payload
        out += struct.pack("<HHI", algorithm, number == 0, len(payload)) + payload
    return out


def unchained(algorithm, offset=0, always=True):
    """A `wrap` for smb2.Client. A message that is not longer than `offset` is left alone, and unless `always` one that does not
    get smaller."""

    def wrap(message):
        if len(message) <= offset:
            return message
        wrapped = unchained_message(algorithm, message, offset)
        return wrapped if always or len(wrapped) < len(message) else message

    return wrap


def chained(algorithm, clear=112):
    """A `wrap` as Windows does it (MS-SMB2 3.1.4.4): headers in the clear, runs at both ends as patterns, the middle compressed."""

    def wrap(message):
        head, body = message[:clear], message[clear:]
        front = len(body) - len(body.lstrip(body[:1])) if body else 0
        front = front if front >= 64 else 0
        back = len(body) - front - len(body[front:].rstrip(body[-1:])) if body[front:] else 0
        back = back if back >= 64 else 0
        middle = body[front:len(body) - back]
        pieces = [(NONE, head), (PATTERN_V1, body[:front]), (algorithm, middle), (PATTERN_V1, body[len(body) - back:])]
        return chained_message([piece for piece in pieces if piece[1]])

    return wrap
