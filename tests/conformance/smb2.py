"""SMB2 messages by hand (MS-SMB2), for what no client of Debian's sends.

The usual way, one client on one connection; every call sends the request and its reply:

    talk = case.conversation(port=445)
    smb = Client(talk)
    smb.connect(r"\\\\contractor\\incoming", user="ann")   # NEGOTIATE, SESSION_SETUP, TREE_CONNECT
    file = smb.create("lane-1.jpg")
    smb.write(file, photo)                               # in pieces of smb.piece_bytes
    smb.close(file)
    file = smb.create("plan.bmp", size=len(plan))        # the server has this file
    smb.read(file, plan)
    smb.end()                                            # TREE_DISCONNECT, LOGOFF, FIN

Anything else is put together from messages: functions called NAME_request() and NAME_reply() give bodies, Client.request() and
Client.reply() put headers before them, compound() joins messages, frame() puts the transport's length before one.

    ask = smb.request(Command.READ, read_request(file, 0, 4096))
    smb.send_request(ask)                                # or talk.client(frame(ask)), or lose it, or send it on another connection
    smb.send_reply(smb.reply(ask, read_reply(data)), wrap=lambda plain: compressed)

`wrap` of a Client, or of one call, turns a whole message, or compound, into what is sent in its place.
"""
import dataclasses
import enum
import struct

HEADER_BYTES = 64
UNSIGNED_MAX64 = (1 << 64) - 1


class Command(enum.IntEnum):  # MS-SMB2 2.2.1.2
    NEGOTIATE, SESSION_SETUP, LOGOFF, TREE_CONNECT, TREE_DISCONNECT, CREATE, CLOSE, FLUSH, READ, WRITE = range(10)
    LOCK, IOCTL, CANCEL, ECHO, QUERY_DIRECTORY, CHANGE_NOTIFY, QUERY_INFO, SET_INFO, OPLOCK_BREAK = range(10, 19)


class Flag(enum.IntFlag):  # MS-SMB2 2.2.1.2
    REPLY, ASYNC, RELATED, SIGNED, REPLAY = 1, 2, 4, 8, 0x20000000


class Status(enum.IntEnum):  # MS-ERREF 2.3.1
    SUCCESS, PENDING, MORE_PROCESSING = 0, 0x103, 0xC0000016
    END_OF_FILE, ACCESS_DENIED, NAME_NOT_FOUND = 0xC0000011, 0xC0000022, 0xC0000034


@dataclasses.dataclass(frozen=True)
class FileId:
    persistent: int
    volatile: int

    def __bytes__(self):
        return struct.pack("<QQ", self.persistent, self.volatile)


RELATED_FILE = FileId(UNSIGNED_MAX64, UNSIGNED_MAX64)  # in a compound: the file of the message before


# --- frames

def frame(message):
    """MS-SMB2 2.1: direct TCP transport."""
    return struct.pack(">I", len(message)) + message


def header(command, message_id=0, session=0, tree=0, flags=0, status=0, async_id=None, credits=1):
    """MS-SMB2 2.2.1; NextCommand is left to compound()."""
    whose = struct.pack("<II", 0xFEFF, tree) if async_id is None else struct.pack("<Q", async_id)
    return (struct.pack("<4sHHIHHIIQ", b"\xfeSMB", HEADER_BYTES, 1, status, command, credits, flags, 0, message_id) + whose
            + struct.pack("<Q16x", session))


def header_of(message):
    """What Client.reply() and tests need of a message's header."""
    command, = struct.unpack_from("<H", message, 12)
    flags, _, message_id, _, tree, session = struct.unpack_from("<IIQIIQ", message, 16)
    return {"command": Command(command), "flags": flags, "message_id": message_id, "tree": tree, "session": session}


def compound(*messages):
    """MS-SMB2 3.2.4.1.4: each message but the last is filled up to eight bytes and says where the next begins."""
    joined = b""
    for number, message in enumerate(messages):
        if number + 1 < len(messages):
            message += bytes(-len(message) % 8)
            message = message[:20] + struct.pack("<I", len(message)) + message[24:]
        joined += message
    return joined


