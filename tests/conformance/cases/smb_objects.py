"""SMB2 objects are what they are, whatever connections, orders and commands bring them."""
import pathlib
import random
import struct

from case import case
from scapy.layers.inet import TCP
from smb2 import (HEADER_BYTES, RELATED_FILE, Client, Command, FileId, Flag, Status, close_reply, close_request, compound, create_reply,
                  create_request, error_reply, frame, ioctl_reply, ioctl_request, read_reply, read_request, write_reply,
                  write_request)

CLIENT = pathlib.Path(__file__).resolve().parents[1] / "clients/smb_objects_client.py"
MULTICHANNEL = {"capabilities": 0x8}
GUID = b"create-guid-0001"
PIECE = 1024
QUERY_INTERFACES = 0x001401FC  # MS-SMB2 2.2.31


# --- real server and client

def upload(case, way, name):
    """A photo, sent by smb_objects_client.py to smbd in this way."""
    photo = case.photo()
    with case.lab() as lab:
        lab.samba()
        with lab.record():
            lab.python(CLIENT, "198.51.100.10", way, case.file(name, photo))
    return photo


@case("smb/writes-in-flight", "Eight WRITEs at once, their offsets in any order.")
def writes_in_flight(case):
    case.expect(upload(case, "in_flight", "lane-1.jpg"), name="lane-1.jpg")


@case("smb/writes-overlap", "Every WRITE overwrites the end of the one before; then the file is cut to its size.")
def writes_overlap(case):
    case.expect(upload(case, "overlapping", "lane-2.jpg"), name="lane-2.jpg")


@case("smb/sparse-file", "The first 64 KiB are never written: they are zeros that were not on the wire.")
def sparse_file(case):
    photo = upload(case, "sparse", "lane-3.jpg")
    case.expect_missing(65536 + len(photo), [[0, 65536]], name="lane-3.jpg")


@case("smb/rename-after-write", "Written as upload.tmp, renamed to its real name before the CLOSE.")
def rename_after_write(case):
    case.expect(upload(case, "rename", "lane-4.jpg"), name="lane-4.jpg")


@case("smb/copychunk", "The server copies a file itself: the copy has no bytes on the wire, and is told all the same.")
def copychunk(case):
    photo = upload(case, "copychunk", "lane-5.jpg")
    case.expect(photo, name="source-lane-5.jpg")
    case.expected.append({"size": len(photo), "missing": [[0, len(photo)]], "not_inspected": "no_bytes", "name": "copy-lane-5.jpg"})


# --- hand-made

def client(case, number=0, multichannel=True, **options):
    """A client of its own on a connection of its own; all are of one session."""
    talk = case.conversation(port=445, client_port=50000 + number, **options)
    smb = Client(talk)
    smb.negotiate(**(MULTICHANNEL if multichannel else {}))
    smb.log_on()
    return smb


def opened(smb, name, **options):
    smb.tree_connect(r"\\contractor\incoming")
    return smb.create(name, **options)


def write(smb, file, photo, begin):
    smb.write(file, photo[begin:begin + PIECE], at=begin)


@case("smb/compound-create-write-close", "A whole upload in one compound: the file's id is not known when its bytes come.")
def compound_create_write_close(case):
    photo, smb = case.photo(), client(case)
    smb.tree_connect(r"\\contractor\incoming")
    asked = [smb.request(Command.CREATE, create_request("lane-6.jpg")),
             smb.request(Command.WRITE, write_request(RELATED_FILE, 0, photo), flags=Flag.RELATED),
             smb.request(Command.CLOSE, close_request(RELATED_FILE), flags=Flag.RELATED)]
    bodies = [create_reply(FileId(5, 6)), write_reply(len(photo)), close_reply()]
    smb.send_request(compound(*asked))
    smb.send_reply(compound(*(smb.reply(request, body) for request, body in zip(asked, bodies))))
    smb.end()
    case.expect(photo, name="lane-6.jpg")


@case("smb/compound-create-read-close", "A whole download in one compound.")
def compound_create_read_close(case):
    photo, smb = case.photo(), client(case)
    smb.tree_connect(r"\\contractor\incoming")
    asked = [smb.request(Command.CREATE, create_request("lane-7.jpg")),
             smb.request(Command.READ, read_request(RELATED_FILE, 0, len(photo)), flags=Flag.RELATED),
             smb.request(Command.CLOSE, close_request(RELATED_FILE), flags=Flag.RELATED)]
    bodies = [create_reply(FileId(5, 6), size=len(photo)), read_reply(photo), close_reply()]
    smb.send_request(compound(*asked))
    smb.send_reply(compound(*(smb.reply(request, body) for request, body in zip(asked, bodies))))
    smb.end()
    case.expect(photo, name="lane-7.jpg")


