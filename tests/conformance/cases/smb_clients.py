"""SMB in every dialect by real clients and a real server: smbd with smbclient and impacket."""
import pathlib
import random
import subprocess

from case import case

IMPACKET = pathlib.Path(__file__).resolve().parents[1] / "clients/smb_impacket.py"
ADDRESS = "198.51.100.10"
DIALECTS = ("NT1", "SMB2_02", "SMB2_10", "SMB3_00", "SMB3_02", "SMB3_11")
SIZES = {"small": 1024, "odd": 54321, "large": 300_000}
HUGE_BYTES = 5_000_000
USER = ("root", "conformance")


def dialect_options(dialect):
    return [f"--option=client min protocol={dialect}", f"--option=client max protocol={dialect}"]


def image(case, size):
    """A picture of exactly so many bytes: what the picture does not need is noise behind it."""
    photo = case.photo(size=(16, 16) if size < 8000 else (160, 120))
    return photo + random.Random(photo).randbytes(size - len(photo))


def samba(lab, dialect="SMB2_02", **options):
    return lab.samba(minimum="NT1" if dialect == "NT1" else "SMB2_02", **options)


def must_be(path, content):
    """The receiver really has it: what a case expects is what happened."""
    if path.read_bytes() != content:
        raise RuntimeError(f"{path.name} is not what was sent")


def put_and_get(case, lab, server, sizes, **client):
    """Puts one file and gets another for each size; expects both."""
    commands, sent, fetched = [], {}, {}
    for word, size in sizes.items():
        sent[f"{word}.jpg"], fetched[f"{word}-there.jpg"] = image(case, size), image(case, size)
        case.expect(sent[f"{word}.jpg"], name=f"{word}.jpg")
        case.expect(fetched[f"{word}-there.jpg"], name=f"{word}-there.jpg")
        (server.files / f"{word}-there.jpg").write_bytes(fetched[f"{word}-there.jpg"])
        commands += [f"put {case.file(word, sent[f'{word}.jpg'])} {word}.jpg", f"get {word}-there.jpg {case.work}/{word}-there.jpg"]
    with lab.record():
        lab.smbclient(*commands, **client)
    for name, content in sent.items():
        must_be(server.files / name, content)
    for name, content in fetched.items():
        must_be(case.work / name, content)


def each_dialect(dialect):
    @case(f"smb-clients/{dialect.lower().replace('_', '-')}", f"smbclient puts and gets files of many sizes by {dialect}.", lossy=True)
    def put_get(case):
        with case.lab(offload=False) as lab:
            put_and_get(case, lab, samba(lab, dialect), SIZES, options=dialect_options(dialect))

    @case(f"smb-clients/{dialect.lower().replace('_', '-')}-5-mb", f"5 MB each way by {dialect}: many requests in flight.")
    def huge(case):
        with case.lab() as lab:
            put_and_get(case, lab, samba(lab, dialect), {"huge": HUGE_BYTES}, options=dialect_options(dialect))


for each in DIALECTS:
    each_dialect(each)


@case("smb-clients/negotiated-up", "The first message is SMB1, all others are SMB3: one connection, two protocols.", lossy=True)
def negotiated_up(case):
    with case.lab(offload=False) as lab:
        options = ["--option=client min protocol=NT1", "--option=client max protocol=SMB3"]
        put_and_get(case, lab, samba(lab, "NT1"), SIZES, options=options)


def each_session_service(dialect):
    @case(f"smb-clients/port-139-{dialect.lower().replace('_', '-')}", f"{dialect} in a NetBIOS session on port 139.", lossy=True)
    def port_139(case):
        with case.lab(offload=False) as lab:
            server = samba(lab, dialect, lines=["disable netbios = no", "smb ports = 445 139"])
            put_and_get(case, lab, server, SIZES, options=[*dialect_options(dialect), "-p", "139"])


for each in ("NT1", "SMB3_11"):
    each_session_service(each)


def each_signed(dialect):
    @case(f"smb-clients/signed-{dialect.lower().replace('_', '-')}", f"Both ends insist on signatures, {dialect}.", lossy=True)
    def signed(case):
        with case.lab(offload=False) as lab:
            server = samba(lab, dialect, lines=["server signing = mandatory"], user=USER)
            put_and_get(case, lab, server, SIZES, options=[*dialect_options(dialect), "--option=client signing=required"], user=USER)


for each in ("NT1", "SMB2_10", "SMB3_11"):
    each_signed(each)


@case("smb-clients/nt1-names-of-8-bits", "SMB1 without Unicode: names in an 8-bit code page.", lossy=True)
def names_of_8_bits(case):
    with case.lab() as lab:
        put_and_get(case, lab, samba(lab, "NT1"), {"plain": 30_000}, options=[*dialect_options("NT1"), "--option=unicode=no"])