# --- bodies. Offsets inside them count from the beginning of the header.

def negotiate_request(dialects=(0x311,), contexts=(), capabilities=0x7F):
    body = struct.pack("<HHHHI16s", 36, len(dialects), 1, 0, capabilities, b"C" * 16)
    listed = struct.pack(f"<{len(dialects)}H", *dialects)
    begin = HEADER_BYTES + 36 + len(listed) + (-(36 + len(listed)) % 8)
    where = struct.pack("<IHH", begin if contexts else 0, len(contexts), 0)
    return (body + where + listed).ljust(begin - HEADER_BYTES, b"\0") + negotiate_contexts(contexts)


def negotiate_reply(dialect=0x311, contexts=(), capabilities=0x1, guid=b"G" * 16, security_mode=1):
    return struct.pack("<HHHH16sIIII16xHHI", 65, security_mode, dialect, len(contexts), guid, capabilities, 1 << 23, 1 << 23,
                       1 << 23, 128, 0, 128 if contexts else 0) + negotiate_contexts(contexts)


def negotiate_contexts(contexts):
    """`contexts`: pairs of a type (MS-SMB2 2.2.3.1) and its data."""
    joined = b""
    for kind, data in contexts:
        joined += bytes(-len(joined) % 8) + struct.pack("<HHI", kind, len(data), 0) + data
    return joined


def compression_context(*algorithms, chained=False):
    """MS-SMB2 2.2.3.1.3, as a pair for `contexts`."""
    return 3, struct.pack(f"<HHI{len(algorithms)}H", len(algorithms), 0, int(chained), *algorithms)


def ntlm_negotiate():
    return struct.pack("<8sII16x", b"NTLMSSP\0", 1, 1)


def ntlm_challenge():
    return struct.pack("<8sIHHII8s24x", b"NTLMSSP\0", 2, 0, 0, 56, 1, b"challeng")


def ntlm_authenticate(user="", domain="CORP"):
    """MS-NLMP 2.2.1.3 with names and without proofs."""
    names = [name.encode("utf-16-le") for name in (domain, user, "")]
    fields, begin = struct.pack("<HHIHHI", 0, 0, 64, 0, 0, 64), 64
    for name in names:
        fields += struct.pack("<HHI", len(name), len(name), begin)
        begin += len(name)
    return struct.pack("<8sI", b"NTLMSSP\0", 3) + fields + struct.pack("<HHII", 0, 0, begin, 1) + b"".join(names)


def session_setup_request(token, flags=0, previous_session=0):
    return struct.pack("<HBBIIHHQ", 25, flags, 1, 1, 0, HEADER_BYTES + 24, len(token), previous_session) + token


def session_setup_reply(token=b"", flags=0):
    return struct.pack("<HHHH", 9, flags, HEADER_BYTES + 8, len(token)) + token


def tree_connect_request(path, flags=0):
    name = path.encode("utf-16-le")
    return struct.pack("<HHHH", 9, flags, HEADER_BYTES + 8, len(name)) + name


def tree_connect_reply(share_type=1, share_flags=0, capabilities=0):
    return struct.pack("<HBBIII", 16, share_type, 0, share_flags, capabilities, 0x1FF)


def create_request(name, contexts=(), access=0x12019F, disposition=3, options=0x40, oplock=0):
    """`contexts`: pairs of a name such as b"DH2Q" and its data (MS-SMB2 2.2.13.2)."""
    path, begin = name.encode("utf-16-le"), HEADER_BYTES + 56
    extra = create_contexts(contexts)
    contexts_at = begin + len(path) + (-len(path) % 8)
    fixed = struct.pack("<HBBIQQIIIIIHHII", 57, 0, oplock, 2, 0, 0, access, 0x80, 7, disposition, options, begin, len(path),
                        contexts_at if extra else 0, len(extra))
    return (fixed + path).ljust(contexts_at - HEADER_BYTES if extra else 57, b"\0") + extra