def over_channels(case, channels, name):
    """The first channel opens, all write in turns, the last one closes."""
    photo = case.photo()
    file = opened(channels[0], name)
    begins = list(range(0, len(photo), PIECE))
    random.Random(2).shuffle(begins)
    for number, begin in enumerate(begins):
        write(channels[(number + 1) % len(channels)], file, photo, begin)
    channels[-1].close(file)
    for channel in channels:
        channel.talk.close()
    case.expect(photo, name=name)


@case("smb/two-channels-two-address-pairs", "Opened on one channel, written on both, closed on the other: other addresses on each.")
def two_channels(case):
    over_channels(case, [client(case), client(case, 1, client="192.0.2.11", server="198.51.100.11")], "lane-8.jpg")


@case("smb/channels-32", "One photo over 32 channels, the most that servers take.")
def channels_32(case):
    over_channels(case, [client(case, number) for number in range(32)], "lane-9.jpg")


@case("smb/bytes-on-the-other-channel-only", "The channel that opened the file moves none of its bytes, nor does it close it.")
def bytes_elsewhere(case):
    photo, first, second = case.photo(), client(case), client(case, 1)
    file = opened(first, "lane-10.jpg")
    second.write(file, photo)
    second.close(file)
    case.expect(photo, name="lane-10.jpg")


def reconnects(case, ask, grant, back, name):
    """Half an upload, a reset, and the rest on a new connection and session; the volatile part of the id is new."""
    photo, first = case.photo(), client(case, multichannel=False)
    half = len(photo) // 2
    file = opened(first, name, file=FileId(9, 9), contexts=[ask], reply_contexts=[grant])
    first.write(file, photo[:half])
    first.talk.reset()
    again = Client(case.conversation(port=445, client_port=50001), session=0x5100000002)
    again.negotiate()
    again.log_on(previous_session=first.session)
    file = opened(again, name, size=half, file=FileId(9, 10), contexts=[back], reply_contexts=[grant])
    again.write(file, photo[half:], at=half)
    again.close(file)
    again.end()
    case.expect(photo, name=name)


@case("smb/durable-handle-v1", "An upload goes on after a reset, under a durable handle of version 1: one object.")
def durable_v1(case):
    reconnects(case, (b"DHnQ", bytes(16)), (b"DHnQ", bytes(8)), (b"DHnC", bytes(FileId(9, 9))), "lane-11.jpg")


@case("smb/durable-handle-v2", "An upload goes on after a reset, under a durable handle of version 2: one object.")
def durable_v2(case):
    reconnects(case, (b"DH2Q", bytes(16) + GUID), (b"DH2Q", struct.pack("<II", 60000, 0)),
               (b"DH2C", bytes(FileId(9, 9)) + GUID + bytes(4)), "lane-12.jpg")


def close_with_size(size):
    """MS-SMB2 2.2.16 with SMB2_CLOSE_FLAG_POSTQUERY_ATTRIB."""
    return struct.pack("<HH4x32xQQI", 60, 1, size, size, 0x80)


def midstream(case, told_size):
    photo = case.photo()
    smb = Client(case.conversation(port=445, handshake=False))
    file, smb.next_id = FileId(9, 9), 77
    smb.write(file, photo)
    smb.exchange(Command.CLOSE, close_request(file, flags=1), close_with_size(told_size(photo)))
    smb.talk.close()
    return photo


@case("smb/midstream-all-seen", "The sensor begins after the CREATE; the CLOSE reply's size shows that nothing is missing.")
def midstream_all(case):
    case.expect(midstream(case, len))


@case("smb/midstream-part-seen", "The sensor begins after some WRITEs; the CLOSE reply's size shows that the end is missing.")
def midstream_part(case):
    photo = midstream(case, lambda photo: len(photo) + 500)
    case.expect_missing(len(photo) + 500, [[len(photo), len(photo) + 500]])


@case("smb/midstream-in-a-large-write", "The sensor begins inside a WRITE of 1 MiB: what passed of it is told, and the files behind it are whole.")
def midstream_in_a_large_write(case):
    smb = client(case)
    file, packets = opened(smb, "large.bin"), smb.talk.wire.packets
    smb.piece_bytes = size = 1 << 20
    begin = len(packets)
    smb.write(file, random.Random(1).randbytes(size))
    lost, seen = packets[begin], packets[begin + 1:]
    packets[:] = seen
    case.expect_not_inspected("unknown_protocol", size=size + 4 + HEADER_BYTES + 48 - len(lost[TCP].payload))
    smb.close(file)
    for number in range(3):
        photo = case.photo()
        smb.put(f"lane-{number}.jpg", photo)
        case.expect(photo, name=f"lane-{number}.jpg")
    smb.end()


def two_addresses(case, **server):
    """A photo over two channels; only the first one was seen from its beginning, and that without SESSION_SETUP."""
    photo = case.photo()
    half = len(photo) // 2
    first = Client(case.conversation(port=445, client_port=50000, handshake=bool(server)))
    if server:
        first.negotiate(**server)
    first.next_id = 40
    file = opened(first, "lane-16.jpg")
    first.write(file, photo[:half])
    second = Client(case.conversation(port=445, client_port=50001, server="198.51.100.11", handshake=False))
    second.next_id = 70
    second.write(file, photo[half:], at=half)
    first.close(file)
    first.talk.close()
    second.talk.close()
    return photo, half


