"""What a conformance case is: a capture, the objects that are really in it, and one line on the trick.

A case is a function with the decorator @case; it fills the Case it is given and returns nothing:

    @case("http/put", "A raw PUT; the name says .txt, the bytes say JPEG.")
    def put(case):
        photo = case.photo()
        with case.lab() as lab:              # real programs in network namespaces
            web = lab.nginx()
            with lab.record():
                lab.curl("-T", case.file("notes.txt", photo), web.url("put/notes.txt"))
        case.expect(photo, name="notes.txt")

Hand-made packets, only where no client of Debian's does it:

        talk = case.conversation(port=80)    # one TCP connection
        talk.client(request); talk.server(reply); talk.close()
        case.expect(photo)
"""
import dataclasses
import hashlib
import io
import json
import pathlib
import sys

import numpy
from PIL import Image

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "deploy/lab"))

CASES = {}


def case(name, trick, lossy=False, spans=False):
    """Registers a case. `name` is GROUP/WORDS-WITH-DASHES and becomes its folder. `lossy`: lossy.py takes packets out of it.
    `spans`: several connections bring parts of one object."""

    def register(build):
        if name in CASES:
            raise ValueError(f"two conformance cases are called {name}")
        CASES[name] = Registered(name, trick, build, lossy, spans)
        return build

    return register


class Unavailable(Exception):
    """Raised by a case that this machine cannot make (a kernel without a module): it is skipped, and said to be."""


@dataclasses.dataclass(frozen=True)
class Registered:
    name: str
    trick: str
    build: object
    lossy: bool = False
    spans: bool = False


class Case:
    """One case being written: `folder` receives README.md, capture.pcap and expected.jsonl."""

    def __init__(self, registered, folder):
        self.name, self.trick, self._build = registered.name, registered.trick, registered.build
        self.folder = pathlib.Path(folder)
        self.work = self.folder / "work"
        self.expected = []
        self._conversations = []
        self._photos = 0

    # --- material

    def photo(self, seed=None, size=(320, 240), kind="JPEG", **options):
        """Bytes of a picture drawn from noise: nobody's. A seed of its own for each call unless one is given."""
        self._photos += 1
        name_seed = int.from_bytes(hashlib.sha256(self.name.encode()).digest()[:4], "big")
        random = numpy.random.default_rng(name_seed + self._photos if seed is None else seed)
        small = Image.fromarray(random.integers(0, 256, (size[1] // 8 + 1, size[0] // 8 + 1, 3), dtype=numpy.uint8), "RGB")
        out = io.BytesIO()
        small.resize(size, Image.BICUBIC).save(out, kind, **options)
        return out.getvalue()

    def file(self, name, content):
        """A file with this content for a client to send; removed with the case's work folder."""
        path = self.work / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    # --- where packets come from

    def lab(self, **options):
        """Real clients and servers: a Lab (lab.py) whose gateway records into this case's capture."""
        from lab import Lab

        return Lab(self.capture, self.work, **options)

    def conversation(self, port=80, **options):
        """A hand-made TCP connection (conversation.py). Packets of several are written in the order of the calls."""
        from conversation import Conversation, Wire

        if not self._conversations:
            self._conversations.append(Wire())
        return Conversation(self._conversations[0], number=len(self._conversations[0].conversations), port=port, **options)

    # --- what is in it

    def expect(self, content, name=None, inside=None, flags=()):
        """An object that the receiver has, whole: engines must give exactly these bytes."""
        entry = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "name": name, "inside": inside,
                 "flags": sorted(flags)}
        self.expected.append({key: value for key, value in entry.items() if value not in (None, [])})

    def expect_wrapping(self, name):
        """An object around others whose bytes the case cannot know (a body of compressed messages); told by its name. Say it
        last: it matches whatever has that name."""
        self.expected.append({"name": name})

    def expect_missing(self, size, missing, name=None, flags=()):
        """An object of which these ranges, [begin, end), are not in the capture: it must be told as incomplete."""
        entry = {"size": size, "missing": missing, "name": name or None, "flags": sorted(flags)}
        self.expected.append({key: value for key, value in entry.items() if value not in (None, [])})

    def expect_not_inspected(self, reason, name=None, size=None, flags=(), host=None):
        """Something that cannot be looked at; an engine must say so, with this reason and, where given, this number of bytes."""
        entry = {"not_inspected": reason, "name": name, "host": host, "size": size, "flags": sorted(flags)}
        self.expected.append({key: value for key, value in entry.items() if value not in (None, [])})

    # --- result

    @property
    def capture(self):
        return self.folder / "capture.pcap"

    def write(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        self.work.mkdir(exist_ok=True)
        self._build(self)
        for wire in self._conversations:
            wire.write(self.capture)
        if not self.capture.exists():
            raise ValueError(f"{self.name} wrote no capture")
        with open(self.folder / "expected.jsonl", "w") as lines:
            lines.writelines(json.dumps(entry) + "\n" for entry in self.expected)
        (self.folder / "README.md").write_text(f"# {self.name}\n\n{self.trick}\n")