def create_contexts(contexts):
    joined = b""
    for number, (name, data) in enumerate(contexts):
        data_at = 16 + len(name) + (-len(name) % 8)
        one = struct.pack("<IHHHHI", 0, 16, len(name), 0, data_at if data else 0, len(data)) + name
        one = one.ljust(data_at, b"\0") + data
        if number + 1 < len(contexts):
            one += bytes(-len(one) % 8)
            one = struct.pack("<I", len(one)) + one[4:]
        joined += one
    return joined


def create_reply(file, size=0, contexts=(), action=1, oplock=0):
    extra = create_contexts(contexts)
    return struct.pack("<HBBI32xQQIxxxx", 89, oplock, 0, action, size, size, 0x80) + bytes(file) + struct.pack(
        "<II", HEADER_BYTES + 88 if extra else 0, len(extra)) + extra


def close_request(file, flags=0):
    return struct.pack("<HHI", 24, flags, 0) + bytes(file)


def close_reply():
    return struct.pack("<HH56x", 60, 0)


def write_request(file, offset, data, flags=0):
    return struct.pack("<HHIQ", 49, HEADER_BYTES + 48, len(data), offset) + bytes(file) + struct.pack("<IIHHI", 0, 0, 0, 0, flags) + data


def write_reply(count):
    return struct.pack("<HHIIHH", 17, 0, count, 0, 0, 0)


def read_request(file, offset, length):
    return struct.pack("<HBBIQ", 49, 0x50, 0, length, offset) + bytes(file) + struct.pack("<IIIHHx", 0, 0, 0, 0, 0)


def read_reply(data):
    return struct.pack("<HBBIII", 17, HEADER_BYTES + 16, 0, len(data), 0, 0) + data


def set_info_request(file, info_class, data):
    """MS-SMB2 2.2.39 on a file (InfoType 1)."""
    return struct.pack("<HBBIHHI", 33, 1, info_class, len(data), HEADER_BYTES + 32, 0, 0) + bytes(file) + data


def rename_info(path):
    """MS-FSCC 2.4.37.2: (class, data) for set_info_request()."""
    name = path.encode("utf-16-le")
    return 10, struct.pack("<B7xQI", 0, 0, len(name)) + name


def end_of_file_info(size):
    """MS-FSCC 2.4.13."""
    return 20, struct.pack("<Q", size)


def set_info_reply():
    return struct.pack("<H", 2)


def ioctl_request(file, code, data=b"", output_max=4096):
    return struct.pack("<HHI", 57, 0, code) + bytes(file) + struct.pack(
        "<IIIIIIII", HEADER_BYTES + 56, len(data), 0, 0, 0, output_max, 1, 0) + data


def ioctl_reply(file, code, data=b""):
    return struct.pack("<HHI", 49, 0, code) + bytes(file) + struct.pack(
        "<IIIIII", HEADER_BYTES + 48, 0, HEADER_BYTES + 48, len(data), 0, 0) + data


def plain_request():
    """LOGOFF, TREE_DISCONNECT, ECHO, CANCEL, and the replies to them."""
    return struct.pack("<HH", 4, 0)


def error_reply():
    """MS-SMB2 2.2.2."""
    return struct.pack("<HBBIx", 9, 0, 0, 0)


# --- one client