@case("smb-clients/mput-20", "Twenty files in one session.", lossy=True)
def mput_20(case):
    with case.lab(offload=False) as lab:
        server = samba(lab)
        photos = {f"lane-{number}.jpg": image(case, 2000 + 1777 * number) for number in range(20)}
        for name, content in photos.items():
            case.file(f"lanes/{name}", content)
            case.expect(content, name=name)
        with lab.record():
            lab.smbclient(f"lcd {case.work}/lanes", "prompt off", "mput lane*")
        for name, content in photos.items():
            must_be(server.files / name, content)


@case("smb-clients/directory", "A directory with directories in it, put and got recursively.", lossy=True)
def directory(case):
    with case.lab(offload=False) as lab:
        server = samba(lab)
        photos = {f"gate/{'deep/' * (number % 3)}lane-{number}.jpg": image(case, 3000 + 2111 * number) for number in range(6)}
        for name, content in photos.items():
            case.file(f"up/{name}", content)
            case.expect(content, name=name.split("/")[-1])
            case.expect(content, name=name.split("/")[-1])
        (case.work / "down").mkdir()
        with lab.record():
            lab.smbclient("prompt off", "recurse on", f"lcd {case.work}/up", "mput gate", f"lcd {case.work}/down", "mget gate")
        for name, content in photos.items():
            must_be(server.files / name, content)
            must_be(case.work / "down" / name, content)


@case("smb-clients/rewritten", "The same file put twice with other bytes: two objects of one name.", lossy=True)
def rewritten(case):
    with case.lab(offload=False) as lab:
        server = samba(lab)
        first, second = image(case, 40_000), case.photo(size=(400, 300))
        with lab.record():
            lab.smbclient(f"put {case.file('first', first)} same.jpg", f"put {case.file('second', second)} same.jpg")
        must_be(server.files / "same.jpg", second)
    case.expect(first, name="same.jpg")
    case.expect(second, name="same.jpg")


@case("smb-clients/renamed-after-put", "Put under one name, then renamed: a name counts at the time of the bytes.", lossy=True)
def renamed_after_put(case):
    with case.lab() as lab:
        server = samba(lab)
        photo = case.photo()
        with lab.record():
            lab.smbclient(f"put {case.file('photo', photo)} harmless.tmp", "rename harmless.tmp photo.jpg")
        must_be(server.files / "photo.jpg", photo)
    case.expect(photo, name="harmless.tmp")


@case("smb-clients/named-stream", "A picture in a stream behind a text file's name.", lossy=True)
def named_stream(case):
    with case.lab() as lab:
        server = samba(lab, share_lines=["vfs objects = streams_xattr"])
        (server.files / "notes.txt").write_bytes(b"nothing to see\n")
        photo = image(case, 1024)
        with lab.record():
            lab.smbclient(f"put {case.file('photo', photo)} notes.txt:hidden.jpg")
    case.expect(photo, name="notes.txt:hidden.jpg")


def each_encrypted(dialect):
    @case(f"smb-clients/encrypted-{dialect.lower().replace('_', '-')}", f"Encryption is required, {dialect}: opaque, counted, never clean.")
    def encrypted(case):
        with case.lab() as lab:
            server = samba(lab, lines=["server smb encrypt = required"], user=USER)
            photo = image(case, 100_000)
            (server.files / "there.jpg").write_bytes(photo)
            with lab.record():
                lab.smbclient(f"put {case.file('photo', photo)} photo.jpg", f"get there.jpg {case.work}/there.jpg",
                              options=dialect_options(dialect), user=USER)
            must_be(server.files / "photo.jpg", photo)
        for size in encrypted_bytes(case.capture):
            case.expect_not_inspected("encrypted", size=size)


def encrypted_bytes(capture):
    """Bytes behind the headers of encrypted messages (MS-SMB2 2.2.41), each way, as another program puts the streams together."""
    followed = subprocess.run(["tshark", "-r", capture, "-q", "-z", "follow,tcp,raw,0"], check=True, capture_output=True, text=True)
    ways = [b"", b""]
    for line in followed.stdout.splitlines():
        text = line.strip()
        if text and all(character in "0123456789abcdef" for character in text):
            ways[line.startswith("\t")] += bytes.fromhex(text)
    return [sum(size - 52 for size in encrypted_messages(way)) for way in ways]


def encrypted_messages(stream):
    at = 0
    while at + 4 <= len(stream):
        size = int.from_bytes(stream[at + 1:at + 4], "big")
        if stream[at + 4:at + 8] == b"\xfdSMB":
            yield size
        at += 4 + size


for each in ("SMB3_00", "SMB3_11"):
    each_encrypted(each)


# --- impacket


def impacket(lab, dialect, *steps):
    lab.python(IMPACKET, ADDRESS, dialect, *("|".join(map(str, step)) for step in steps))