@case("smb/midstream-two-addresses", "The sensor begins after both NEGOTIATEs: ids alone say that two addresses are of one server.",
      spans=True)
def midstream_two_addresses(case):
    photo, _ = two_addresses(case)
    case.expect(photo, name="lane-16.jpg")


@case("smb/ids-at-another-address", "The server says that it has no channels; the same ids at another address say that bytes went there.")
def ids_elsewhere(case):
    photo, half = two_addresses(case, capabilities=0x1)
    case.expect_not_inspected("gap", name="lane-16.jpg", size=half)
    case.expect_missing(len(photo), [[0, half]], name="")


@case("smb/addresses-told-by-the-server", "The server lists its addresses; at the second one the sensor sees no beginning, but knows the share.")
def addresses_told(case):
    photo, first = case.photo(), client(case)
    first.tree_connect(r"\\contractor\incoming")
    listed = struct.pack("<IIIIQ", 0, 1, 0, 0, 10**9) + struct.pack("<HH4s", 2, 0, bytes([198, 51, 100, 11]))
    first.exchange(Command.IOCTL, ioctl_request(RELATED_FILE, QUERY_INTERFACES), ioctl_reply(RELATED_FILE, QUERY_INTERFACES, listed.ljust(152, b"\0")))
    second = Client(case.conversation(port=445, client_port=50001, server="198.51.100.11", handshake=False))
    second.next_id = 70
    file = second.create("lane-17.jpg")
    second.write(file, photo[:PIECE])
    first.write(file, photo[PIECE:], at=PIECE)
    second.close(file)
    first.talk.close()
    second.talk.close()
    case.expect(photo, name="lane-17.jpg")


@case("smb/size-at-close-says-more", "The sensor begins in a session: the size at the CLOSE shows that bytes came where it does not look.")
def size_at_close(case):
    photo = case.photo()
    half = len(photo) // 2
    smb = Client(case.conversation(port=445, handshake=False))
    smb.next_id = 40
    file = opened(smb, "lane-18.jpg")
    smb.write(file, photo[:half])
    smb.exchange(Command.CLOSE, close_request(file, flags=1), close_with_size(len(photo)))
    smb.talk.close()
    case.expect_missing(len(photo), [[half, len(photo)]], name="lane-18.jpg")


@case("smb/two-handles-write-one-file", "Each of two handles writes a half: neither object is the file, and none is told as whole.")
def two_handles(case):
    photo, smb = case.photo(), client(case)
    half = len(photo) // 2
    first = opened(smb, "lane-19.jpg")
    second = smb.create("Lane-19.jpg")
    smb.write(first, photo[:half])
    smb.write(second, photo[half:], at=half)
    smb.close(first)
    smb.close(second)
    smb.end()
    case.expect_not_inspected("gap", name="lane-19.jpg", size=half)
    case.expect_missing(len(photo), [[0, half]], name="Lane-19.jpg")


@case("smb/read-request-lost", "The sensor missed a READ request: its reply's bytes have no place, and no object is told as whole.")
def read_request_lost(case):
    photo, smb = case.photo(), client(case)
    end = len(photo) // PIECE * PIECE
    file = opened(smb, "lane-13.jpg", size=len(photo))
    smb.read(file, photo[:end])
    lost = smb.request(Command.READ, read_request(file, end, PIECE))
    smb.talk.skip("client", len(frame(lost)))
    smb.send_reply(smb.reply(lost, read_reply(photo[end:])))
    smb.close(file)
    smb.end()
    case.expect_missing(len(photo), [[end, len(photo)]], name="lane-13.jpg")
    case.expect_not_inspected("gap", name="")


@case("smb/async-replies", "Every WRITE and READ is answered twice: STATUS_PENDING first, then by AsyncId only.")
def async_replies(case):
    photo, smb = case.photo(), client(case)
    for name, size, command in (("lane-14.jpg", 0, Command.WRITE), ("lane-15.jpg", len(photo), Command.READ)):
        file = opened(smb, name, size=size)
        for number, begin in enumerate(range(0, len(photo), PIECE)):
            piece = photo[begin:begin + PIECE]
            writes = command == Command.WRITE
            asked = smb.request(command, write_request(file, begin, piece) if writes else read_request(file, begin, len(piece)))
            smb.send_request(asked)
            late = {"flags": Flag.ASYNC, "async_id": 1000 + number}
            smb.send_reply(smb.reply(asked, error_reply(), status=Status.PENDING, **late))
            smb.send_reply(smb.reply(asked, write_reply(len(piece)) if writes else read_reply(piece), **late))
        smb.close(file)
        case.expect(photo, name=name)
    smb.end()