class Client:
    """A client and its server on one Conversation. `session`, `tree` and `next_id` may be set to anything at any time."""

    def __init__(self, talk, wrap=None, session=0x5100000001, tree=1, piece_bytes=65536):
        self.talk, self.wrap, self.session, self.tree, self.piece_bytes = talk, wrap, session, tree, piece_bytes
        self.next_id = 0
        self._files = 0

    def request(self, command, body, flags=0, **fields):
        """A message with the next id; `fields` as in header()."""
        fields = {"message_id": self.next_id, "session": self.session, "tree": self.tree, **fields}
        self.next_id = fields["message_id"] + 1
        return header(command, flags=flags, **fields) + body

    def reply(self, request, body, status=0, flags=0, **fields):
        """The answer to a message."""
        asked = header_of(request)
        fields = {name: asked[name] for name in ("message_id", "session", "tree")} | fields
        return header(asked["command"], flags=Flag.REPLY | flags | (asked["flags"] & Flag.RELATED), status=status, **fields) + body

    def send_request(self, message, wrap=None):
        self.talk.client(self._framed(message, wrap))

    def send_reply(self, message, wrap=None):
        self.talk.server(self._framed(message, wrap))

    def exchange(self, command, body, reply_body, wrap=None, reply_wrap=None, status=0, **fields):
        """A request and its reply; gives the request."""
        asked = self.request(command, body, **fields)
        self.send_request(asked, wrap)
        self.send_reply(self.reply(asked, reply_body, status=status), reply_wrap)
        return asked

    # --- a life

    def negotiate(self, **reply_options):
        """Never wrapped: nothing is agreed on yet. `reply_options` as in negotiate_reply()."""
        contexts = reply_options.get("contexts", ())
        self.exchange(Command.NEGOTIATE, negotiate_request(contexts=contexts), negotiate_reply(**reply_options), session=0, tree=0,
                      wrap=_as_is, reply_wrap=_as_is)

    def log_on(self, user="ann", domain="CORP", previous_session=0):
        plain = {"wrap": _as_is, "reply_wrap": _as_is, "tree": 0}
        asked = self.request(Command.SESSION_SETUP, session_setup_request(ntlm_negotiate()), session=0, tree=0)
        self.send_request(asked, _as_is)
        self.send_reply(self.reply(asked, session_setup_reply(ntlm_challenge()), status=Status.MORE_PROCESSING,
                                   session=self.session), _as_is)
        self.exchange(Command.SESSION_SETUP, session_setup_request(ntlm_authenticate(user, domain), previous_session=previous_session),
                      session_setup_reply(), **plain)

    def tree_connect(self, path, share_type=1):
        asked = self.request(Command.TREE_CONNECT, tree_connect_request(path), tree=0)
        self.send_request(asked)
        self.send_reply(self.reply(asked, tree_connect_reply(share_type), tree=self.tree))

    def connect(self, path=r"\\contractor\incoming", user="ann", **reply_options):
        self.negotiate(**reply_options)
        self.log_on(user)
        self.tree_connect(path)

    def new_file_id(self):
        self._files += 1
        return FileId(0x1000 + self._files, 0xF00000000 + self._files)

    def create(self, name, size=0, file=None, contexts=(), reply_contexts=(), **options):
        """Opens, or makes, a file; `size`: as the server says. `options` as in create_request()."""
        file = file or self.new_file_id()
        self.exchange(Command.CREATE, create_request(name, contexts, **options), create_reply(file, size, reply_contexts))
        return file

    def write(self, file, content, at=0, **options):
        """`options` as in exchange()."""
        for begin in range(0, len(content), self.piece_bytes):
            piece = content[begin:begin + self.piece_bytes]
            self.exchange(Command.WRITE, write_request(file, at + begin, piece), write_reply(len(piece)), **options)

    def read(self, file, content, at=0, **options):
        """The server gives `content`, which begins at offset `at` of the file."""
        for begin in range(0, len(content), self.piece_bytes):
            piece = content[begin:begin + self.piece_bytes]
            self.exchange(Command.READ, read_request(file, at + begin, len(piece)), read_reply(piece), **options)

    def set_info(self, file, info, **options):
        """`info`: rename_info(), end_of_file_info(), or any (class, data)."""
        self.exchange(Command.SET_INFO, set_info_request(file, *info), set_info_reply(), **options)

    def close(self, file, **options):
        self.exchange(Command.CLOSE, close_request(file), close_reply(), **options)

    def put(self, name, content):
        """A whole upload."""
        file = self.create(name)
        self.write(file, content)
        self.close(file)

    def get(self, name, content):
        """A whole download."""
        file = self.create(name, size=len(content))
        self.read(file, content)
        self.close(file)

    def end(self):
        self.exchange(Command.TREE_DISCONNECT, plain_request(), plain_request())
        self.exchange(Command.LOGOFF, plain_request(), plain_request(), tree=0)
        self.talk.close()

    def _framed(self, message, wrap):
        return frame((wrap or self.wrap or _as_is)(message))


def _as_is(message):
    return message