def each_impacket(dialect):
    @case(f"smb-clients/impacket-{dialect.lower()}", f"impacket puts and gets by {dialect}.", lossy=True)
    def put_get(case):
        with case.lab(offload=False) as lab:
            server = samba(lab, dialect)
            up, down = image(case, 210_001), image(case, 150_003)
            (server.files / "down.jpg").write_bytes(down)
            with lab.record():
                impacket(lab, dialect, ("put", "up.jpg", case.file("up", up)), ("get", "down.jpg", case.work / "down"))
            must_be(server.files / "up.jpg", up)
            must_be(case.work / "down", down)
        case.expect(up, name="up.jpg")
        case.expect(down, name="down.jpg")


for each in ("NT1", "2.0.2", "2.1", "3.0"):
    each_impacket(each)


def each_in_parts(dialect):
    @case(f"smb-clients/parts-{dialect.lower()}", f"Read in parts, last one first, by {dialect}; of a second file one part is never read.",
          lossy=True)
    def in_parts(case):
        with case.lab(offload=False) as lab:
            server = samba(lab, dialect)
            whole, holed = image(case, 60_000), image(case, 50_000)
            (server.files / "whole.jpg").write_bytes(whole)
            (server.files / "holed.jpg").write_bytes(holed)
            with lab.record():
                impacket(lab, dialect, ("parts", "whole.jpg", "40000,20000", "0,10000", "10000,30000"),
                         ("parts", "holed.jpg", "30000,20000", "0,10000"))
        case.expect(whole, name="whole.jpg")
        case.expect_missing(50_000, [[10_000, 30_000]], name="holed.jpg")


for each in ("NT1", "2.1", "3.0"):
    each_in_parts(each)


def each_old_upload(word, trick):
    @case(f"smb-clients/nt1-{word.replace('_', '-')}", trick, lossy=True)
    def upload(case):
        with case.lab(offload=False) as lab:
            server = samba(lab, "NT1")
            photo = image(case, 130_000)
            with lab.record():
                impacket(lab, "NT1", (word, "photo.jpg", case.file("photo", photo)))
            must_be(server.files / "photo.jpg", photo)
        case.expect(photo, name="photo.jpg")


for old_command, old_trick in {
    "write": "SMB1 CREATE and WRITE, commands of the eighties that servers still obey.",
    "write_and_close": "The last bytes come with the CLOSE, in SMB1 WRITE_AND_CLOSE.",
    "write_raw": "SMB1 WRITE_RAW: the bytes travel in frames without any header.",
    "open2": "The name of the file is in the parameters of a transaction, TRANS2_OPEN2.",
    "nt_transact_create": "The name of the file is in the parameters of a transaction, NT_TRANSACT_CREATE.",
}.items():
    each_old_upload(old_command, old_trick)


def each_old_download(word, size, trick):
    @case(f"smb-clients/nt1-{word.replace('_', '-')}", trick, lossy=True)
    def download(case):
        with case.lab(offload=False) as lab:
            server = samba(lab, "NT1")
            photo = image(case, size)
            (server.files / "photo.jpg").write_bytes(photo)
            with lab.record():
                impacket(lab, "NT1", (word, "photo.jpg", case.work / "got.jpg"))
            must_be(case.work / "got.jpg", photo)
        case.expect(photo, name="photo.jpg")


each_old_download("read", 130_000, "SMB1 OPEN and READ.")
each_old_download("read_raw", 130_000, "SMB1 READ_RAW: replies are frames of bytes without any header.")
each_old_download("chain", 9_000, "OPEN_ANDX and READ_ANDX in one message: the bytes come with the reply to the opening.")


@case("smb-clients/nt1-replace", "Something harmless is written and cut to nothing by TRANS2_SET_FILE_INFORMATION; then comes the picture.")
def nt1_replace(case):
    with case.lab(offload=False) as lab:
        server = samba(lab, "NT1")
        photo, harmless = image(case, 61_000), b"nothing to see\n" * 5000
        with lab.record():
            impacket(lab, "NT1", ("replace", "photo.jpg", case.file("harmless", harmless), case.file("photo", photo)))
        must_be(server.files / "photo.jpg", photo)
    case.expect(photo, name="photo.jpg")


@case("smb-clients/patched", "A file that is there already gets new bytes in its middle: the rest is not in the capture.", lossy=True)
def patched(case):
    with case.lab(offload=False) as lab:
        server = samba(lab)
        (server.files / "photo.jpg").write_bytes(image(case, 40_000))
        with lab.record():
            impacket(lab, "2.1", ("patch", "photo.jpg", case.file("patch", image(case, 10_000)), 20_000))
    case.expect_missing(40_000, [[0, 20_000], [30_000, 40_000]], name="photo.jpg")
