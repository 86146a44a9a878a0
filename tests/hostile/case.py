"""What a hostile image is: bytes, and what may be said of them."""
import dataclasses
import random
import struct
import zlib

# Reasons of daemon/contract/not_inspected.h that an image can have; CLEAN: it was looked at whole.
CLEAN = None
DECODE_ERROR = "decode_error"
TOO_LARGE = "too_large"
UNSUPPORTED = "unsupported_format"
CONTAINER_LIMIT = "container_limit"
EXPANSION_LIMIT = "expansion_limit"


@dataclasses.dataclass(frozen=True)
class Case:
    name: str     # "jpeg/sof-65535x65535": also its file below the corpus
    content: bytes
    reasons: tuple  # one of these is the right answer
    why: str      # what makes it hostile


class Cases:
    """Collects the cases of one format."""

    def __init__(self, folder, extension):
        self.folder, self.extension, self.all = folder, extension, []

    def add(self, name, content, *reasons, why):
        assert reasons, name
        self.all.append(Case(f"{self.folder}/{name}.{self.extension}", bytes(content), reasons, why))

    def add_cuts(self, content, sizes, *reasons, name="cut"):
        for size in sizes:
            self.add(f"{name}-{size}", content[:size], *reasons, why="it ends too early")

    def add_mutations(self, contents, changes, first, *reasons):
        """`changes[i]` bytes from `first` on changed at random, of one of `contents` after the other."""
        for seed, count in enumerate(changes):
            rng = random.Random(seed)
            content = bytearray(contents[seed % len(contents)])
            for _ in range(count):
                content[rng.randrange(first, len(content))] = rng.randrange(256)
            self.add(f"mutated-{seed:02}", content, *reasons, why="a few bytes changed at random")


def be16(value):
    return struct.pack(">H", value & 0xFFFF)


def be32(value):
    return struct.pack(">I", value & 0xFFFFFFFF)


def le16(value):
    return struct.pack("<H", value & 0xFFFF)


def le32(value):
    return struct.pack("<I", value & 0xFFFFFFFF)


def zeros_deflated(size):
    """A zlib stream of so many zero bytes: about a thousandth of them."""
    packer = zlib.compressobj(9)
    block = bytes(1 << 20)
    parts = [packer.compress(block[:min(len(block), size - at)]) for at in range(0, size, len(block))]
    return b"".join(parts) + packer.flush()
